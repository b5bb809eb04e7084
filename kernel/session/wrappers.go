package session

import (
	"context"
	"flag"
	"image"
	"io"
	"io/fs"
	"math/rand"
	"net/http"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/spatial/kdtree"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Packages ask a value for more methods than the interface has by which they
// got it: package io a Reader and a Writer, package image/png an Image, gonum's path a
// Graph. A cell's value gets them here when its type has them, or when having them makes no
// difference: as the widest interface of a package that its type implements, or
// where a package asks for methods one by one, by the functions of the table asked.

// widest is the interface of a package with the most methods of those that have the
// methods of t and that the box implements, and its description.
func (s *Session) widest(t reflect.Type, d *desc, b Box) (reflect.Type, *desc) {
	type key struct {
		t       reflect.Type
		of      *desc
		methods int
	}
	type wide struct {
		t reflect.Type
		d *desc
	}
	k := key{t, b.T, len(b.T.methods)}
	if found, ok := s.wide.Load(k); ok {
		return found.(wide).t, found.(wide).d
	}
	found := wide{t, d}
	for _, u := range s.world.wider(t) {
		if u.NumMethod() <= len(b.T.methods) {
			if d := s.compiledInterface(u); !slices.ContainsFunc(d.wants, func(w want) bool { return s.missing(b, w) != "" }) {
				found = wide{u, d}
				break
			}
		}
	}
	s.wide.Store(k, found)
	return found.t, found.d
}

// asked are the interfaces of which values are asked for methods one by one, and how a
// wrapper of a box gets those.
var asked = map[reflect.Type]func(w any, b Box) any{
	reflect.TypeFor[context.Context]():     asContext,
	reflect.TypeFor[io.Reader]():           asReader,
	reflect.TypeFor[io.Writer]():           asWriter,
	reflect.TypeFor[fs.FS]():               asFileSystem,
	reflect.TypeFor[fs.File]():             asFile,
	reflect.TypeFor[image.Image]():         asPicture,
	reflect.TypeFor[http.ResponseWriter](): asResponse,
	reflect.TypeFor[http.RoundTripper]():   func(w any, b Box) any { return transport{b, w.(http.RoundTripper)} },
	reflect.TypeFor[flag.Value]():          func(w any, b Box) any { return asFlag(b, w.(flag.Value)) },
	reflect.TypeFor[rand.Source]():         asSource,
	reflect.TypeFor[plot.Plotter]():        func(w any, b Box) any { return drawing{b, w.(plot.Plotter)} },
	reflect.TypeFor[plotter.GridXYZ]():     asGrid,
	reflect.TypeFor[kdtree.Interface]():    asPoints,
	reflect.TypeFor[optimize.Method]():     func(w any, b Box) any { return minimizer{b, w.(optimize.Method)} },
}

// A carrier makes an interface of a box in another way than the wrappers do.
type carrier interface{ carried() Box }

// carried is the box that it is part of.
func (b Box) carried() Box { return b }

// either is a method of the box, or what a package does where there is none.
func either[F any](b Box, name string, otherwise F) F {
	if f, ok := asFunc[F](b, name); ok {
		return f
	}
	return otherwise
}

type (
	afterFunc func(func()) func() bool

	contextAfter struct {
		Box
		context.Context
		afterFunc
	}
)

func (f afterFunc) AfterFunc(g func()) func() bool { return f(g) }

func asContext(w any, b Box) any {
	if f, ok := asFunc[func(func()) func() bool](b, "AfterFunc"); ok {
		return contextAfter{b, w.(context.Context), f}
	}
	return w
}
