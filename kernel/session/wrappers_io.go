package session

import (
	"io"
	"io/fs"
)

type (
	writeTo    func(io.Writer) (int64, error)
	readByte   func() (byte, error)
	readRune   func() (rune, int, error)
	unreadRune func() error
)

func (f writeTo) WriteTo(w io.Writer) (int64, error) { return f(w) }
func (f readByte) ReadByte() (byte, error)           { return f() }
func (f readRune) ReadRune() (rune, int, error)      { return f() }
func (f unreadRune) UnreadRune() error               { return f() }

type (
	reader struct {
		Box
		io.Reader
	}
	runes struct {
		readRune
		unreadRune
	}

	readerTo struct {
		reader
		writeTo
	}
	readerOfBytes struct {
		reader
		readByte
	}
	readerOfBytesTo struct {
		reader
		writeTo
		readByte
	}
	readerOfRunes struct {
		reader
		runes
	}
	readerOfRunesTo struct {
		reader
		writeTo
		runes
	}
	readerOfAll struct {
		reader
		readByte
		runes
	}
	readerOfAllTo struct {
		reader
		writeTo
		readByte
		runes
	}
)

// Close is what package net/http asks the body of a request for.
func (r reader) Close() error {
	return either(r.Box, "Close", func() error { return nil })()
}

func asReader(w any, b Box) any {
	r := reader{b, w.(io.Reader)}
	to, hasTo := asFunc[func(io.Writer) (int64, error)](b, "WriteTo")
	one, hasBytes := asFunc[func() (byte, error)](b, "ReadByte")
	next, hasRunes := asFunc[func() (rune, int, error)](b, "ReadRune")
	back, backs := asFunc[func() error](b, "UnreadRune")
	hasRunes = hasRunes && backs
	switch rs := (runes{next, back}); {
	case hasTo && hasBytes && hasRunes:
		return readerOfAllTo{r, to, one, rs}
	case hasBytes && hasRunes:
		return readerOfAll{r, one, rs}
	case hasTo && hasRunes:
		return readerOfRunesTo{r, to, rs}
	case hasRunes:
		return readerOfRunes{r, rs}
	case hasTo && hasBytes:
		return readerOfBytesTo{r, to, one}
	case hasBytes:
		return readerOfBytes{r, one}
	case hasTo:
		return readerTo{r, to}
	}
	return r
}

type (
	readFrom    func(io.Reader) (int64, error)
	writeString func(string) (int, error)
	writeByte   func(byte) error
	flush       func() error
)

func (f readFrom) ReadFrom(r io.Reader) (int64, error)  { return f(r) }
func (f writeString) WriteString(s string) (int, error) { return f(s) }
func (f writeByte) WriteByte(c byte) error              { return f(c) }
func (f flush) Flush() error                            { return f() }

type (
	writer struct {
		Box
		io.Writer
	}
	// A buffer is flushed by those that find that they need none of their own.
	buffer struct {
		writeByte
		flush
	}

	writerFrom struct {
		writer
		readFrom
	}
	writerString struct {
		writer
		writeString
	}
	writerFromString struct {
		writer
		readFrom
		writeString
	}
	bufferFrom struct {
		writer
		buffer
		readFrom
	}
	bufferString struct {
		writer
		buffer
		writeString
	}
	bufferFromString struct {
		writer
		buffer
		readFrom
		writeString
	}
	bufferAlone struct {
		writer
		buffer
	}
)

func asWriter(w any, b Box) any {
	x := writer{b, w.(io.Writer)}
	from, hasFrom := asFunc[func(io.Reader) (int64, error)](b, "ReadFrom")
	text, hasText := asFunc[func(string) (int, error)](b, "WriteString")
	one, hasBytes := asFunc[func(byte) error](b, "WriteByte")
	end, ends := asFunc[func() error](b, "Flush")
	buffers := hasBytes && ends
	switch buf := (buffer{one, end}); {
	case buffers && hasFrom && hasText:
		return bufferFromString{x, buf, from, text}
	case buffers && hasFrom:
		return bufferFrom{x, buf, from}
	case buffers && hasText:
		return bufferString{x, buf, text}
	case buffers:
		return bufferAlone{x, buf}
	case hasFrom && hasText:
		return writerFromString{x, from, text}
	case hasFrom:
		return writerFrom{x, from}
	case hasText:
		return writerString{x, text}
	}
	return x
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

func (f fileFinder) ReadLink(name string) (string, error) {
	return either(f.Box, "ReadLink", func(name string) (string, error) { return fs.ReadLink(f.FS, name) })(name)
}

func (f fileFinder) Lstat(name string) (fs.FileInfo, error) {
	return either(f.Box, "Lstat", f.Stat)(name)
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

func asFileSystem(w any, b Box) any { return fileSystem{fileFinder{fileReader{b, w.(fs.FS)}}} }

func asFile(w any, b Box) any {
	f := w.(fs.File)
	list, lists := asFunc[func(int) ([]fs.DirEntry, error)](b, "ReadDir")
	to, seeks := asFunc[func(int64, int) (int64, error)](b, "Seek")
	switch {
	case lists && seeks:
		return seekableDirectory{b, f, list, to}
	case lists:
		return directory{b, f, list}
	case seeks:
		return seekable{b, f, to}
	}
	return w
}
