package session

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

// A world is the packages that cells can import, as Go's type checker sees
// them. It reads them from the interpreter's symbol tables by reflection, and
// so knows everything but generic functions, unexported methods and the names
// of parameters.
type world struct {
	symbols map[string]map[string]reflect.Value // by import path
	names   map[string]string                   // package names by import path
	paths   map[string][]string                 // import paths by package name, sorted
	generic map[string][]string                 // exported names that need instantiation, by import path
	sources map[string]string                   // of those, where there is a source

	fset     *token.FileSet
	generics map[string]*library // packages with generic functions, by import path

	mu     sync.Mutex
	pkgs   map[string]*types.Package
	filled map[string]bool
	types  map[reflect.Type]types.Type
	widers map[reflect.Type][]reflect.Type
	seals  map[string][]reflect.Type
}

// A library is the checked source of a package's generic functions.
type library struct {
	info  *types.Info
	funcs map[string]*ast.FuncDecl // methods as "T.M"
}

// newWorld takes symbol tables whose keys are an import path, a slash and the
// package's name.
func newWorld(symbols map[string]map[string]reflect.Value, generic map[string][]string, sources map[string]string) *world {
	w := &world{
		sources:  sources,
		fset:     token.NewFileSet(),
		generics: map[string]*library{},
		symbols:  map[string]map[string]reflect.Value{},
		names:    map[string]string{},
		paths:    map[string][]string{},
		generic:  generic,
		pkgs:     map[string]*types.Package{},
		filled:   map[string]bool{},
		types:    map[reflect.Type]types.Type{},
		widers:   map[reflect.Type][]reflect.Type{},
		seals:    map[string][]reflect.Type{},
	}
	for key, table := range symbols {
		p, name := path.Dir(key), path.Base(key)
		if key == "." {
			continue
		}
		w.symbols[p], w.names[p] = table, name
		w.paths[name] = append(w.paths[name], p)
	}
	for _, ps := range w.paths {
		slices.Sort(ps)
	}
	return w
}

// exports reports whether a package has an exported name.
func (w *world) exports(path, name string) bool {
	_, ok := w.symbols[path][name]
	return ok || slices.Contains(w.generic[path], name)
}

// Import is what types.Config wants of an importer.
func (w *world) Import(path string) (*types.Package, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.load(path)
}

func (w *world) load(path string) (*types.Package, error) {
	if path == predeclared.Path() {
		return predeclared, nil
	}
	table, ok := w.symbols[path]
	if !ok {
		return nil, fmt.Errorf("cells cannot import %q: they have Go's standard library, gonum, gonum/plot and innkeeper's own packages", path)
	}
	pkg := w.pkg(path)
	if w.filled[path] {
		return pkg, nil
	}
	w.filled[path] = true
	for name, v := range table {
		if token.IsExported(name) {
			pkg.Scope().Insert(w.object(pkg, name, v))
		}
	}
	if src := w.sources[path]; src != "" {
		if err := w.check(path, pkg, src); err != nil {
			return nil, err
		}
	}
	pkg.MarkComplete()
	return pkg, nil
}

// check adds what is there as source to a package.
func (w *world) check(path string, pkg *types.Package, src string) error {
	f, err := parser.ParseFile(w.fset, path+"/"+unitBase, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	lib := &library{info: newInfo(), funcs: map[string]*ast.FuncDecl{}}
	w.generics[path] = lib
	conf := types.Config{Importer: importer(w.load)}
	if err := types.NewChecker(&conf, w.fset, pkg, lib.info).Files([]*ast.File{f}); err != nil {
		return err
	}
	for _, d := range f.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			name := f.Name.Name
			if f.Recv != nil {
				name = receiver(f.Recv.List[0].Type) + "." + name
			}
			lib.funcs[name] = f
		}
	}
	return nil
}

type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }

// compiled is the type of a compiled package that is a struct with fields of its
// own, or nil. A type that a cell declares by it, as type Day time.Time, has the
// same struct, and no name but that one to the interpreter.
func (w *world) compiled(under types.Type) *types.Named {
	s, ok := under.(*types.Struct)
	if !ok {
		return nil
	}
	for f := range s.Fields() {
		if f.Exported() || own(f) || f.Pkg() == nil || w.generics[f.Pkg().Path()] != nil {
			continue
		}
		scope := f.Pkg().Scope()
		for _, name := range scope.Names() {
			if n, ok := scope.Lookup(name).Type().(*types.Named); ok && n.Underlying() == under && w.has(f.Pkg().Path(), name) {
				return n
			}
		}
		return nil
	}
	return nil
}

// has reports whether a package has a name in compiled form.
func (w *world) has(path, name string) bool {
	_, ok := w.symbols[path][name]
	return ok
}

// reflected is the reflected form of a type of compiled packages, or nil when
// it has a part without an exported name.
func (w *world) reflected(t types.Type) reflect.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return kinds[t.Kind()]
	case *types.Named:
		if t.Obj().Pkg() == nil {
			if t.Obj().Name() == "error" {
				return reflect.TypeFor[error]()
			}
			return nil
		}
		if v, ok := w.symbols[t.Obj().Pkg().Path()][t.Obj().Name()]; ok && v.Kind() == reflect.Pointer {
			return v.Type().Elem()
		}
	case *types.Pointer:
		if e := w.reflected(t.Elem()); e != nil {
			return reflect.PointerTo(e)
		}
	case *types.Slice:
		if e := w.reflected(t.Elem()); e != nil {
			return reflect.SliceOf(e)
		}
	case *types.Array:
		if e := w.reflected(t.Elem()); e != nil {
			return reflect.ArrayOf(int(t.Len()), e)
		}
	case *types.Map:
		if k, e := w.reflected(t.Key()), w.reflected(t.Elem()); k != nil && e != nil {
			return reflect.MapOf(k, e)
		}
	case *types.Chan:
		dir := map[types.ChanDir]reflect.ChanDir{types.SendRecv: reflect.BothDir, types.SendOnly: reflect.SendDir, types.RecvOnly: reflect.RecvDir}
		if e := w.reflected(t.Elem()); e != nil {
			return reflect.ChanOf(dir[t.Dir()], e)
		}
	case *types.Interface:
		if t.NumMethods() == 0 {
			return reflect.TypeFor[any]()
		}
	case *types.Signature:
		var in, out []reflect.Type
		for v := range t.Params().Variables() {
			in = append(in, w.reflected(v.Type()))
		}
		for v := range t.Results().Variables() {
			out = append(out, w.reflected(v.Type()))
		}
		if !slices.Contains(in, nil) && !slices.Contains(out, nil) {
			return reflect.FuncOf(in, out, t.Variadic())
		}
	case *types.Struct:
		var fields []reflect.StructField
		for i := range t.NumFields() {
			f := t.Field(i)
			e := w.reflected(f.Type())
			if e == nil || !f.Exported() {
				return nil
			}
			fields = append(fields, reflect.StructField{Name: f.Name(), Type: e, Tag: reflect.StructTag(t.Tag(i))})
		}
		return reflect.StructOf(fields)
	}
	return nil
}

var kinds = map[types.BasicKind]reflect.Type{
	types.Bool: reflect.TypeFor[bool](), types.String: reflect.TypeFor[string](),
	types.Int: reflect.TypeFor[int](), types.Int8: reflect.TypeFor[int8](), types.Int16: reflect.TypeFor[int16](), types.Int32: reflect.TypeFor[int32](), types.Int64: reflect.TypeFor[int64](),
	types.Uint: reflect.TypeFor[uint](), types.Uint8: reflect.TypeFor[uint8](), types.Uint16: reflect.TypeFor[uint16](), types.Uint32: reflect.TypeFor[uint32](), types.Uint64: reflect.TypeFor[uint64](),
	types.Uintptr: reflect.TypeFor[uintptr](), types.Float32: reflect.TypeFor[float32](), types.Float64: reflect.TypeFor[float64](),
	types.Complex64: reflect.TypeFor[complex64](), types.Complex128: reflect.TypeFor[complex128](),
}

func (w *world) pkg(p string) *types.Package {
	if pkg := w.pkgs[p]; pkg != nil {
		return pkg
	}
	name := w.names[p]
	if name == "" {
		name = path.Base(p)
	}
	w.pkgs[p] = types.NewPackage(p, name)
	return w.pkgs[p]
}

func (w *world) object(pkg *types.Package, name string, v reflect.Value) types.Object {
	t := v.Type()
	switch {
	case v.CanAddr():
		return types.NewVar(token.NoPos, pkg, name, w.typ(t))
	case t.Kind() == reflect.Pointer && v.IsNil(): // a type
		typ := w.typ(t.Elem())
		if named, ok := typ.(*types.Named); ok && named.Obj().Pkg() == pkg && named.Obj().Name() == name {
			return named.Obj()
		}
		return types.NewTypeName(token.NoPos, pkg, name, typ)
	case t.Kind() == reflect.Func:
		return types.NewFunc(token.NoPos, pkg, name, w.signature(t, nil, 0))
	case t.Implements(reflect.TypeFor[constant.Value]()):
		c := v.Interface().(constant.Value)
		typ := untyped(c)
		if slices.Contains(stdlib.Runes[pkg.Path()], name) {
			typ = types.Typ[types.UntypedRune]
		}
		return types.NewConst(token.NoPos, pkg, name, typ, c)
	}
	if c := constantOf(v); c != nil {
		return types.NewConst(token.NoPos, pkg, name, w.typ(t), c)
	}
	return types.NewVar(token.NoPos, pkg, name, w.typ(t))
}

func untyped(c constant.Value) types.Type {
	switch c.Kind() {
	case constant.Bool:
		return types.Typ[types.UntypedBool]
	case constant.String:
		return types.Typ[types.UntypedString]
	case constant.Int:
		return types.Typ[types.UntypedInt]
	case constant.Float:
		return types.Typ[types.UntypedFloat]
	}
	return types.Typ[types.UntypedComplex]
}

// constantOf is the value of a typed constant, or nil.
func constantOf(v reflect.Value) constant.Value {
	switch {
	case v.Kind() == reflect.Bool:
		return constant.MakeBool(v.Bool())
	case v.Kind() == reflect.String:
		return constant.MakeString(v.String())
	case v.CanInt():
		return constant.MakeInt64(v.Int())
	case v.CanUint():
		return constant.MakeUint64(v.Uint())
	case v.CanFloat():
		return constant.MakeFloat64(v.Float())
	}
	return nil
}

var basic = map[reflect.Kind]types.BasicKind{
	reflect.Bool: types.Bool, reflect.String: types.String,
	reflect.Int: types.Int, reflect.Int8: types.Int8, reflect.Int16: types.Int16, reflect.Int32: types.Int32, reflect.Int64: types.Int64,
	reflect.Uint: types.Uint, reflect.Uint8: types.Uint8, reflect.Uint16: types.Uint16, reflect.Uint32: types.Uint32, reflect.Uint64: types.Uint64,
	reflect.Uintptr: types.Uintptr, reflect.Float32: types.Float32, reflect.Float64: types.Float64,
	reflect.Complex64: types.Complex64, reflect.Complex128: types.Complex128, reflect.UnsafePointer: types.UnsafePointer,
}

// typ is the checker's type for a reflected one; the same for the same.
func (w *world) typ(t reflect.Type) types.Type {
	if typ := w.types[t]; typ != nil {
		return typ
	}
	if t == reflect.TypeFor[error]() {
		return types.Universe.Lookup("error").Type()
	}
	if t.PkgPath() == "" || t.Name() == "" {
		typ := w.literal(t)
		w.types[t] = typ
		return typ
	}
	path, name := t.PkgPath(), t.Name()
	if m := mirrored[t]; m != "" {
		path, name, _ = strings.Cut(m, ".")
	}
	pkg := w.pkg(path)
	if inst := w.sequence(t); inst != nil {
		w.types[t] = inst
		return inst
	}
	named := types.NewNamed(types.NewTypeName(token.NoPos, pkg, name, nil), nil, nil)
	w.types[t] = named // before its parts, which may mention it
	named.SetUnderlying(w.literal(t))
	if t.Kind() == reflect.Interface {
		return named
	}
	pointer := reflect.PointerTo(t)
	for m := range pointer.Methods() {
		var recv types.Type = types.NewPointer(named)
		if _, ok := t.MethodByName(m.Name); ok {
			recv = named
		}
		sig := w.signature(m.Type, types.NewParam(token.NoPos, pkg, "", recv), 1)
		named.AddMethod(types.NewFunc(token.NoPos, pkg, m.Name, sig))
	}
	// Reflection does not show a type's unexported methods, but which of its package's
	// interfaces it implements.
	known := map[string]bool{}
	for _, u := range w.sealed(path) {
		var recv types.Type = named
		if !t.Implements(u) {
			recv = types.NewPointer(named)
		}
		if !pointer.Implements(u) {
			continue
		}
		for m := range u.Methods() {
			if !m.IsExported() && !known[m.Name] && m.PkgPath == path {
				known[m.Name] = true
				named.AddMethod(types.NewFunc(token.NoPos, pkg, m.Name, w.signature(m.Type, types.NewParam(token.NoPos, pkg, "", recv), 0)))
			}
		}
	}
	return named
}

// sealed are the interfaces of a package with methods that are not exported, as
// ast.Expr has: only the package's own types implement them.
func (w *world) sealed(path string) []reflect.Type {
	all, known := w.seals[path]
	if known {
		return all
	}
	for _, v := range w.symbols[path] {
		if v.Kind() != reflect.Pointer || !v.IsNil() || v.Type().Elem().Kind() != reflect.Interface {
			continue
		}
		u := v.Type().Elem()
		for m := range u.Methods() {
			if !m.IsExported() {
				all = append(all, u)
				break
			}
		}
	}
	w.seals[path] = all
	return all
}

// sequence is the instance of iter.Seq or iter.Seq2 that a type is, or nil.
func (w *world) sequence(t reflect.Type) types.Type {
	if t.PkgPath() != "iter" || t.Kind() != reflect.Func {
		return nil
	}
	pkg, err := w.load("iter")
	if err != nil {
		return nil
	}
	yield := t.In(0)
	name, args := "Seq", []types.Type{w.typ(yield.In(0))}
	if yield.NumIn() == 2 {
		name, args = "Seq2", append(args, w.typ(yield.In(1)))
	}
	inst, err := types.Instantiate(nil, pkg.Scope().Lookup(name).Type(), args, false)
	if err != nil {
		return nil
	}
	return inst
}

// literal is the type that t is without its name.
func (w *world) literal(t reflect.Type) types.Type {
	switch t.Kind() {
	case reflect.Pointer:
		return types.NewPointer(w.typ(t.Elem()))
	case reflect.Slice:
		return types.NewSlice(w.typ(t.Elem()))
	case reflect.Array:
		return types.NewArray(w.typ(t.Elem()), int64(t.Len()))
	case reflect.Map:
		return types.NewMap(w.typ(t.Key()), w.typ(t.Elem()))
	case reflect.Chan:
		dir := map[reflect.ChanDir]types.ChanDir{reflect.BothDir: types.SendRecv, reflect.SendDir: types.SendOnly, reflect.RecvDir: types.RecvOnly}
		return types.NewChan(dir[t.ChanDir()], w.typ(t.Elem()))
	case reflect.Func:
		return w.signature(t, nil, 0)
	case reflect.Struct:
		var fields []*types.Var
		var tags []string
		for f := range t.Fields() {
			var pkg *types.Package
			if p := f.PkgPath; p != "" {
				pkg = w.pkg(p)
			}
			fields = append(fields, types.NewField(token.NoPos, pkg, f.Name, w.typ(f.Type), f.Anonymous))
			tags = append(tags, string(f.Tag))
		}
		return types.NewStruct(fields, tags)
	case reflect.Interface:
		var methods []*types.Func
		for m := range t.Methods() {
			switch {
			case m.IsExported():
				methods = append(methods, types.NewFunc(token.NoPos, nil, m.Name, w.signature(m.Type, nil, 0)))
			case slices.Contains(w.sealed(t.PkgPath()), t):
				methods = append(methods, types.NewFunc(token.NoPos, w.pkg(m.PkgPath), m.Name, w.signature(m.Type, nil, 0)))
			}
		}
		return types.NewInterfaceType(methods, nil).Complete()
	}
	return types.Typ[basic[t.Kind()]]
}

// signature is the type of a function; the first skip parameters are left out.
func (w *world) signature(t reflect.Type, recv *types.Var, skip int) *types.Signature {
	var in, out []*types.Var
	for i := skip; i < t.NumIn(); i++ {
		in = append(in, types.NewParam(token.NoPos, nil, "", w.typ(t.In(i))))
	}
	for o := range t.Outs() {
		out = append(out, types.NewParam(token.NoPos, nil, "", w.typ(o)))
	}
	return types.NewSignatureType(recv, nil, nil, types.NewTuple(in...), types.NewTuple(out...), t.IsVariadic())
}

// choose finds the package that a name stands for by the selectors used on it,
// much as goimports does. There is one of that name.
func (w *world) choose(name string, selectors []string) (string, error) {
	all := w.paths[name]
	var fit []string
	for _, p := range all {
		if !slices.ContainsFunc(selectors, func(s string) bool { return !w.exports(p, s) }) {
			fit = append(fit, p)
		}
	}
	switch len(fit) {
	case 0:
		var near string
		for _, sel := range selectors {
			for _, p := range all {
				if n := nearest(sel, maps.Keys(w.symbols[p])); n != "" && !slices.ContainsFunc(all, func(p string) bool { return w.exports(p, sel) }) {
					near = fmt.Sprintf("; did you mean %s.%s?", name, n)
				}
			}
		}
		if len(all) == 1 {
			if strings.HasPrefix(all[0], "gonum.org/") && near == "" { // a variable is missing: network, path, window
				return "", fmt.Errorf("undefined: %s; the package %s has no %s", name, all[0], strings.Join(selectors, " and no "))
			}
			return all[0], nil // the checker says what the package lacks
		}
		return "", fmt.Errorf("none of the packages named %s (%s) has %s%s", name, strings.Join(all, ", "), strings.Join(selectors, " and "), near)
	case 1:
		return fit[0], nil
	}
	// The standard library goes before the others, and of two versions in it
	// the newer one.
	std := slices.DeleteFunc(slices.Clone(fit), func(p string) bool { return strings.Contains(p, ".") })
	newer := slices.DeleteFunc(slices.Clone(std), func(p string) bool {
		return slices.Contains(std, p+"/v2") || p == "crypto/rand" && slices.Contains(std, "math/rand/v2")
	})
	if len(newer) == 1 {
		return newer[0], nil
	}
	quoted := make([]string, len(fit))
	for i, p := range fit {
		quoted[i] = fmt.Sprintf("import %q", p)
	}
	return "", fmt.Errorf("which package is %s? Write %s", name, strings.Join(quoted, " or "))
}

// wrapper is the pointer type by which a value of a cell becomes an interface of a
// package, as the symbol tables have it, or the zero Value.
func (w *world) wrapper(t reflect.Type) reflect.Value {
	return w.symbols[t.PkgPath()]["_"+t.Name()]
}

// wider are the interfaces of packages that have the methods of t and more, those with
// the most methods first.
func (w *world) wider(t reflect.Type) []reflect.Type {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, known := w.widers[t]
	if known {
		return all
	}
	for _, p := range sortedKeys(w.symbols) {
		for _, name := range sortedKeys(w.symbols[p]) {
			if iface, ok := strings.CutPrefix(name, "_"); ok {
				if u := w.symbols[p][iface].Type().Elem(); u != t && u.NumMethod() > t.NumMethod() && u.Implements(t) {
					all = append(all, u)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b reflect.Type) int { return b.NumMethod() - a.NumMethod() })
	w.widers[t] = all
	return all
}

// unnamed is the reflected form of a type of a package that has no name outside of it.
func (w *world) unnamed(t types.Type) reflect.Type {
	w.mu.Lock()
	defer w.mu.Unlock()
	for r, known := range w.types {
		if known == t {
			return r
		}
	}
	panic(fault("no value has the type " + t.String()))
}
