package session

import (
	"flag"
	"io"
	"io/fs"
	"math"
	"math/rand"
	"reflect"
	"sync/atomic"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Packages ask a value for more methods than the interface has by which they
// got it: package io a Reader and a Writer, package net/http a Reader, package fs an FS and a File. A cell's
// value gets them here, when its type has them, or when having them makes no
// difference.

type (
	writeTo     func(io.Writer) (int64, error)
	readFrom    func(io.Reader) (int64, error)
	writeString func(string) (int, error)
	closing     func() error
)

func (f writeTo) WriteTo(w io.Writer) (int64, error)    { return f(w) }
func (f readFrom) ReadFrom(r io.Reader) (int64, error)  { return f(r) }
func (f writeString) WriteString(s string) (int, error) { return f(s) }

// Close is what package net/http asks the body of a request for.
func (f closing) Close() error { return f() }

// A carrier makes an interface of a box in another way than the wrappers do.
type carrier interface{ carried() Box }

// carried is the box that it is part of.
func (b Box) carried() Box { return b }

type (
	readerTo struct {
		Box
		io.Reader
		writeTo
	}
	readerClosing struct {
		Box
		io.Reader
		closing
	}
	readerToClosing struct {
		Box
		io.Reader
		writeTo
		closing
	}
	writerFrom struct {
		Box
		io.Writer
		readFrom
	}
	writerString struct {
		Box
		io.Writer
		writeString
	}
	writerFromString struct {
		Box
		io.Writer
		readFrom
		writeString
	}
)

// either is a method of the box, or what a package does where there is none.
func either[F any](b Box, name string, otherwise F) F {
	if f, ok := asFunc[F](b, name); ok {
		return f
	}
	return otherwise
}

// A fileSystem has the methods of all the interfaces that package fs asks for.
// In each layer the functions of package fs see those of the layer below.
type (
	fileReader struct {
		Box
		fs.FS
	}
	fileFinder struct{ fileReader }
	fileSystem struct{ fileFinder }
)

func (f fileReader) ReadDir(name string) ([]fs.DirEntry, error) {
	return either(f.Box, "ReadDir", func(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.FS, name) })(name)
}

func (f fileReader) ReadFile(name string) ([]byte, error) {
	return either(f.Box, "ReadFile", func(name string) ([]byte, error) { return fs.ReadFile(f.FS, name) })(name)
}

func (f fileReader) Stat(name string) (fs.FileInfo, error) {
	return either(f.Box, "Stat", func(name string) (fs.FileInfo, error) { return fs.Stat(f.FS, name) })(name)
}

func (f fileFinder) Glob(pattern string) ([]string, error) {
	return either(f.Box, "Glob", func(pattern string) ([]string, error) { return fs.Glob(f.fileReader, pattern) })(pattern)
}

func (f fileSystem) Sub(dir string) (fs.FS, error) {
	return either(f.Box, "Sub", func(dir string) (fs.FS, error) { return fs.Sub(f.fileFinder, dir) })(dir)
}

type (
	readDir func(int) ([]fs.DirEntry, error)
	seek    func(int64, int) (int64, error)

	directory struct {
		Box
		fs.File
		readDir
	}
	seekable struct {
		Box
		fs.File
		seek
	}
	seekableDirectory struct {
		Box
		fs.File
		readDir
		seek
	}
)

func (f readDir) ReadDir(n int) ([]fs.DirEntry, error)   { return f(n) }
func (f seek) Seek(off int64, whence int) (int64, error) { return f(off, whence) }

// A drawing has a range and glyphs, if only empty ones.
type drawing struct {
	Box
	plot.Plotter
}

func (d drawing) DataRange() (xmin, xmax, ymin, ymax float64) {
	return either(d.Box, "DataRange", func() (xmin, xmax, ymin, ymax float64) {
		return math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	})()
}

func (d drawing) GlyphBoxes(plt *plot.Plot) []plot.GlyphBox {
	return either(d.Box, "GlyphBoxes", func(*plot.Plot) []plot.GlyphBox { return nil })(plt)
}

type (
	lowest  func() float64
	highest func() float64

	// A grid knows the range of its values.
	grid struct {
		Box
		plotter.GridXYZ
		lowest
		highest
	}
)

func (f lowest) Min() float64  { return f() }
func (f highest) Max() float64 { return f() }

// A flagValue says whether its flag needs a value. Package flag asks the zero value of
// its type for its text, which says what type of a cell it stands for: N is an array as
// long as the type's place among flagZeros.
type flagValue[N any] struct {
	Box
	flag.Value
}

func (f flagValue[N]) IsBoolFlag() bool {
	return either(f.Box, "IsBoolFlag", func() bool { return false })()
}

func (f flagValue[N]) String() string {
	if f.Value == nil {
		zero, _ := asFunc[func() string](*flagZeros[reflect.TypeFor[N]().Len()].Load(), "String")
		return zero()
	}
	return f.Value.String()
}

func flagOf[N any](b Box, v flag.Value) reflect.Value { return reflect.ValueOf(flagValue[N]{b, v}) }

// flagValues make flags of so many types of cells; behind them the first ones give
// their places to others.
var (
	flagValues = [...]func(Box, flag.Value) reflect.Value{
		flagOf[[0]int], flagOf[[1]int], flagOf[[2]int], flagOf[[3]int], flagOf[[4]int], flagOf[[5]int], flagOf[[6]int], flagOf[[7]int],
		flagOf[[8]int], flagOf[[9]int], flagOf[[10]int], flagOf[[11]int], flagOf[[12]int], flagOf[[13]int], flagOf[[14]int], flagOf[[15]int],
	}
	flagZeros  [len(flagValues)]atomic.Pointer[Box]
	flagPlaces atomic.Int64
)

// asFlag is a box as a flag's value.
func asFlag(b Box, v flag.Value) reflect.Value {
	for i := range flagZeros {
		if zero := flagZeros[i].Load(); zero != nil && zero.T == b.T {
			return flagValues[i](b, v)
		}
	}
	zero := reflect.Zero(reflect.TypeOf(b.V))
	if zero.Kind() == reflect.Pointer {
		zero = reflect.New(zero.Type().Elem())
	}
	i := int(flagPlaces.Add(1)-1) % len(flagValues)
	flagZeros[i].Store(&Box{b.T, zero.Interface()})
	return flagValues[i](b, v)
}

type (
	draw64 func() uint64

	source64 struct {
		Box
		rand.Source
		draw64
	}
)

func (f draw64) Uint64() uint64 { return f() }

// more is a wrapper of a box together with the methods that packages ask for.
func more(w reflect.Value, b Box) reflect.Value {
	switch x := w.Interface().(type) {
	case fs.File:
		list, lists := asFunc[func(int) ([]fs.DirEntry, error)](b, "ReadDir")
		to, seeks := asFunc[func(int64, int) (int64, error)](b, "Seek")
		switch {
		case lists && seeks:
			return reflect.ValueOf(seekableDirectory{b, x, list, to})
		case lists:
			return reflect.ValueOf(directory{b, x, list})
		case seeks:
			return reflect.ValueOf(seekable{b, x, to})
		}
	case fs.FS:
		return reflect.ValueOf(fileSystem{fileFinder{fileReader{b, x}}})
	case plot.Plotter:
		return reflect.ValueOf(drawing{b, x})
	case plotter.GridXYZ:
		least, hasLeast := asFunc[func() float64](b, "Min")
		most, hasMost := asFunc[func() float64](b, "Max")
		if hasLeast && hasMost {
			return reflect.ValueOf(grid{b, x, least, most})
		}
	case flag.Value:
		return asFlag(b, x)
	case rand.Source:
		if f, ok := asFunc[func() uint64](b, "Uint64"); ok {
			return reflect.ValueOf(source64{b, x, f})
		}
	case io.Writer:
		from, hasFrom := asFunc[func(io.Reader) (int64, error)](b, "ReadFrom")
		text, hasText := asFunc[func(string) (int, error)](b, "WriteString")
		switch {
		case hasFrom && hasText:
			return reflect.ValueOf(writerFromString{b, x, from, text})
		case hasFrom:
			return reflect.ValueOf(writerFrom{b, x, from})
		case hasText:
			return reflect.ValueOf(writerString{b, x, text})
		}
	case io.Reader:
		to, hasTo := asFunc[func(io.Writer) (int64, error)](b, "WriteTo")
		end, closes := asFunc[func() error](b, "Close")
		switch {
		case hasTo && closes:
			return reflect.ValueOf(readerToClosing{b, x, to, end})
		case hasTo:
			return reflect.ValueOf(readerTo{b, x, to})
		case closes:
			return reflect.ValueOf(readerClosing{b, x, end})
		}
	}
	return w
}

// asked are the interfaces of which values are asked for more methods.
var asked = map[reflect.Type]bool{
	reflect.TypeFor[io.Reader]():       true,
	reflect.TypeFor[io.Writer]():       true,
	reflect.TypeFor[fs.FS]():           true,
	reflect.TypeFor[fs.File]():         true,
	reflect.TypeFor[plot.Plotter]():    true,
	reflect.TypeFor[plotter.GridXYZ](): true,
	reflect.TypeFor[flag.Value]():      true,
	reflect.TypeFor[rand.Source]():     true,
}
