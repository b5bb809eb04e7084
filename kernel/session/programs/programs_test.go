package programs

import (
	"go/parser"
	"go/token"
	"reflect"
	"testing"
)

// The same seed makes the same program, and another seed another one; all are Go.
func TestSeeds(t *testing.T) {
	for seed := range uint64(20) {
		p := New(seed)
		if !reflect.DeepEqual(p, New(seed)) {
			t.Errorf("seed %d makes two programs", seed)
		}
		if p.Whole == New(seed+1).Whole {
			t.Errorf("seeds %d and %d make the same program", seed, seed+1)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", "package main\n"+p.Whole, 0); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
