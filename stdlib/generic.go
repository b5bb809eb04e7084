package stdlib

import "embed"

//go:embed generic/*.txt
var generic embed.FS

// Generic are the generic functions and types of Go's library as source, by
// import path: they have no value before they are instantiated, so a session
// compiles the instances that its cells use. They are written anew, for an
// interpreter: sorting goes through package sort.
var Generic = map[string]string{}

func init() {
	for path, file := range map[string]string{
		"slices": "slices", "maps": "maps", "cmp": "cmp", "iter": "iter", "sync": "sync",
		"sync/atomic": "atomic", "errors": "errors", "math/rand/v2": "rand", "unique": "unique",
	} {
		src, err := generic.ReadFile("generic/" + file + ".txt")
		if err != nil {
			panic(err)
		}
		Generic[path] = string(src)
	}
}
