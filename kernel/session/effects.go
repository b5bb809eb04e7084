package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Whether a function may be called from several goroutines at once, and which
// of the session's variables it reads and sets, is decided from what the type
// checker knows. The answer is careful: what is not seen to be safe is not.

// Effects are what calling a function does beyond its own variables.
type effects struct {
	packages map[string]bool      // names of the imported packages that it uses
	sets     map[string]token.Pos // variables of the session that it assigns, and where
	calls    map[string]bool      // functions and methods of the session that it may call
	shares   bool                 // it may write what others see, or does what is not known to be safe
	gives    bool                 // what it returns may lead to variables that others see
	passes   bool                 // it hands memory of the session's variables to functions that it calls
	writes   bool                 // it may write what its parameters lead to
}

// A tracer finds the effects of one function. A variable from outside of it,
// and a local one that may lead to the same memory, is shared; one that may
// lead to a parameter's memory is passed.
type tracer struct {
	info   *types.Info
	inner  ast.Node // what belongs to the function
	params map[types.Object]bool
	reach  map[types.Object]int // of local variables
	more   bool                 // reach has grown
	e      *effects
}

// What a value may lead to, besides its own memory.
const (
	toPassed = 1 << iota
	toShared
)

// effectsOf are the effects of a function declaration or literal.
func effectsOf(info *types.Info, f ast.Node) *effects {
	t := &tracer{info: info, inner: f, params: map[types.Object]bool{}, reach: map[types.Object]int{}}
	var lists []*ast.FieldList
	switch f := f.(type) {
	case *ast.FuncDecl:
		lists = []*ast.FieldList{f.Recv, f.Type.Params}
	case *ast.FuncLit:
		lists = []*ast.FieldList{f.Type.Params}
	}
	for _, l := range lists {
		if l == nil {
			continue
		}
		for _, field := range l.List {
			for _, id := range field.Names {
				t.params[info.Defs[id]] = true
			}
		}
	}
	for t.more = true; t.more; {
		t.more = false
		t.e = &effects{packages: map[string]bool{}, sets: map[string]token.Pos{}, calls: map[string]bool{}}
		ast.Inspect(f, t.node)
	}
	for v, to := range t.reach { // a result that has a name
		if d, ok := f.(*ast.FuncDecl); ok && d.Type.Results != nil && v.Pos() >= d.Type.Results.Pos() && v.Pos() < d.Type.Results.End() {
			t.e.gives = t.e.gives || to&toShared != 0
		}
	}
	return t.e
}

// refers reports whether values of a type can lead to memory of others.
func refers(t types.Type) bool {
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	case *types.Array:
		return refers(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if refers(f.Type()) {
				return true
			}
		}
		return false
	case *types.Tuple:
		for v := range u.Variables() {
			if refers(v.Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// outside reports whether a variable is not the function's own.
func (t *tracer) outside(v types.Object) bool {
	return v.Pos() < t.inner.Pos() || v.Pos() >= t.inner.End() || v.Parent() != nil && v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}

// leads is what the value of an expression may lead to.
func (t *tracer) leads(x ast.Expr) (to int) {
	if x == nil || !refers(t.info.TypeOf(x)) {
		return 0
	}
	ast.Inspect(x, func(n ast.Node) bool {
		x0, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		if tv := t.info.Types[x0]; tv.IsValue() && !refers(tv.Type) && !t.addressed(x, x0) {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit: // what it does is seen when it is walked through
			return false
		case *ast.CallExpr:
			if t.info.Types[n.Fun].IsBuiltin() && n.Ellipsis.IsValid() { // append
				to |= t.leads(n.Args[0])
				if s, ok := t.info.TypeOf(n.Args[0]).Underlying().(*types.Slice); ok && refers(s.Elem()) {
					to |= t.leads(n.Args[1])
				}
				return false
			}
		case *ast.Ident:
			to |= t.variable(n)
		}
		return true
	})
	return to
}

// addressed reports whether x takes the address of a part of itself, so that a
// part whose own value leads nowhere does.
func (t *tracer) addressed(x, part ast.Node) (found bool) {
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && n.Pos() <= part.Pos() && part.End() <= n.End()
		case *ast.SliceExpr: // of an array
			found = found || n.X.Pos() <= part.Pos() && part.End() <= n.X.End()
		case *ast.SelectorExpr: // a method value, or a call through an address
			if s := t.info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
				found = found || n.X.Pos() <= part.Pos() && part.End() <= n.X.End()
			}
		}
		return !found
	})
	return found
}

func (t *tracer) variable(id *ast.Ident) int {
	v, ok := t.info.ObjectOf(id).(*types.Var)
	switch {
	case !ok || v.IsField():
		return 0
	case t.params[v]:
		return toPassed | t.reach[v]
	case t.outside(v):
		return toShared
	}
	return t.reach[v]
}

// root is the variable at the beginning of what is assigned to, and whether the
// way from there leads through a reference.
func (t *tracer) root(x ast.Expr) (id *ast.Ident, through bool) {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			return e, through
		case *ast.IndexExpr:
			_, array := t.info.TypeOf(e.X).Underlying().(*types.Array)
			through = through || !array
			x = e.X
		case *ast.SelectorExpr:
			if t.info.Selections[e] == nil { // of a package
				return e.Sel, true
			}
			through = through || t.info.Selections[e].Indirect()
			x = e.X
		case *ast.StarExpr:
			through = true
			x = e.X
		default:
			return nil, true
		}
	}
}

// assign notes that x is set to what leads to somewhere.
func (t *tracer) assign(x ast.Expr, to int) {
	id, through := t.root(x)
	if id == nil {
		t.write(t.leadsAnywhere(x))
		return
	}
	v, ok := t.info.ObjectOf(id).(*types.Var)
	if !ok { // _
		return
	}
	if own(v) && global(v) {
		if _, known := t.e.sets[v.Name()]; !known {
			t.e.sets[v.Name()] = x.Pos()
		}
	}
	if !t.params[v] && t.outside(v) {
		t.e.shares = true
		return
	}
	if through {
		t.write(t.variable(id))
		t.e.shares = t.e.shares || to&toShared != 0
	}
	if to&^t.reach[v] != 0 {
		t.reach[v] |= to
		t.more = true
	}
}

// leadsAnywhere is what any variable of an expression leads to.
func (t *tracer) leadsAnywhere(x ast.Expr) (to int) {
	ast.Inspect(x, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			to |= t.variable(id)
		}
		return true
	})
	return to
}

// write notes that memory is written.
func (t *tracer) write(to int) {
	t.e.shares = t.e.shares || to&toShared != 0
	t.e.writes = t.e.writes || to&toPassed != 0
}

func (t *tracer) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, l := range n.Lhs {
			to := 0
			if len(n.Rhs) == len(n.Lhs) {
				to = t.leads(n.Rhs[i])
			} else if refers(t.info.TypeOf(l)) {
				to = t.leadsAnywhere(n.Rhs[0])
			}
			t.assign(l, to)
		}
	case *ast.ValueSpec:
		for i, id := range n.Names {
			switch {
			case len(n.Values) == len(n.Names):
				t.assign(id, t.leads(n.Values[i]))
			case len(n.Values) == 1:
				t.assign(id, t.leadsAnywhere(n.Values[0]))
			}
		}
	case *ast.ReturnStmt:
		for _, r := range n.Results {
			t.e.gives = t.e.gives || t.leads(r)&toShared != 0
		}
	case *ast.IncDecStmt:
		t.assign(n.X, 0)
	case *ast.RangeStmt:
		to := t.leadsAnywhere(n.X)
		for _, l := range []ast.Expr{n.Key, n.Value} {
			if l != nil {
				if !refers(t.info.TypeOf(l)) {
					t.assign(l, 0)
					continue
				}
				t.assign(l, to)
			}
		}
		if _, call := t.info.TypeOf(n.X).Underlying().(*types.Signature); call && to != 0 {
			t.e.shares = true
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			t.e.shares = true
		}
		if n.Op == token.AND {
			if id, _ := t.root(n.X); id != nil && t.variable(id)&toShared != 0 {
				t.e.passes = true
			}
		}
	case *ast.GoStmt, *ast.SendStmt, *ast.SelectStmt:
		t.e.shares = true
	case *ast.CallExpr:
		t.call(n)
	case *ast.Ident:
		t.use(n)
	case *ast.TypeSwitchStmt:
		t.switched(n)
	}
	return true
}

// switched lets the variables of a type switch lead where what it looks at does.
func (t *tracer) switched(n *ast.TypeSwitchStmt) {
	to := t.leadsAnywhere(&ast.ParenExpr{X: switchedOn(n)})
	for _, c := range n.Body.List {
		if v := t.info.Implicits[c]; v != nil && to&^t.reach[v] != 0 {
			t.reach[v] |= to
			t.more = true
		}
	}
}

func switchedOn(n *ast.TypeSwitchStmt) ast.Expr {
	switch s := n.Assign.(type) {
	case *ast.AssignStmt:
		return s.Rhs[0]
	case *ast.ExprStmt:
		return s.X
	}
	return nil
}

// use notes a function or a package: what is used may be called.
func (t *tracer) use(id *ast.Ident) {
	switch o := t.info.Uses[id].(type) {
	case *types.PkgName:
		t.e.packages[strings.TrimSuffix(o.Name(), mark)] = true
	case *types.Func:
		recv := o.Signature().Recv()
		switch {
		case own(o) && recv == nil:
			if global(o) {
				t.e.calls[o.Name()] = true
			}
		case own(o):
			if r := named(recv.Type()); r != nil && !types.IsInterface(r) {
				t.e.calls[r.Obj().Name()+"."+o.Name()] = true
			} else {
				t.e.shares = true
			}
		case !aloof(o):
			t.e.shares = true
		}
	case *types.Var: // of a package
		if o.Pkg() != nil && !own(o) && !o.IsField() {
			t.e.shares = true
		}
	}
}

// call notes what a call does with what it is given.
func (t *tracer) call(c *ast.CallExpr) {
	fun := ast.Unparen(c.Fun)
	tv := t.info.Types[fun]
	if tv.IsType() {
		return
	}
	to := 0
	for _, a := range c.Args {
		to |= t.leads(a)
	}
	if tv.IsBuiltin() {
		switch id, _ := fun.(*ast.Ident); written(id.Name) {
		case "append", "copy", "delete", "clear":
			t.write(t.leads(c.Args[0]))
			if x, _ := t.root(c.Args[0]); x != nil && written(id.Name) != "append" && t.variable(x)&toShared != 0 {
				if v := t.info.ObjectOf(x); own(v) && global(v) {
					t.e.sets[v.Name()] = c.Pos()
				}
			}
		case "close", "print", "println":
			t.e.shares = true
		}
		return
	}
	if s, ok := fun.(*ast.SelectorExpr); ok {
		if sel := t.info.Selections[s]; sel != nil && sel.Kind() == types.MethodVal {
			recv := sel.Obj().(*types.Func).Signature().Recv().Type()
			_, pointer := recv.(*types.Pointer)
			if pointer || refers(recv) {
				to |= t.leadsAnywhere(s.X)
			}
		} else if sel != nil {
			to |= t.leads(fun) & toShared
		}
	} else if _, literal := fun.(*ast.FuncLit); !literal && t.function(fun) == nil && t.leads(fun) != 0 {
		t.e.shares = true // a function that somebody else made
	}
	f := t.function(fun)
	if f != nil && !own(f) && readsOnly(f) {
		return
	}
	t.e.writes = t.e.writes || to&toPassed != 0 && !(f != nil && f.Signature().Recv() != nil && f.Pkg() != nil && f.Pkg().Path() == "math/rand/v2" && to == toPassed)
	if to&toShared != 0 {
		t.e.passes = true
		if f == nil || !own(f) {
			t.e.shares = true
		}
	}
}

// function is the function that an expression names, or nil.
func (t *tracer) function(x ast.Expr) *types.Func {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		f, _ := t.info.Uses[x].(*types.Func)
		return f
	case *ast.SelectorExpr:
		f, _ := t.info.Uses[x.Sel].(*types.Func)
		return f
	case *ast.IndexExpr:
		return t.function(x.X)
	case *ast.IndexListExpr:
		return t.function(x.X)
	}
	return nil
}

// quiet are packages whose functions and methods touch nothing but what they
// are given.
var quiet = map[string]bool{
	"math": true, "math/bits": true, "math/cmplx": true, "strings": true, "strconv": true, "errors": true, "unicode": true, "unicode/utf8": true,
	"sort": true, "slices": true, "maps": true, "cmp": true,
	"gonum.org/v1/gonum/floats": true, "gonum.org/v1/gonum/stat": true, "gonum.org/v1/gonum/floats/scalar": true,
}

// aloof reports whether a function of a package touches nothing but what it
// is given.
func aloof(f *types.Func) bool {
	if f.Pkg() == nil { // error's Error
		return false
	}
	if r := f.Signature().Recv(); r != nil && types.IsInterface(r.Type()) {
		return false
	}
	switch path := f.Pkg().Path(); path {
	case "math/rand/v2": // the functions without a source of their own share one
		return f.Signature().Recv() != nil || strings.HasPrefix(f.Name(), "New")
	case "fmt":
		return strings.HasPrefix(f.Name(), "Sprint") || f.Name() == "Errorf"
	case innPath:
		return slices.Contains([]string{"Normal", "Uniform", "Vars", "RNG"}, f.Name())
	default:
		return quiet[path]
	}
}

// readsOnly reports whether a function of a package only reads what it is given.
func readsOnly(f *types.Func) bool {
	if f.Pkg() == nil || f.Signature().Recv() != nil {
		return false
	}
	name := f.Name()
	switch f.Pkg().Path() {
	case "slices":
		return slices.Contains([]string{"Max", "Min", "Contains", "Index", "BinarySearch", "Equal", "Compare", "IsSorted", "Clone", "MaxFunc", "MinFunc"}, name)
	case "sort":
		return strings.HasPrefix(name, "Search")
	case "strings", "strconv", "math", "math/bits", "math/cmplx", "errors", innPath:
		return true
	case "gonum.org/v1/gonum/floats":
		return slices.Contains([]string{"Sum", "Dot", "Max", "Min", "MaxIdx", "MinIdx", "Norm", "Distance", "Prod", "Equal", "LogSumExp"}, name)
	case "gonum.org/v1/gonum/stat":
		return !strings.HasPrefix(name, "Sort")
	}
	return false
}

const innPath = "github.com/innkeeper-notebook/innkeeper/inn"

// concurrent reports whether functions with these effects may be called from
// several goroutines at once, looking through the functions that they call.
func (st *state) concurrent(e *effects) bool {
	return st.quiet(e, map[string]bool{})
}

func (st *state) quiet(e *effects, seen map[string]bool) bool {
	if e == nil || e.shares || e.gives {
		return false
	}
	for name := range e.calls {
		if seen[name] {
			continue
		}
		seen[name] = true
		d := st.decl(name)
		if d == nil || d.effects == nil || e.passes && d.effects.writes || !st.quiet(d.effects, seen) {
			return false
		}
	}
	return true
}
