package main

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/format"
	"go/types"
	"maps"
	"math/big"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A table is what cells get of one package.
type table struct {
	pkg      *types.Package
	imports  map[string]string // path to the name it has in the file
	entries  []string          // key: value lines
	wrappers []string          // declarations of the interface wrappers
	skipped  []string          // names that the interpreter cannot have
	runes    []string          // untyped constants that are runes, and not integers
}

func newTable(pkg *types.Package) *table {
	t := &table{pkg: pkg, imports: map[string]string{}}
	t.importName("reflect", "reflect")
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if _, out := leftOutNames[pkg.Path()][name]; out || !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.Const:
			t.entry(name, t.constant(obj))
			if types.Identical(obj.Type(), types.Typ[types.UntypedRune]) {
				t.runes = append(t.runes, name)
			}
		case *types.Var:
			t.entry(name, "reflect.ValueOf(&"+t.name(obj)+").Elem()")
		case *types.Func:
			t.addFunc(obj)
		case *types.TypeName:
			t.addType(obj)
		}
	}
	return t
}

func (t *table) entry(name, value string) {
	t.entries = append(t.entries, fmt.Sprintf("%q: %s,", name, value))
}

// importName is the name by which the file calls a package: its own, with a
// number when another one has it.
func (t *table) importName(path, name string) string {
	if have, ok := t.imports[path]; ok {
		return have
	}
	taken := slices.Collect(maps.Values(t.imports))
	unique := name
	for i := 2; slices.Contains(taken, unique); i++ {
		unique = name + strconv.Itoa(i)
	}
	t.imports[path] = unique
	return unique
}

func (t *table) qualifier(p *types.Package) string { return t.importName(p.Path(), p.Name()) }

// name is how the file writes an object of the table's package.
func (t *table) name(obj types.Object) string { return t.qualifier(t.pkg) + "." + obj.Name() }

func (t *table) addFunc(f *types.Func) {
	if f.Signature().TypeParams().Len() > 0 {
		t.skipped = append(t.skipped, f.Name())
		return
	}
	if r, ok := replaced[t.pkg.Path()][f.Name()]; ok {
		t.entry(f.Name(), "reflect.ValueOf("+r+")")
		return
	}
	t.entry(f.Name(), "reflect.ValueOf("+t.name(f)+")")
}

func (t *table) addType(obj *types.TypeName) {
	var params *types.TypeParamList
	switch typ := obj.Type().(type) {
	case *types.Named:
		params = typ.TypeParams()
	case *types.Alias:
		params = typ.TypeParams()
	}
	iface, isInterface := obj.Type().Underlying().(*types.Interface)
	if params.Len() > 0 || isInterface && !iface.IsMethodSet() {
		t.skipped = append(t.skipped, obj.Name()) // generic, or a constraint
		return
	}
	t.entry(obj.Name(), "reflect.ValueOf((*"+t.name(obj)+")(nil))")
	if isInterface && !obj.IsAlias() { // an alias has the wrapper of what it stands for
		t.addWrapper(obj, iface)
	}
}

// addWrapper declares the struct by which an interpreted value implements an
// interface. Unexported methods cannot be written here; no interpreted type
// has them either.
func (t *table) addWrapper(obj *types.TypeName, iface *types.Interface) {
	name := "_" + mangle(t.pkg.Path()) + "_" + obj.Name()
	var fields, methods bytes.Buffer
	for m := range iface.Methods() {
		if !m.Exported() {
			continue
		}
		sig := m.Signature()
		var params, args, results []string
		for i := range sig.Params().Len() {
			arg := "a" + strconv.Itoa(i)
			typ := types.TypeString(sig.Params().At(i).Type(), t.qualifier)
			if sig.Variadic() && i == sig.Params().Len()-1 {
				typ = "..." + strings.TrimPrefix(typ, "[]")
				params, args = append(params, arg+" "+typ), append(args, arg+"...")
				continue
			}
			params, args = append(params, arg+" "+typ), append(args, arg)
		}
		for r := range sig.Results().Variables() {
			results = append(results, types.TypeString(r.Type(), t.qualifier))
		}
		decl := fmt.Sprintf("(%s) (%s)", strings.Join(params, ", "), strings.Join(results, ", "))
		call := fmt.Sprintf("w.W%s(%s)", m.Name(), strings.Join(args, ", "))
		if len(results) > 0 {
			call = "return " + call
		}
		if m.Name() == "String" { // printed by fmt even where the interpreter filled in nothing
			call = "if w.WString == nil {\nreturn \"\"\n}\n" + call
		}
		fmt.Fprintf(&fields, "W%s func%s\n", m.Name(), decl)
		fmt.Fprintf(&methods, "func (w %s) %s%s {\n%s\n}\n", name, m.Name(), decl, call)
	}
	t.entry("_"+obj.Name(), "reflect.ValueOf((*"+name+")(nil))")
	t.wrappers = append(t.wrappers, fmt.Sprintf("type %s struct {\nIValue any\n%s}\n\n%s", name, &fields, &methods))
}

// constant is the expression for a constant's value. Untyped ones stay
// untyped; integers and strings are taken from the package at compile time,
// because some, as math.MaxInt and os.DevNull, depend on the machine.
func (t *table) constant(c *types.Const) string {
	basic, ok := c.Type().(*types.Basic)
	if !ok || basic.Info()&types.IsUntyped == 0 || c.Val().Kind() == constant.Bool {
		return "reflect.ValueOf(" + t.name(c) + ")"
	}
	pkg := t.importName("go/constant", "constant")
	val := constant.ToInt(c.Val())
	if basic.Info()&types.IsInteger == 0 {
		val = c.Val()
	}
	var expr string
	switch val.Kind() {
	case constant.String:
		expr = fmt.Sprintf("%s.MakeString(%s)", pkg, t.name(c))
	case constant.Int:
		if _, exact := constant.Int64Val(val); exact {
			expr = fmt.Sprintf("%s.MakeInt64(%s)", pkg, t.name(c))
		} else if _, exact := constant.Uint64Val(val); exact {
			expr = fmt.Sprintf("%s.MakeUint64(%s)", pkg, t.name(c))
		} else {
			expr = fmt.Sprintf("%s.MakeFromLiteral(%q, %s.INT, 0)", pkg, val.ExactString(), t.importName("go/token", "token"))
		}
	case constant.Float:
		expr = fmt.Sprintf("%s.MakeFromLiteral(%q, %s.FLOAT, 0)", pkg, literal(val), t.importName("go/token", "token"))
	default: // complex: no package has an untyped one
		return "reflect.ValueOf(" + t.name(c) + ")"
	}
	return "reflect.ValueOf(" + expr + ")"
}

// literal writes a float with the 512 bits that go/constant keeps.
func literal(v constant.Value) string {
	f := new(big.Float).SetPrec(512)
	switch x := constant.Val(v).(type) {
	case *big.Rat:
		f.SetRat(x)
	case *big.Float:
		f.Set(x)
	}
	return f.Text('g', -1)
}

// fileName starts with sym_, so that stale ones can be found.
func (t *table) fileName() string { return "sym_" + mangle(t.pkg.Path()) + ".go" }

func mangle(path string) string {
	return strings.NewReplacer("/", "_", ".", "_", "-", "_").Replace(strings.TrimPrefix(path, module+"/"))
}

// header names the language version only, so that a patch release of Go does
// not change every file.
func header() string {
	v := strings.SplitN(strings.Fields(runtime.Version())[0], ".", 3)
	lang := v[0] + "." + v[1]
	return fmt.Sprintf(`// Code generated by stdlib/gen with %s. DO NOT EDIT.

//go:build %s

//lint:file-ignore SA1019 cells may use what is deprecated

package stdlib

`, lang, lang)
}

func (t *table) source() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header())
	b.WriteString("import (\n")
	for _, p := range slices.Sorted(maps.Keys(t.imports)) {
		name := t.imports[p]
		if name == path.Base(p) {
			name = ""
		}
		fmt.Fprintf(&b, "%s %q\n", name, p)
	}
	fmt.Fprintf(&b, ")\n\nfunc init() {\nSymbols[%q] = map[string]reflect.Value{\n%s\n}\n}\n\n",
		t.pkg.Path()+"/"+t.pkg.Name(), strings.Join(t.entries, "\n"))
	b.WriteString(strings.Join(t.wrappers, "\n"))
	src, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.pkg.Path(), err)
	}
	return src, nil
}

// namesSource is the file that lists what the tables do not have or do not say.
func namesSource(skipped, runes map[string][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header())
	b.WriteString("// Skipped are the exported names, by import path, that Symbols does not have\n" +
		"// because they are generic functions, generic types or constraints: they have\n" +
		"// no value before they are instantiated.\n")
	writeNames(&b, "Skipped", skipped)
	b.WriteString("// Runes are the untyped constants, by import path, that are runes: their values\n" +
		"// in Symbols are those of integers.\n")
	writeNames(&b, "Runes", runes)
	return format.Source(b.Bytes())
}

func writeNames(b *bytes.Buffer, variable string, all map[string][]string) {
	fmt.Fprintf(b, "var %s = map[string][]string{\n", variable)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(b, "%q: {\n", path)
		for _, name := range all[path] {
			fmt.Fprintf(b, "%q,\n", name)
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n\n")
}
