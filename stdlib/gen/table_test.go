package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// packages are type-checked in order; later ones may import earlier ones.
type packages map[string]*types.Package

func (p packages) Import(path string) (*types.Package, error) {
	if pkg := p[path]; pkg != nil {
		return pkg, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}

func (p packages) add(t *testing.T, path, src string) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := (&types.Config{Importer: p}).Check(path, fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p[path] = pkg
	return pkg
}

func TestTable(t *testing.T) {
	all := packages{}
	all.add(t, "a/rand", "package rand; type Source struct{}")
	all.add(t, "b/rand", "package rand; type Reader struct{}")
	pkg := all.add(t, "example.org/my-things/v2", `package things

import (
	"a/rand"
	brand "b/rand"
)

const (
	Int    = 5
	Rune   = 'r'
	Big    = 1 << 70
	Third  = 1.0 / 3
	Typed  uint8 = 7
	Name   = "x"
	Yes    = true
	hidden = 1
)

var V = 1

func F()       {}
func G[T any]() {}

type T struct{}
type P[X any] struct{}
type Number interface{ ~int | ~float64 }
type Same = Doer

type Doer interface {
	Do(s rand.Source, r ...*brand.Reader) (int, error)
	String() string
	secret()
}
`)
	table := newTable(pkg)
	b, err := table.source()
	if err != nil {
		t.Fatal(err)
	}
	src := string(b)
	for _, want := range []string{
		`Symbols["example.org/my-things/v2/things"]`,
		"rand2.Reader", // two packages of one name
		`reflect.ValueOf(constant.MakeInt64(things.Int))`,
		`reflect.ValueOf(constant.MakeFromLiteral("1180591620717411303424", token.INT, 0))`,
		`reflect.ValueOf(constant.MakeFromLiteral("0.333333333333333333333333`,
		`reflect.ValueOf(things.Typed)`,
		`reflect.ValueOf(constant.MakeString(things.Name))`,
		`reflect.ValueOf(things.Yes)`,
		`reflect.ValueOf(&things.V).Elem()`,
		`reflect.ValueOf(things.F)`,
		`reflect.ValueOf((*things.T)(nil))`,
		`reflect.ValueOf((*things.Same)(nil))`,
		`reflect.ValueOf((*_example_org_my_things_v2_Doer)(nil))`,
		"return w.WDo(a0, a1...)",
		"if w.WString == nil {",
	} {
		if !strings.Contains(src, want) {
			t.Errorf("the table lacks %s", want)
		}
	}
	for _, not := range []string{"hidden", "secret", "_Same", "things.G", "things.P", "things.Number"} {
		if strings.Contains(src, not) {
			t.Errorf("the table has %s", not)
		}
	}
	if want := []string{"G", "Number", "P"}; !slices.Equal(table.skipped, want) {
		t.Errorf("skipped %v, want %v", table.skipped, want)
	}
	if want := []string{"Rune"}; !slices.Equal(table.runes, want) {
		t.Errorf("runes %v, want %v", table.runes, want)
	}
	if got := table.fileName(); got != "sym_example_org_my_things_v2.go" {
		t.Errorf("file %s", got)
	}
	if t.Failed() {
		t.Log(src)
	}
}
