package session

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

func (l *lowering) call(e *ast.CallExpr) ast.Expr {
	if l.info.Types[e.Fun].IsType() {
		return l.conversion(e)
	}
	if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
		if b, ok := l.info.Uses[id].(*types.Builtin); ok {
			return l.builtin(e, written(b.Name()))
		}
	}
	if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && !l.info.Types[sel.X].IsType() && l.pkgName(sel.X) == nil {
		t := l.typeOf(sel.X)
		obj, path, _ := l.lookup(t, sel.Sel.Name, l.info.Uses[sel.Sel])
		if m, ok := obj.(*types.Func); ok {
			return l.methodCall(e, sel, m, path)
		}
	}
	f := l.callee(e)
	sig := l.typeOf(e.Fun).Underlying().(*types.Signature)
	if f != nil && !own(f) && f.Signature().Recv() == nil {
		if special := l.special(e, f); special != nil {
			return special
		}
	}
	var fun ast.Expr
	if f != nil && f.Signature().Recv() == nil {
		fun = l.funcRef(callFun(e))
	} else {
		fun = l.under(e.Fun)
	}
	if _, ok := ast.Unparen(e.Fun).(*ast.FuncLit); ok {
		fun = &ast.ParenExpr{X: fun}
	}
	return l.callWith(fun, nil, e, sig, f)
}

// callFun is the name of a called function, without type arguments.
func callFun(e *ast.CallExpr) ast.Expr {
	switch x := ast.Unparen(e.Fun).(type) {
	case *ast.IndexExpr:
		return x.X
	case *ast.IndexListExpr:
		return x.X
	default:
		return x
	}
}

// decodes refuses what fills a cell's types by reflection where Go would call
// their methods or see their names.
func (l *lowering) decodes(f *types.Func, e *ast.CallExpr) {
	if f.Pkg() == nil || !strings.HasPrefix(f.Pkg().Path(), "encoding/") {
		return
	}
	params := f.Signature().Params()
	for i, a := range e.Args {
		tv := l.info.Types[a]
		if tv.Value != nil || tv.IsNil() || tv.Type == nil {
			continue
		}
		if u, ok := params.At(min(i, params.Len()-1)).Type().Underlying().(*types.Interface); ok && u.NumMethods() > 0 { // what is read from or written to
			continue
		}
		t := l.typ(types.Default(tv.Type))
		if _, tuple := t.(*types.Tuple); tuple || types.IsInterface(t) || l.faithful(t) {
			continue
		}
		switch f.Pkg().Path() {
		case "encoding/json":
			continue
		case "encoding/binary", "encoding/csv", "encoding/base64", "encoding/hex":
			continue
		case "encoding/gob":
			if l.bare(t, false) {
				continue
			}
		case "encoding/xml":
			if l.bare(t, true) {
				if decodes := strings.Contains(f.Name(), "nmarshal") || strings.HasPrefix(f.Name(), "Decode"); decodes || f.Name() == "EncodeElement" || namesItself(t) {
					continue
				}
				l.refuse(e.Pos(), "package xml does not see the name of a cell's type "+l.display(t)+": give the struct a field XMLName xml.Name with a tag")
			}
		}
		l.refuse(e.Pos(), "package "+f.Pkg().Name()+" does not see the names and methods of a cell's type "+l.display(t)+": use a map, or types of a package")
	}
}

// codecMethod are the methods that packages gob and xml ask for.
var codecMethod = regexp.MustCompile(`^(Gob(En|De)code|(Unm|M)arshal(XML|XMLAttr|Text|Binary)|Append(Text|Binary))$`)

// bare reports whether packages gob and xml, which look into a value by reflection, see
// what they would see in Go: a type without the methods that they ask for, without embedded
// and, unless tags hide them, unexported fields.
func (l *lowering) bare(t types.Type, hides bool) bool {
	seen := map[string]bool{}
	var walk func(t types.Type) bool
	walk = func(t types.Type) bool {
		if l.faithful(t) && !types.IsInterface(t) {
			return true
		}
		if n, ok := types.Unalias(t).(*types.Named); ok {
			if seen[l.key(n)] {
				return true
			}
			seen[l.key(n)] = true
			for m := range types.NewMethodSet(types.NewPointer(n)).Methods() {
				if codecMethod.MatchString(m.Obj().Name()) {
					return false
				}
			}
			if l.wrapped(n) {
				return false
			}
		}
		switch u := t.Underlying().(type) {
		case *types.Basic:
			return true
		case *types.Map:
			return walk(u.Key()) && walk(u.Elem())
		case *types.Slice, *types.Array, *types.Pointer:
			return walk(u.(interface{ Elem() types.Type }).Elem())
		case *types.Struct:
			for i := range u.NumFields() {
				f := u.Field(i)
				if !f.Exported() && hides && !f.Embedded() {
					continue
				}
				if !f.Exported() || f.Embedded() || l.cut(t, i) || !walk(f.Type()) {
					return false
				}
			}
			return true
		}
		return false
	}
	return walk(t)
}

// namesItself reports whether a struct, or those that a value holds, have a
// field XMLName.
func namesItself(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice, *types.Array, *types.Pointer:
		return namesItself(u.(interface{ Elem() types.Type }).Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if f.Name() == "XMLName" {
				return true
			}
		}
	}
	return false
}

func (l *lowering) pkgName(x ast.Expr) *types.PkgName {
	id, ok := x.(*ast.Ident)
	if !ok {
		return nil
	}
	p, _ := l.info.Uses[id].(*types.PkgName)
	return p
}

// callWith is a call with the arguments of e behind some that are there.
func (l *lowering) callWith(fun ast.Expr, first []ast.Expr, e *ast.CallExpr, sig *types.Signature, f *types.Func) ast.Expr {
	pos := l.pos
	raw := f != nil && reflects(f)
	if f != nil {
		l.decodes(f, e)
	}
	if f != nil && strings.HasPrefix(f.Name(), "Register") && f.Pkg() != nil && f.Pkg().Path() == "net/rpc" && !l.faithful(l.typeOf(e.Args[len(e.Args)-1])) {
		l.refuse(e.Pos(), "package rpc looks for a type's methods by reflection, and sees none of a cell's "+l.display(l.typeOf(e.Args[len(e.Args)-1]))+": use net/http with JSON")
	}
	if f != nil && f.Name() == "TextVar" && f.Pkg() != nil && f.Pkg().Path() == "flag" && len(e.Args) == 4 && !l.faithful(l.typeOf(e.Args[0])) {
		l.refuse(e.Pos(), "package flag compares the types of a variable and its default, and does not see a cell's "+l.display(l.typeOf(e.Args[2]))+": use Func, or Var with a type that has Set and String")
	}
	template := executes(f)
	if template {
		l.inTemplate(e)
	}
	if f != nil && first == nil && l.formatsBoxes(f, e) {
		return l.formatted(fun, e, sig, f)
	}
	arg := func(x ast.Expr, t types.Type) ast.Expr {
		if e.Ellipsis.IsValid() && l.info.Types[x].IsNil() { // a slice of none
			if _, ok := t.Underlying().(*types.Slice); ok {
				return l.zero(t)
			}
		}
		if types.IsInterface(t) && boxed(t) {
			switch {
			case template:
				return l.hook("TemplateData", l.exprAs(x, anyType))
			case f != nil && f.Pkg() != nil && f.Pkg().Path() == "database/sql":
				if i := l.stored(x, f); i != nil {
					return l.hook("Any", l.exprAs(x, i))
				}
			case f != nil && f.Pkg() != nil && f.Pkg().Path() == "log/slog" && l.info.Types[x].Value == nil:
				return l.hook("Logged", l.exprAs(x, anyType))
			}
		}
		if f != nil && f.FullName() == "(*sync.WaitGroup).Go" {
			return l.hook("Apart", l.exprAs(x, t))
		}
		return l.argument(x, t, raw)
	}
	if len(e.Args) == 1 {
		if tuple, ok := l.info.TypeOf(e.Args[0]).(*types.Tuple); ok {
			return l.spread(fun, first, e.Args[0], l.typ(tuple).(*types.Tuple), sig, f)
		}
	}
	args := first
	for i, x := range e.Args {
		t := paramType(sig, i)
		if e.Ellipsis.IsValid() && i == len(e.Args)-1 {
			t = sig.Params().At(i).Type()
		}
		a := arg(x, t)
		switch {
		case f == nil || i < sig.Params().Len()-1:
		case spaces(f):
			a = l.operand(a, x, e.Ellipsis.IsValid())
		case prints(f) && e.Ellipsis.IsValid():
			a = l.hook("OpenedAll", a)
		case prints(f) && l.opens(l.typeOf(x)):
			a = l.hook("Opened", a)
		}
		args = append(args, a)
	}
	l.pos = pos
	c := &ast.CallExpr{Fun: fun, Lparen: e.Lparen, Args: args, Rparen: e.Rparen}
	if e.Ellipsis.IsValid() {
		c.Ellipsis = e.Ellipsis
	} else if f == nil || own(f) && f.Signature().Recv() != nil {
		l.variadic(c, sig, len(e.Args), f == nil)
	}
	if template {
		return l.hook("TemplateError", c)
	}
	return c
}

// stored is the interface by which a function of package sql reads or writes a value of
// a cell's type, or nil.
func (l *lowering) stored(x ast.Expr, f *types.Func) types.Type {
	t := l.typeOf(x)
	if types.IsInterface(t) || l.faithful(t) {
		return nil
	}
	path, name := "database/sql/driver", "Valuer"
	if f.Name() == "Scan" {
		path, name = "database/sql", "Scanner"
	}
	pkg, err := l.s.world.Import(path)
	if err != nil {
		return nil
	}
	if i := pkg.Scope().Lookup(name).Type(); types.Implements(t, i.Underlying().(*types.Interface)) {
		return i
	}
	return nil
}

// variadic gives a call with n arguments the nil that Go makes of variadic ones that
// are not there, for which the interpreter has an empty slice, and a call of a function
// value the slice of those that are: where a field holds the function, the interpreter
// knows of no more arguments than there are parameters.
func (l *lowering) variadic(c *ast.CallExpr, sig *types.Signature, n int, value bool) {
	last := sig.Params().Len() - 1
	switch {
	case !sig.Variadic():
	case n == last:
		c.Args = append(c.Args, l.zero(sig.Params().At(n).Type()))
		c.Ellipsis = l.pos
	case n > last+1 && value:
		from := len(c.Args) - (n - last)
		more := &ast.CompositeLit{Type: &ast.ArrayType{Elt: l.spell(paramType(sig, last))}, Elts: slices.Clone(c.Args[from:])}
		c.Args = append(c.Args[:from:from], more)
		c.Ellipsis = l.pos
	}
}

// argument lowers an argument; raw is for a function that looks into values
// by reflection, where a box would be in the way.
func (l *lowering) argument(x ast.Expr, t types.Type, raw bool) ast.Expr {
	if !raw || !types.IsInterface(t) || !boxed(t) || l.writer(x) != nil {
		return l.exprAs(x, t)
	}
	from := l.typeOf(x)
	if tv := l.info.Types[x]; tv.IsNil() || tv.Value != nil && l.faithful(from) {
		return l.exprAs(x, t)
	} else if tv.Value != nil {
		return l.hook("Raw", l.exprAs(x, t))
	}
	if o, _, _ := types.LookupFieldOrMethod(from, false, nil, "Scan"); o != nil {
		return l.exprAs(x, t)
	}
	if types.IsInterface(from) {
		return l.hook("Raw", l.convert(l.expr(x), from, anyType))
	}
	return l.hook("Any", l.under(x))
}

func paramType(sig *types.Signature, i int) types.Type {
	n := sig.Params().Len()
	if sig.Variadic() && i >= n-1 {
		last := sig.Params().At(n - 1).Type()
		if s, ok := last.Underlying().(*types.Slice); ok {
			return s.Elem()
		}
		return types.Typ[types.Byte] // append([]byte, string...)
	}
	return sig.Params().At(i).Type()
}

// spaces reports whether a function prints a space between operands of which
// neither is a string.
func spaces(f *types.Func) bool {
	if f.Pkg() == nil || !f.Signature().Variadic() {
		return false
	}
	switch f.Name() {
	case "Print", "Sprint", "Fprint", "Append", "Fatal", "Panic":
		return f.Pkg().Path() == "fmt" || f.Pkg().Path() == "log"
	}
	return false
}

// operand is an argument of such a function: a string of a cell's type must
// be known as one.
func (l *lowering) operand(lowered, x ast.Expr, list bool) ast.Expr {
	switch t := l.typeOf(x); {
	case list:
		return l.hook("Operands", lowered)
	case types.IsInterface(t) || l.opens(t):
		return l.hook("Operand", lowered)
	default:
		if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 && !l.faithful(t) {
			return l.hook("Operand", lowered)
		}
	}
	return lowered
}

// prints reports whether a function prints its variadic arguments.
func prints(f *types.Func) bool {
	if f.Pkg() == nil || !f.Signature().Variadic() {
		return false
	}
	p := f.Pkg().Path()
	return (p == "fmt" || p == "log") && !strings.Contains(strings.ToLower(f.Name()), "scan")
}

// opens reports whether an operand may have to be opened to be printed.
func (l *lowering) opens(t types.Type) bool {
	for _, name := range []string{"Error", "String", "Format"} {
		if o, _, _ := types.LookupFieldOrMethod(t, false, nil, name); o != nil {
			return false
		}
	}
	u := t.Underlying()
	if p, ok := u.(*types.Pointer); ok {
		u = p.Elem().Underlying()
	}
	switch u := u.(type) {
	case *types.Interface:
		return true
	case *types.Struct, *types.Map:
		return l.faithful(t)
	case interface{ Elem() types.Type }: // slices and arrays
		_, basic := u.Elem().Underlying().(*types.Basic)
		return !basic && l.faithful(t)
	}
	return false
}

// formats reports whether a function prints by a format.
func formats(f *types.Func) bool {
	if f.Pkg() == nil || own(f) || !strings.HasSuffix(f.Name(), "f") || strings.HasSuffix(f.Name(), "scanf") || f.Name() == "Scanf" || !f.Signature().Variadic() {
		return false
	}
	p := f.Pkg().Path()
	return (p == "fmt" || p == "log" || p == "testing") && f.Signature().Params().Len() > 1
}

// formatsBoxes reports whether a call's format may ask for what package fmt
// would answer with a box: a type, an address, a width, what is no error to wrap, or operands that no verb uses.
func (l *lowering) formatsBoxes(f *types.Func, e *ast.CallExpr) bool {
	n := f.Signature().Params().Len()
	if !formats(f) || len(e.Args) < n {
		return false
	}
	v := l.info.Types[e.Args[n-2]].Value
	if v == nil || v.Kind() != constant.String || e.Ellipsis.IsValid() {
		return true
	}
	text := constant.StringVal(v)
	return strings.ContainsAny(text, "T*[") || wrapping.MatchString(text) || address.MatchString(text) || strings.Count(text, "%")-2*strings.Count(text, "%%") != len(e.Args)-(n-1)
}

// verbs prepares a format and its operands.
func (l *lowering) verbs(f *types.Func, format, list ast.Expr) ast.Expr {
	if f.Name() == "Errorf" {
		return l.hook("ErrorVerbs", format, list)
	}
	return l.hook("Verbs", format, list)
}

// wrapping is a verb that wraps an error.
var wrapping = regexp.MustCompile(`%[-+# 0-9.]*w`)

// address is a verb that prints one.
var address = regexp.MustCompile(`%[-+# 0-9.]*p`)

// formatted is a call with a format in which the session writes such things out.
func (l *lowering) formatted(fun ast.Expr, e *ast.CallExpr, sig *types.Signature, f *types.Func) ast.Expr {
	n := sig.Params().Len()
	format, list := l.new(), l.new()
	var names, args []ast.Expr
	var body []ast.Stmt
	for i, a := range e.Args[:n-2] {
		id := l.new()
		t := sig.Params().At(i).Type()
		body = append(body, l.hold(id, l.spell(t), l.exprAs(a, t))...)
		names = append(names, id)
	}
	body = append(body, l.define1(format, l.exprAs(e.Args[n-2], types.Typ[types.String])))
	var operands ast.Expr
	if e.Ellipsis.IsValid() {
		t := sig.Params().At(n - 1).Type()
		if operands = l.exprAs(e.Args[n-1], t); l.info.Types[e.Args[n-1]].IsNil() {
			operands = l.zero(t)
		}
	} else {
		for _, a := range e.Args[n-1:] {
			args = append(args, l.exprAs(a, anyType))
		}
		operands = &ast.CompositeLit{Type: &ast.ArrayType{Elt: l.id("any")}, Elts: args}
	}
	body = append(body, l.define1(list, operands), l.assign(token.ASSIGN, []ast.Expr{format, list}, []ast.Expr{l.verbs(f, format, list)}))
	c := l.apply(fun, append(names, format, list)...)
	c.Ellipsis = l.pos
	return l.apply(&ast.ParenExpr{X: l.function(nil, l.outs(sig), append(body, l.result(sig, c)...)...)})
}

// spread is the call f(g()) where g returns several values.
func (l *lowering) spread(fun ast.Expr, first []ast.Expr, x ast.Expr, tuple *types.Tuple, sig *types.Signature, f *types.Func) ast.Expr {
	raw := f != nil && reflects(f)
	var names, args []ast.Expr
	var before []ast.Stmt
	for _, a := range first { // a receiver
		if _, plain := a.(*ast.Ident); !plain && hasCall(a) {
			r := l.new()
			before, a = append(before, l.define1(r, a)), r
		}
		args = append(args, a)
	}
	switch fun.(type) {
	case *ast.Ident, *ast.SelectorExpr:
	default: // evaluated before its arguments
		f := l.new()
		before, fun = append(before, l.define1(f, fun)), f
	}
	inner := l.expr(x)
	for i := range tuple.Len() {
		id := l.new()
		names = append(names, id)
		a := l.convert(id, tuple.At(i).Type(), paramType(sig, i))
		if p := paramType(sig, i); raw && types.IsInterface(p) && boxed(p) {
			a = l.hook("Raw", a)
		}
		args = append(args, a)
	}
	body := append(before, l.assign(token.DEFINE, names, []ast.Expr{inner}))
	result := l.apply(fun, args...)
	l.variadic(result, sig, tuple.Len(), f == nil)
	return l.apply(&ast.ParenExpr{X: l.function(nil, l.outs(sig), append(body, l.result(sig, result)...)...)})
}

// spreadBuiltin is the call of a builtin function with the several results of
// another call, which are put into variables first.
func (l *lowering) spreadBuiltin(e *ast.CallExpr) ast.Expr {
	before, call := l.apart(e)
	result := l.call(call)
	if l.info.Types[e].IsVoid() {
		return l.apply(&ast.ParenExpr{X: l.function(nil, nil, before, &ast.ExprStmt{X: result})})
	}
	out := l.list1(&ast.Field{Type: l.spell(l.typeOf(e))})
	return l.apply(&ast.ParenExpr{X: l.function(nil, out, before, l.ret(result))})
}

// apart is a call whose argument is another call with several results, as one with an
// argument for each, which before puts into variables. Other calls are as they are.
func (l *lowering) apart(e *ast.CallExpr) (before ast.Stmt, call *ast.CallExpr) {
	tuple, ok := l.info.TypeOf(firstArg(e)).(*types.Tuple)
	if !ok {
		return nil, e
	}
	x := e.Args[0]
	inner := l.expr(x)
	c := *e
	c.Args = nil
	var names []ast.Expr
	for v := range tuple.Variables() {
		id := l.new()
		names = append(names, id)
		arg := &ast.Ident{NamePos: x.Pos(), Name: id.Name}
		obj := types.NewVar(x.Pos(), nil, id.Name, v.Type())
		tv := l.info.Types[x]
		tv.Type = v.Type()
		l.info.Types[arg], l.info.Uses[arg], l.names[obj] = tv, obj, id.Name
		c.Args = append(c.Args, arg)
	}
	l.info.Types[&c] = l.info.Types[e]
	return l.assign(token.DEFINE, names, []ast.Expr{inner}), &c
}

// reflects reports whether a compiled function looks into what it gets as any.
func reflects(f *types.Func) bool {
	if f.Pkg() == nil || own(f) {
		return false
	}
	path := f.Pkg().Path()
	switch {
	case path == "sort", path == "text/template", path == "html/template", path == "flag",
		path == "database/sql", path == "encoding/json" && !strings.HasPrefix(f.Name(), "Marshal") && f.Name() != "Encode",
		strings.HasPrefix(path, "encoding/") && path != "encoding/json", path == "testing/quick":
		return true
	case path == "fmt":
		return strings.Contains(f.Name(), "can")
	case path == nbPath:
		return f.Name() != "Show"
	}
	return strings.HasPrefix(path, strings.TrimSuffix(nbPath, "kernel/nb")) && path != nbPath
}

// special lowers calls of compiled functions that would not know a box.
func (l *lowering) special(e *ast.CallExpr, f *types.Func) ast.Expr {
	switch f.Pkg().Path() + "." + f.Name() {
	case "errors.As":
		if len(e.Args) == 2 {
			return l.hook("ErrorsAs", l.convert(l.expr(e.Args[0]), l.typeOf(e.Args[0]), anyType), l.exprAs(e.Args[1], anyType))
		}
	case "encoding/json.Unmarshal":
		if len(e.Args) == 2 {
			return l.hook("Unmarshal", l.exprAs(e.Args[0], types.NewSlice(types.Typ[types.Byte])), l.exprAs(e.Args[1], anyType))
		}
	case "encoding/json.Marshal":
		if len(e.Args) == 1 {
			return l.hook("Marshal", l.exprAs(e.Args[0], anyType))
		}
	case "encoding/json.MarshalIndent":
		if len(e.Args) == 3 {
			text := types.Typ[types.String]
			return l.hook("MarshalIndent", l.exprAs(e.Args[0], anyType), l.exprAs(e.Args[1], text), l.exprAs(e.Args[2], text))
		}
	case "reflect.DeepEqual":
		if len(e.Args) == 2 {
			return l.hook("DeepEqual", l.exprAs(e.Args[0], anyType), l.exprAs(e.Args[1], anyType))
		}
	case nbPath + ".Show":
		return l.apply(l.expr(e.Fun), l.hook("Dressed", l.exprAs(e.Args[0], anyType)))
	}
	return nil
}

// conversion lowers T(x).
func (l *lowering) conversion(e *ast.CallExpr) ast.Expr {
	to := l.typeOf(e.Fun)
	x := e.Args[0]
	tv := l.info.Types[x]
	from := l.typeOf(x)
	if tv.Value != nil {
		fb, _ := types.Default(from).Underlying().(*types.Basic)
		tb, ok := to.Underlying().(*types.Basic)
		if ok && fb != nil && (tb.Info()&types.IsNumeric != 0 && fb.Info()&types.IsNumeric != 0 || tb.Info()&types.IsString != 0 && fb.Info()&types.IsString != 0 || tb.Info()&types.IsBoolean != 0) {
			return l.constant(tv.Value, to)
		}
		if ok && tb.Info()&types.IsString != 0 && fb.Info()&types.IsInteger != 0 {
			n, _ := constant.Int64Val(constant.ToInt(tv.Value))
			return l.constant(constant.MakeString(string(rune(n))), to)
		}
		if types.IsInterface(to) {
			return l.exprAs(x, to)
		}
		made := l.apply(l.paren(l.spell(to)), l.constant(tv.Value, types.Default(from)))
		if list, ok := to.Underlying().(*types.Slice); ok && types.Identical(list.Elem().Underlying(), types.Typ[types.Byte]) {
			n := number(e.Pos(), len(constant.StringVal(tv.Value))) // without room behind it, as the compiler makes it
			return &ast.SliceExpr{X: made, Lbrack: e.Lparen, High: n, Max: n, Slice3: true, Rbrack: e.Rparen}
		}
		return made
	}
	if tv.IsNil() {
		return l.zero(to)
	}
	if types.IsInterface(to) {
		return l.exprAs(x, to)
	}
	lx := l.expr(x)
	if l.wrapped(from) || l.wrapped(to) {
		if l.same(from, to) {
			return lx
		}
		return l.wrap(l.unwrap(lx, from), to)
	}
	if l.erasedSame(from, to) {
		if lx2, ok := lx.(*ast.Ident); ok {
			return lx2
		}
		return &ast.ParenExpr{X: lx}
	}
	if b, ok := from.Underlying().(*types.Basic); ok && b.Kind() == types.UnsafePointer {
		lx = l.hook("Address", lx)
	}
	return l.apply(l.paren(l.spell(to)), lx)
}

func (l *lowering) paren(t ast.Expr) ast.Expr {
	switch t.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		return t
	}
	return &ast.ParenExpr{X: t}
}

// erasedSame reports whether two types are one to the interpreter.
func (l *lowering) erasedSame(a, b types.Type) bool {
	if l.same(a, b) {
		return true
	}
	an, aok := types.Unalias(a).(*types.Named)
	bn, bok := types.Unalias(b).(*types.Named)
	if aok && foreign(an) || bok && foreign(bn) {
		return false
	}
	if _, ok := a.Underlying().(*types.Struct); ok {
		return false
	}
	return l.same(a.Underlying(), b.Underlying())
}

// zero is the zero value of a type.
func (l *lowering) zero(t types.Type) ast.Expr {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch info := u.Info(); {
		case info&types.IsBoolean != 0:
			return l.id("false")
		case info&types.IsString != 0:
			return l.text("")
		case u.Kind() != types.UnsafePointer:
			return l.constant(constant.MakeInt64(0), t)
		}
	case *types.Struct, *types.Array:
		return &ast.CompositeLit{Type: l.spell(t), Lbrace: l.pos, Rbrace: l.pos}
	}
	typ := l.spell(t)
	return l.apply(l.helper("zero "+l.key(t), func(name string) ast.Decl {
		return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(), Results: l.list1(&ast.Field{Type: typ})},
			Body: l.block(l.local(l.id("z"), typ, nil), l.ret(l.id("z")))}
	}))
}

func (l *lowering) builtin(e *ast.CallExpr, name string) ast.Expr {
	t := l.typeOf(e)
	if len(e.Args) == 1 {
		if _, ok := l.info.TypeOf(e.Args[0]).(*types.Tuple); ok {
			return l.spreadBuiltin(e)
		}
	}
	switch name {
	case "min", "max":
		return l.extreme(e, name, t)
	case "clear":
		return l.hook("Clear", l.hook("Any", l.under(e.Args[0])))
	case "panic":
		return l.hook("Panic", l.exprAs(e.Args[0], anyType))
	case "recover":
		if l.fn.token == nil {
			return l.hook("NotPanicking")
		}
		return l.hook("Recover", l.fn.token)
	case "print", "println":
		var args []ast.Expr
		for _, a := range e.Args {
			t := l.typ(types.Default(l.info.TypeOf(a)))
			x := l.hook("Any", l.exprAs(a, t))
			if types.IsInterface(t) {
				x = l.hook("Words", x)
			}
			args = append(args, x)
		}
		return l.hook(strings.ToUpper(name[:1])+name[1:], args...)
	case "new":
		if !l.info.Types[e.Args[0]].IsType() {
			elem := t.Underlying().(*types.Pointer).Elem()
			v := l.new()
			return l.apply(&ast.ParenExpr{X: l.function(nil, l.list1(&ast.Field{Type: l.spell(t)}),
				append(l.hold(v, l.spell(elem), l.exprAs(e.Args[0], elem)), l.ret(l.addr(v)))...)})
		}
		return l.apply(l.id("new"), l.expr(e.Args[0]))
	case "make":
		args := []ast.Expr{l.expr(e.Args[0])}
		if l.wrapped(t) {
			args[0] = l.spell(t.Underlying())
		}
		if ch, ok := t.Underlying().(*types.Chan); ok {
			args[0] = l.spell(types.NewChan(types.SendRecv, ch.Elem()))
		}
		for _, a := range e.Args[1:] {
			args = append(args, l.integer(a))
		}
		if ch, ok := t.Underlying().(*types.Chan); ok && ch.Dir() != types.SendRecv {
			return l.wrap(l.apply(&ast.ParenExpr{X: l.spell(t.Underlying())}, l.apply(l.id("make"), args...)), t)
		}
		return l.wrap(l.apply(l.id("make"), args...), t)
	case "append":
		elem := l.coreElem(t)
		c := &ast.CallExpr{Fun: l.id("append"), Lparen: e.Lparen, Rparen: e.Rparen, Ellipsis: e.Ellipsis}
		c.Args = append(c.Args, l.unwrap(l.exprAs(e.Args[0], t), t))
		if l.info.Types[e.Args[0]].IsNil() {
			c.Args[0] = l.zero(t.Underlying())
		}
		if len(e.Args) > 2 && !e.Ellipsis.IsValid() { // all of them before any is stored
			lit := &ast.CompositeLit{Type: &ast.ArrayType{Elt: l.spell(elem)}}
			for _, a := range e.Args[1:] {
				lit.Elts = append(lit.Elts, l.exprAs(a, elem))
			}
			c.Args, c.Ellipsis = append(c.Args, lit), l.pos
			return l.wrap(c, t)
		}
		for i, a := range e.Args[1:] {
			if e.Ellipsis.IsValid() && i == len(e.Args)-2 {
				x := l.under(a)
				if l.info.Types[a].IsNil() {
					return l.wrap(c.Args[0], t)
				}
				if b, ok := l.typeOf(a).Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
					x = l.apply(&ast.ParenExpr{X: &ast.ArrayType{Elt: l.id("byte")}}, x)
				}
				c.Args = append(c.Args, x)
				continue
			}
			c.Args = append(c.Args, l.exprAs(a, elem))
		}
		return l.wrap(c, t)
	case "delete":
		m := l.typeOf(e.Args[0]).Underlying().(*types.Map)
		return l.apply(l.id("delete"), l.under(e.Args[0]), l.mapKey(e.Args[1], m.Key()))
	case "complex":
		part := types.Typ[types.Float64]
		if b, ok := t.Underlying().(*types.Basic); ok && b.Kind() == types.Complex64 {
			part = types.Typ[types.Float32]
		}
		return l.apply(l.id("complex"), l.exprAs(e.Args[0], part), l.exprAs(e.Args[1], part))
	case "len", "cap":
		u := l.typeOf(e.Args[0]).Underlying()
		if p, ok := u.(*types.Pointer); ok {
			u = p.Elem().Underlying()
		}
		if a, ok := u.(*types.Array); ok && !hasCall(e.Args[0]) {
			return number(l.pos, int(a.Len()))
		}
		x := l.under(e.Args[0])
		if _, ok := l.typeOf(e.Args[0]).Underlying().(*types.Pointer); ok { // which may be nil
			a := u.(*types.Array)
			return l.apply(&ast.ParenExpr{X: l.function(nil, l.list1(&ast.Field{Type: l.id("int")}), l.set(l.id("_"), x), l.ret(number(l.pos, int(a.Len()))))})
		}
		return l.apply(l.id(name), x)
	}
	var args []ast.Expr
	for _, a := range e.Args {
		args = append(args, l.under(a))
	}
	return l.apply(l.id(name), args...)
}

func (l *lowering) coreElem(t types.Type) types.Type {
	if s, ok := t.Underlying().(*types.Slice); ok {
		return s.Elem()
	}
	return types.Typ[types.Byte]
}

// extreme is a call of min or max.
func (l *lowering) extreme(n *ast.CallExpr, name string, t types.Type) ast.Expr {
	kind, wide := "Int", "int64"
	switch info := t.Underlying().(*types.Basic).Info(); {
	case info&types.IsString != 0:
		kind, wide = "String", "string"
	case info&types.IsFloat != 0:
		kind, wide = "Float", "float64"
	case info&types.IsUnsigned != 0:
		kind, wide = "Uint", "uint64"
	}
	var args []ast.Expr
	for _, a := range n.Args {
		args = append(args, l.apply(l.id(wide), l.exprAs(a, t)))
	}
	prefix := map[string]string{"min": "Min", "max": "Max"}[name]
	return l.apply(l.spell(t), l.hook(prefix+kind, args...))
}

// Methods.

// receiver lowers x for a method found at a path of fields behind it.
func (l *lowering) receiver(x ast.Expr, path []int, m *types.Func) (ast.Expr, types.Type) {
	r, t := l.variable(x, false), l.typeOf(x)
	for _, i := range path[:len(path)-1] {
		r, t = l.step(r, t, i)
	}
	return l.adjust(r, t, m)
}

// adjust takes the address of a receiver or what it points to, as a method wants.
func (l *lowering) adjust(r ast.Expr, t types.Type, m *types.Func) (ast.Expr, types.Type) {
	_, wants := types.Unalias(m.Signature().Recv().Type()).(*types.Pointer)
	p, has := types.Unalias(t).(*types.Pointer)
	switch {
	case wants && !has:
		return l.addrOf(r, t), types.NewPointer(t)
	case !wants && has:
		return l.deref(r, p), p.Elem()
	}
	return r, t
}

func named(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, _ := t.(*types.Named)
	return n
}

// sigOf is the signature of a method of a type.
func (l *lowering) sigOf(m *types.Func) *types.Signature {
	return l.typ(m.Signature()).(*types.Signature)
}

func (l *lowering) methodCall(e *ast.CallExpr, sel *ast.SelectorExpr, m *types.Func, path []int) ast.Expr {
	sig := l.sigOf(m)
	last := l.typeOf(sel.X)
	for _, i := range path[:len(path)-1] {
		_, last = l.step(l.id("_"), last, i)
	}
	if types.IsInterface(last) {
		r, t := l.expr(sel.X), l.typeOf(sel.X)
		for _, i := range path[:len(path)-1] {
			r, t = l.step(r, t, i)
		}
		l.pos = sel.Sel.Pos()
		return l.callWith(l.interfaceMethod(r, t, m, sig), nil, e, sig, nil)
	}
	if w := l.writer(sel.X); w != nil && (m.Name() == "Write" || m.Name() == "WriteString") {
		return l.callWith(&ast.SelectorExpr{X: w, Sel: l.id(m.Name())}, nil, e, sig, m)
	}
	n := named(last)
	if n != nil && foreign(n) {
		r, _ := l.receiver2(sel.X, path)
		l.pos = sel.Sel.Pos()
		if m.FullName() == "(*encoding/json.Decoder).Decode" && len(e.Args) == 1 {
			return l.hook("Decode", r, l.exprAs(e.Args[0], anyType))
		}
		if m.FullName() == "(*encoding/json.Encoder).Encode" && len(e.Args) == 1 {
			return l.hook("Encode", r, l.exprAs(e.Args[0], anyType))
		}
		return l.callWith(&ast.SelectorExpr{X: r, Sel: l.id(m.Name())}, nil, e, sig, m)
	}
	r, rt := l.receiver(sel.X, path, m)
	l.pos = sel.Sel.Pos()
	return l.callWith(l.id(l.methodName(rt, m)), []ast.Expr{r}, e, sig, nil)
}

// receiver2 is a receiver as it stands, for the methods of compiled types.
func (l *lowering) receiver2(x ast.Expr, path []int) (ast.Expr, types.Type) {
	r, t := l.expr(x), l.typeOf(x)
	if sel, ok := ast.Unparen(x).(*ast.SelectorExpr); ok && l.pkgName(sel.X) != nil {
		r = l.variable(x, false)
	}
	for _, i := range path[:len(path)-1] {
		r, t = l.step(r, t, i)
	}
	return r, t
}

// methodName is the function that a method of a cell's type has become.
func (l *lowering) methodName(recv types.Type, m *types.Func) string {
	n := named(recv)
	if n == nil || n.TypeArgs().Len() == 0 {
		name := ""
		if n != nil {
			name = n.Obj().Name()
		}
		return l.name(name + "." + m.Name())
	}
	return l.instance(m.Origin(), n, slices.Collect(n.TypeArgs().Types()))
}

// interfaceMethod is the method of a value in an interface, as a function.
func (l *lowering) interfaceMethod(x ast.Expr, t types.Type, m *types.Func, sig *types.Signature) ast.Expr {
	if !boxed(t) {
		return &ast.SelectorExpr{X: x, Sel: l.id(m.Name())}
	}
	f := l.helper("method "+m.Name()+l.key(sig), func(name string) ast.Decl {
		return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(l.field("v", l.id("any"))), Results: l.list1(l.field("f", l.spell(sig)))},
			Body: l.block(&ast.ExprStmt{X: l.hook("Method", l.addr(l.id("f")), l.id("v"), l.text(m.Name()))}, l.ret(l.id("f")))}
	})
	return l.apply(f, x)
}

// methodValue is x.M as a value: with a copy of its receiver.
func (l *lowering) methodValue(e *ast.SelectorExpr, m *types.Func) ast.Expr {
	t := l.typeOf(e.X)
	_, path, _ := l.lookup(t, e.Sel.Name, l.info.Uses[e.Sel])
	last := t
	for _, i := range path[:len(path)-1] {
		_, last = l.step(l.id("_"), last, i)
	}
	var r ast.Expr
	var rt types.Type
	var call func(r ast.Expr) ast.Expr
	sig := l.sigOf(m)
	switch n := named(last); {
	case types.IsInterface(last):
		r, rt = l.receiver2(e.X, path)
		if boxed(rt) {
			return l.interfaceMethod(r, rt, m, sig)
		}
		call = func(r ast.Expr) ast.Expr { return &ast.SelectorExpr{X: r, Sel: l.id(m.Name())} }
	case n != nil && foreign(n):
		r, rt = l.receiver2(e.X, path)
		if _, ptr := types.Unalias(m.Signature().Recv().Type()).(*types.Pointer); ptr {
			r, rt = l.adjust(r, rt, m)
		}
		call = func(r ast.Expr) ast.Expr { return &ast.SelectorExpr{X: r, Sel: l.id(m.Name())} }
	default:
		r, rt = l.receiver(e.X, path, m)
		return l.bound(r, rt, sig, func(r ast.Expr, args ...ast.Expr) *ast.CallExpr {
			return l.apply(l.id(l.methodName(rt, m)), append([]ast.Expr{r}, args...)...)
		})
	}
	return l.bound(r, rt, sig, func(r ast.Expr, args ...ast.Expr) *ast.CallExpr { return l.apply(call(r), args...) })
}

// bound is a function that calls with a receiver as it is now.
func (l *lowering) bound(r ast.Expr, rt types.Type, sig *types.Signature, call func(r ast.Expr, args ...ast.Expr) *ast.CallExpr) ast.Expr {
	id, pos := l.new(), l.pos
	l.pos = l.plan.at // which no panic tells as the place of a call
	in, args := l.params(sig)
	c := call(id, args...)
	if sig.Variadic() {
		c.Ellipsis = l.pos
	}
	f := l.passing(in, l.outs(sig), l.result(sig, c)...)
	l.pos = pos
	return l.apply(&ast.ParenExpr{X: l.function(l.list1(l.field(id.Name, l.spell(rt))), l.list1(&ast.Field{Type: l.spell(sig)}), l.ret(f))}, r)
}

// params are fresh parameters of a signature.
func (l *lowering) params(sig *types.Signature) (*ast.FieldList, []ast.Expr) {
	in := l.fields(sig.Params())
	var args []ast.Expr
	for i, f := range in.List {
		id := l.new()
		f.Names = []*ast.Ident{id}
		if sig.Variadic() && i == len(in.List)-1 {
			f.Type = &ast.Ellipsis{Ellipsis: l.pos, Elt: f.Type.(*ast.ArrayType).Elt}
		}
		args = append(args, id)
	}
	return in, args
}

func (l *lowering) outs(sig *types.Signature) *ast.FieldList {
	if sig.Results().Len() == 0 {
		return nil
	}
	return l.fields(sig.Results())
}

// result is a call as the end of a function.
func (l *lowering) result(sig *types.Signature, c ast.Expr) []ast.Stmt {
	if sig.Results().Len() == 0 {
		return []ast.Stmt{&ast.ExprStmt{X: c}}
	}
	return l.give(sig.Results(), c)
}

// give returns values as a function's results: a value for each, or a call that gives all.
// A function is put into a variable first. The interpreter notes in the type of a function
// the expression by which it was returned last, and takes calls elsewhere of what has the
// very same type, such as the same field, for calls of a generic function when that is more
// than a name.
func (l *lowering) give(results *types.Tuple, values ...ast.Expr) []ast.Stmt {
	apart := false
	for i, v := range values {
		_, function := results.At(i).Type().Underlying().(*types.Signature)
		switch v.(type) {
		case *ast.Ident, *ast.FuncLit:
		default:
			apart = apart || function
		}
	}
	if !apart {
		return l.withFunctions(l.ret(values...))
	}
	var out []ast.Stmt
	var names []ast.Expr
	for range results.Len() {
		names = append(names, l.new())
	}
	if len(values) < len(names) {
		out = l.withFunctions(l.assign(token.DEFINE, names, values))
	} else {
		for i, v := range values { // in their order
			out = append(out, l.withFunctions(l.define1(names[i].(*ast.Ident), v))...)
		}
	}
	return append(out, l.ret(names...))
}

// methodExpr is T.M as a function with the receiver first.
func (l *lowering) methodExpr(e *ast.SelectorExpr) ast.Expr {
	recv := l.typeOf(e.X)
	obj, path, _ := l.lookup(recv, e.Sel.Name, l.info.Uses[e.Sel])
	m, ok := obj.(*types.Func)
	if !ok {
		l.refuse(e.Pos(), "the interpreter does not find "+e.Sel.Name)
		return l.id("nil")
	}
	return l.methodFunc(recv, m, path)
}

// methodFunc is a function that takes a receiver of type recv first.
func (l *lowering) methodFunc(recv types.Type, m *types.Func, path []int) ast.Expr {
	defer func(pos token.Pos) { l.pos = pos }(l.pos)
	l.pos = l.plan.at // which no panic tells as the place of a call
	sig := l.sigOf(m)
	r := l.new()
	in, args := l.params(sig)
	rtyp := l.spell(recv)
	full := l.list1(append([]*ast.Field{l.field(r.Name, rtyp)}, in.List...)...)
	c := l.methodOn(r, recv, m, path, args)
	if sig.Variadic() {
		c.Ellipsis = l.pos
	}
	var check []ast.Stmt
	if n := named(recv); n != nil && own(n.Obj()) {
		check = l.notNil(r, recv, m, path)
	}
	return l.passing(full, l.outs(sig), append(check, l.result(sig, c)...)...)
}

// methodOn calls a method of a lowered receiver.
func (l *lowering) methodOn(x ast.Expr, t types.Type, m *types.Func, path []int, args []ast.Expr) *ast.CallExpr {
	for _, i := range path[:len(path)-1] {
		x, t = l.step(x, t, i)
	}
	if types.IsInterface(t) {
		return l.apply(l.interfaceMethod(x, t, m, l.sigOf(m)), args...)
	}
	if n := named(t); n != nil && foreign(n) {
		return l.apply(&ast.SelectorExpr{X: x, Sel: l.id(m.Name())}, args...)
	}
	r, rt := l.adjust(x, t, m)
	return l.apply(l.id(l.methodName(rt, m)), append([]ast.Expr{r}, args...)...)
}
