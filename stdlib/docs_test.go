package stdlib_test

import (
	"os/exec"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

// The names of parameters are as many as reflection sees.
func TestParameterNames(t *testing.T) {
	named, all := 0, 0
	check := func(what string, typ reflect.Type, d stdlib.Doc) {
		all++
		if d.Names == nil {
			return
		}
		named++
		if n := typ.NumIn() + typ.NumOut(); len(d.Names) != n {
			t.Errorf("%s has the names %q for %d parameters and results", what, d.Names, n)
		}
	}
	for key, symbols := range stdlib.Symbols {
		docs := stdlib.Docs(path.Dir(key))
		for name, v := range symbols {
			switch typ := v.Type(); {
			case name[0] == '_' || v.CanAddr():
			case typ.Kind() == reflect.Func && typ.NumIn() > 0:
				check(key+"."+name, typ, docs[name])
			case typ.Kind() == reflect.Pointer && typ.Elem().Kind() == reflect.Interface && v.IsNil():
				for m := range typ.Elem().Methods() {
					if m.IsExported() && m.Type.NumIn() > 0 {
						check(key+"."+name+"."+m.Name, m.Type, docs[name+"."+m.Name])
					}
				}
			}
		}
	}
	if all < 2000 || named < all*9/10 {
		t.Errorf("%d of %d functions have names of parameters", named, all)
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
