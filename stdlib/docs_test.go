package stdlib_test

import (
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

// Signatures are what reflection sees, with names.
func TestSignatures(t *testing.T) {
	all := 0
	check := func(what string, typ reflect.Type, d stdlib.Doc) {
		all++
		e, err := parser.ParseExpr(d.Signature)
		if err != nil {
			t.Errorf("%s has the signature %q: %v", what, d.Signature, err)
			return
		}
		f := e.(*ast.FuncType)
		if f.Params.NumFields() != typ.NumIn() || f.Results.NumFields() != typ.NumOut() {
			t.Errorf("%s has the signature %q for %v", what, d.Signature, typ)
		}
		if typ.NumIn() == 0 {
			return
		}
		var first strings.Builder
		if err := format.Node(&first, token.NewFileSet(), f.Params.List[0].Type); err != nil {
			t.Fatal(err)
		}
		want := typ.In(0).String()
		if typ.NumIn() == 1 && typ.IsVariadic() {
			want = "..." + strings.TrimPrefix(want, "[]")
		}
		if basic := typ.In(0).PkgPath() == "" && typ.In(0).Name() != ""; basic && !strings.Contains(d.Signature, "unsafe") {
			got := strings.NewReplacer("byte", "uint8", "rune", "int32").Replace(first.String())
			if got != want {
				t.Errorf("%s takes %s first, and the signature is %q", what, want, d.Signature)
			}
		}
	}
	for key, symbols := range stdlib.Symbols {
		if strings.HasSuffix(key, "innkeeper/stdlib/stdlib") {
			continue // it is for the interpreter, no cell can import it
		}
		docs := stdlib.Docs(path.Dir(key))
		for name, v := range symbols {
			switch typ := v.Type(); {
			case name[0] == '_' || v.CanAddr():
			case typ.Kind() == reflect.Func:
				check(key+"."+name, typ, docs[name])
			case typ.Kind() == reflect.Pointer && typ.Elem().Kind() == reflect.Interface && typ.Elem().Name() == name && v.IsNil():
				for m := range typ.Elem().Methods() {
					if m.IsExported() {
						check(key+"."+name+"."+m.Name, m.Type, docs[name+"."+m.Name])
					}
				}
			}
		}
	}
	if all < 2000 {
		t.Errorf("only %d functions seen", all)
	}
}

// The go command prints the same comments from the source.
func TestDocsAreThoseOfTheSource(t *testing.T) {
	for _, c := range []struct{ path, name string }{
		{"strings", "Repeat"}, {"strings", "Builder.WriteString"}, {"math/rand/v2", "Rand.Perm"}, {"net/http", "Client"}, {"slices", "SortFunc"},
		{"gonum.org/v1/gonum/mat", "Dense.Mul"}, {"gonum.org/v1/gonum/stat/distuv", "Normal"}, {"io", "Reader"},
		{"github.com/innkeeper-notebook/innkeeper/inn", "Train"}, {"github.com/innkeeper-notebook/innkeeper/kernel/nb", "Show"},
	} {
		out, err := exec.Command("go", "doc", c.path, c.name).CombinedOutput()
		if err != nil {
			t.Fatalf("go doc %s %s: %v\n%s", c.path, c.name, err, out)
		}
		squeeze := func(s string) string { // without the marks of links
			return strings.Join(strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(s)), " ")
		}
		text, _, _ := strings.Cut(stdlib.Docs(c.path)[c.name].Text, "\n\n")
		if text = squeeze(text); len(text) < 20 || !strings.Contains(squeeze(string(out)), text) {
			t.Errorf("%s.%s is documented %q, and go doc says\n%s", c.path, c.name, text, out)
		}
	}
	if !strings.Contains(stdlib.Docs("builtin")["append"].Text, "func append(slice []Type, elems ...Type) []Type") {
		t.Errorf("append is %q", stdlib.Docs("builtin")["append"].Text)
	}
	if d := stdlib.Docs("no/such"); d != nil {
		t.Errorf("a package that is not there has docs %v", d)
	}
}
