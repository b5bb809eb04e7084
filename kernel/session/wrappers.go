package session

import (
	"io"
	"reflect"
)

// Package io asks a Reader and a Writer for more methods than their interface
// has. A cell's value gets them here, when its type has them.

type (
	writeTo     func(io.Writer) (int64, error)
	readFrom    func(io.Reader) (int64, error)
	writeString func(string) (int, error)
)

func (f writeTo) WriteTo(w io.Writer) (int64, error)    { return f(w) }
func (f readFrom) ReadFrom(r io.Reader) (int64, error)  { return f(r) }
func (f writeString) WriteString(s string) (int, error) { return f(s) }

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

// more is a wrapper of a box together with the methods that package io asks for.
func more(w reflect.Value, b Box) reflect.Value {
	switch x := w.Interface().(type) {
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
		if to, ok := asFunc[func(io.Writer) (int64, error)](b, "WriteTo"); ok {
			return reflect.ValueOf(readerTo{b, x, to})
		}
	}
	return w
}
