// Package stdlib holds the interpreter's symbol tables: what a cell can
// import without compiling anything. They cover Go's standard library,
// gonum, gonum/plot and innkeeper's own packages for cells.
//
// The sym_*.go files and names.go are generated from the compiler's export
// data by
//
//	go generate ./stdlib
//
// which also removes tables of packages that are gone. TestFresh generates
// them anew and compares.
//
// Of the standard library a cell does not get unsafe, syscall, plugin,
// runtime/cgo, runtime/race and runtime/coverage, which are about the compiled
// program and its machine; embed and time/tzdata, which work at compile time;
// expvar and net/http/pprof, which publish the process on the default HTTP
// server; log/syslog, which is not everywhere; and the parts of testing that
// go test alone calls. gen/packages.go has each with its reason. Generic
// functions and types have no value to put into a table: Skipped lists them.
//
// The tables follow the conventions of yaegi's interp.Exports. The key of a
// package is its import path, a slash, and its name ("math/rand/v2/rand"); it
// must be the PkgPath of the package's types, by which the interpreter finds
// their wrappers. A variable is addressable, a type is a nil pointer to it,
// an untyped constant is a go/constant value (Runes lists those that are runes),
// and under the name of an
// interface with an underscore in front is a struct that implements it by the
// functions in its fields, with which interpreted values become compiled
// ones.
package stdlib

import (
	"fmt"
	"reflect"
)

//go:generate go run ./gen .

// Symbols is what the interpreter may import, as interp.Use takes it.
var Symbols = map[string]map[string]reflect.Value{}

// Exit is what os.Exit panics with in a cell: a cell must not end the
// process that keeps everybody's variables.
type Exit struct{ Code int }

// Error says that os.Exit was called.
func (e Exit) Error() string { return fmt.Sprintf("os.Exit(%d) called", e.Code) }

func osExit(code int) { panic(Exit{code}) }
