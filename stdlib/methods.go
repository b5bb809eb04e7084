package stdlib

import (
	"encoding"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log"
	"reflect"
)

// Compiled code sees an interpreted value without its methods. A function
// that takes any and asks what it got, as fmt.Print asks for a Stringer, is
// listed here with the interfaces it asks for, the most wanted first; the
// interpreter then passes it a wrapper that has the methods of the first one
// that the argument implements.
func init() {
	asks := map[reflect.Value][]reflect.Type{}
	list := func(interfaces []reflect.Type, functions ...any) {
		for _, f := range functions {
			asks[reflect.ValueOf(f)] = interfaces
		}
	}
	list([]reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer]()},
		fmt.Append, fmt.Appendf, fmt.Appendln, fmt.Errorf, fmt.Fprint, fmt.Fprintf, fmt.Fprintln,
		fmt.Print, fmt.Printf, fmt.Println, fmt.Sprint, fmt.Sprintf, fmt.Sprintln,
		log.Fatal, log.Fatalf, log.Fatalln, log.Panic, log.Panicf, log.Panicln, log.Print, log.Printf, log.Println)
	list([]reflect.Type{reflect.TypeFor[fmt.Scanner]()},
		fmt.Fscan, fmt.Fscanf, fmt.Fscanln, fmt.Scan, fmt.Scanf, fmt.Scanln, fmt.Sscan, fmt.Sscanf, fmt.Sscanln)
	list([]reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}, json.Marshal, json.MarshalIndent)
	list([]reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}, json.Unmarshal)
	list([]reflect.Type{reflect.TypeFor[xml.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}, xml.Marshal, xml.MarshalIndent)
	list([]reflect.Type{reflect.TypeFor[xml.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}, xml.Unmarshal)

	// yaegi reads the listing under this name.
	Symbols["."] = map[string]reflect.Value{"MapTypes": reflect.ValueOf(asks)}
}
