package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// Labels, branches, switches and select.

func (l *lowering) labeled(s *ast.LabeledStmt) []ast.Stmt {
	switch n := s.Stmt.(type) {
	case *ast.ForStmt:
		return l.forLoop(n, s.Label)
	case *ast.RangeStmt:
		return l.rangeLoop(n, s.Label)
	case *ast.SwitchStmt:
		return l.switchStmt(n, s.Label)
	case *ast.TypeSwitchStmt:
		return l.typeSwitch(n, s.Label)
	case *ast.SelectStmt:
		return l.selectStmt(n, s.Label)
	}
	return l.stmt(s.Stmt)
}

// label gives a statement its label, in a block: the interpreter does not find
// labels among the statements of a clause.
func (l *lowering) label(id *ast.Ident, s ast.Stmt) ast.Stmt {
	if id == nil {
		return s
	}
	return l.block(&ast.LabeledStmt{Label: &ast.Ident{NamePos: id.NamePos, Name: id.Name}, Colon: id.NamePos, Stmt: s})
}

// A yieldBody is the body of a range over a function, which has become a
// function itself. Branches out of it leave a note and return false.
type yieldBody struct {
	outer *yieldBody
	label string     // of the loop
	code  *ast.Ident // the note: what to do when the loop has ended
	over  *ast.Ident // 1 when the body has returned false, 2 when the loop has ended, 3 while the body runs and when it has panicked
	exits []exit
}

// A frame is a statement that break, continue or goto can mean: a loop, a
// switch or a select, or a list of statements with labels (see goto.go).
type frame struct {
	label string
	loop  bool
	list  *gotoList
}

// An exit is a way out of a body; its note is its place + 1.
type exit struct {
	tok   token.Token // RETURN, BREAK, CONTINUE or GOTO
	label string
}

// enter lowers the body of a loop, a switch or a select.
func (l *lowering) enter(label *ast.Ident, loop bool, body func() *ast.BlockStmt) *ast.BlockStmt {
	name := ""
	if label != nil {
		name = label.Name
	}
	l.fn.frames = append(l.fn.frames, frame{label: name, loop: loop})
	defer func() { l.fn.frames = l.fn.frames[:len(l.fn.frames)-1] }()
	return body()
}

func (l *lowering) branch(s *ast.BranchStmt) []ast.Stmt {
	b := l.fn.body
	name := ""
	if s.Label != nil {
		name = s.Label.Name
	}
	if s.Tok == token.GOTO {
		return l.gotoLabel(s, name)
	}
	if s.Tok == token.FALLTHROUGH {
		return []ast.Stmt{&ast.BranchStmt{TokPos: s.TokPos, Tok: s.Tok}}
	}
	crossed := false // a loop that only goto needs
	for _, f := range slices.Backward(l.fn.frames) {
		if f.list != nil {
			crossed = true
			continue
		}
		if name == f.label && name != "" || name == "" && (f.loop || s.Tok == token.BREAK) {
			n := &ast.BranchStmt{TokPos: s.TokPos, Tok: s.Tok}
			if name != "" || crossed {
				n.Label = l.id(f.label)
			}
			return []ast.Stmt{n}
		}
	}
	switch {
	case b == nil: // of a block
		return []ast.Stmt{&ast.BranchStmt{TokPos: s.TokPos, Tok: s.Tok, Label: s.Label}}
	case name == "" || name == b.label: // of the loop itself
		return l.leave(b, s.Tok == token.CONTINUE, 0)
	}
	return l.leave(b, false, b.exit(exit{s.Tok, name}))
}

// leave returns from a body with a note.
func (l *lowering) leave(b *yieldBody, more bool, note int) []ast.Stmt {
	if more {
		return []ast.Stmt{l.set(l.id(b.over.Name), number(l.pos, 0)), l.ret(l.id("true"))}
	}
	out := []ast.Stmt{l.set(l.id(b.over.Name), number(l.pos, 1))}
	if note > 0 {
		out = append(out, l.set(l.id(b.code.Name), number(l.pos, note)))
	}
	return append(out, l.ret(l.id("false")))
}

func (b *yieldBody) exit(e exit) int {
	if i := slices.Index(b.exits, e); i >= 0 {
		return i + 1
	}
	b.exits = append(b.exits, e)
	return len(b.exits)
}

// returned lowers a return statement.
func (l *lowering) returned(s *ast.ReturnStmt) []ast.Stmt {
	list := s.Results
	if len(list) == 1 {
		list = l.inside(list[0])
	}
	out := (&evaluation{l: l, needed: len(s.Results) > 1 && slices.ContainsFunc(list, l.misplaced)}).arrange(list)
	l.pos = s.Pos()
	more, values := l.results(s)
	out = append(out, more...)
	for i, v := range values {
		if lit, ok := unparen(v).(*ast.FuncLit); ok { // in parentheses, as a conversion leaves it, the interpreter would not know its type
			values[i] = lit
		}
	}
	b := l.fn.body
	if b == nil && l.fn.deferred == nil {
		if len(values) == 0 && len(l.fn.named) > 0 {
			return append(out, l.returnVariables())
		}
		return append(out, l.give(l.fn.results, values...)...)
	}
	if len(values) > 0 {
		var to []ast.Expr
		for _, n := range l.fn.named {
			to = append(to, l.id(n))
		}
		_, literal := values[0].(*ast.CompositeLit) // which would take the variable's place, see put
		if len(to) == 1 && !literal && !givesFunction(values[0], l.fn.results.At(0).Type()) {
			out = append(out, l.withFunctions(l.set(to[0], values[0]))...)
			return append(out, l.returnNamed(b)...)
		}
		var set []ast.Stmt // one after the other: the values may use the results' variables
		for i, v := range values {
			if len(s.Results) == 1 || !l.info.Types[s.Results[i]].IsNil() { // nil is a variable already
				t := l.new()
				out, v = append(out, l.withFunctions(l.define1(t, v))...), t
			}
			set = append(set, l.set(to[i], v))
		}
		out = append(out, set...)
	}
	return append(out, l.returnNamed(b)...)
}

// results are the values of a return statement, as the function's results.
func (l *lowering) results(s *ast.ReturnStmt) (out []ast.Stmt, values []ast.Expr) {
	res := l.fn.results
	if len(s.Results) == 1 && res.Len() > 1 {
		tuple := l.typeOf(s.Results[0]).(*types.Tuple)
		same := l.fn.body == nil && l.fn.deferred == nil
		for i := range res.Len() {
			same = same && l.same(tuple.At(i).Type(), res.At(i).Type())
		}
		x := l.expr(s.Results[0])
		if same {
			return nil, []ast.Expr{x}
		}
		var to []ast.Expr
		for i := range res.Len() {
			id := l.new()
			to = append(to, id)
			values = append(values, l.convert(id, tuple.At(i).Type(), res.At(i).Type()))
		}
		return []ast.Stmt{l.assign(token.DEFINE, to, []ast.Expr{x})}, values
	}
	for i, x := range s.Results {
		t := res.At(i).Type()
		tv := l.info.Types[x]
		v := l.exprAs(x, t)
		if tv.IsNil() {
			id := l.new()
			out = append(out, l.local(id, l.spell(t), nil))
			v = id
		}
		values = append(values, v)
	}
	return out, values
}

// switchStmt becomes a switch without a tag, whose cases are comparisons.
func (l *lowering) switchStmt(s *ast.SwitchStmt, label *ast.Ident) []ast.Stmt {
	var out []ast.Stmt
	if s.Init != nil {
		out = l.stmt(s.Init)
	}
	l.pos = s.Pos()
	var tag *ast.Ident
	var tagType types.Type
	if s.Tag != nil {
		out = append(out, l.ordered(s.Tag)...)
		tag = l.new()
		tagType = l.typ(types.Default(l.info.TypeOf(s.Tag)))
		out = append(out, l.define1(tag, l.exprAs(s.Tag, tagType)))
	}
	n := &ast.SwitchStmt{Switch: s.Switch}
	var choice *ast.Ident // which clause, where falling through and default need their order
	if fallsPastDefault(s) {
		choice = l.new()
		n.Tag = choice
	}
	var choose ast.Stmt
	otherwise := len(s.Body.List)
	n.Body = l.enter(label, false, func() *ast.BlockStmt {
		b := &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}
		last := &choose
		for k, c := range s.Body.List {
			clause := c.(*ast.CaseClause)
			one := &ast.CaseClause{Case: clause.Case, Colon: clause.Colon}
			var cond ast.Expr
			for _, x := range clause.List {
				l.pos = x.Pos()
				test := l.test(x, func() ast.Expr {
					switch {
					case tag == nil && types.IsInterface(l.typeOf(x)):
						return l.hook("Equal", l.id("true"), l.exprAs(x, anyType))
					case tag == nil:
						return l.expr(x)
					}
					return l.tagged(tag, tagType, x)
				})
				cond = l.or(cond, test)
			}
			switch {
			case choice != nil && cond == nil:
				otherwise = k
				one.List = []ast.Expr{number(l.pos, k)}
			case choice != nil:
				test := &ast.IfStmt{If: l.pos, Cond: cond, Body: l.block(l.set(choice, number(l.pos, k)))}
				*last = test
				last = &test.Else
				one.List = []ast.Expr{number(l.pos, k)}
			case cond != nil:
				one.List = []ast.Expr{cond}
			}
			one.Body = l.list(clause.Body)
			b.List = append(b.List, one)
		}
		return b
	})
	if choice != nil {
		out = append(out, l.local(choice, l.id("int"), number(l.pos, otherwise)))
		if choose != nil {
			out = append(out, choose)
		}
	}
	out = append(out, l.label(label, n))
	if len(out) == 1 {
		return out
	}
	return []ast.Stmt{l.block(out...)}
}

// fallsPastDefault reports whether a switch has a default clause before others
// and a clause that falls through.
func fallsPastDefault(s *ast.SwitchStmt) bool {
	early, falls := false, false
	for i, c := range s.Body.List {
		clause := c.(*ast.CaseClause)
		early = early || clause.List == nil && i < len(s.Body.List)-1
		if n := len(clause.Body); n > 0 {
			b, ok := clause.Body[n-1].(*ast.BranchStmt)
			falls = falls || ok && b.Tok == token.FALLTHROUGH
		}
	}
	return early && falls
}

func (l *lowering) or(a, b ast.Expr) ast.Expr {
	if a == nil {
		return b
	}
	return l.logical(a, token.LOR, b)
}

// tagged compares the tag of a switch with a case.
func (l *lowering) tagged(tag *ast.Ident, t types.Type, x ast.Expr) ast.Expr {
	tv := l.info.Types[x]
	id := func() ast.Expr { return &ast.Ident{NamePos: l.pos, Name: tag.Name} }
	if c, ok := t.Underlying().(*types.Chan); ok && !tv.IsNil() && !types.IsInterface(l.typeOf(x)) {
		lx, ly := l.oneWay(l.unwrap(id(), t), l.under(x), c, l.typeOf(x))
		return &ast.BinaryExpr{X: lx, OpPos: l.pos, Op: token.EQL, Y: ly}
	}
	if tv.IsNil() {
		if types.IsInterface(t) {
			return l.hook("IsNil", id())
		}
		if _, ok := t.Underlying().(*types.Signature); ok {
			return l.hook("NoFunc", l.unwrap(id(), t))
		}
		return &ast.BinaryExpr{X: l.unwrap(id(), t), OpPos: l.pos, Op: token.EQL, Y: l.id("nil")}
	}
	if types.IsInterface(t) || types.IsInterface(l.typeOf(x)) {
		return l.hook("Equal", l.convert(id(), t, anyType), l.exprAs(x, anyType))
	}
	switch u := t.Underlying().(type) {
	case *types.Struct, *types.Array:
		return l.hook("Equal", id(), l.expr(x))
	case *types.Basic:
		if u.Info()&types.IsBoolean != 0 {
			return l.hook("Same", id(), l.exprAs(x, t))
		}
	}
	return &ast.BinaryExpr{X: id(), OpPos: l.pos, Op: token.EQL, Y: l.exprAs(x, t)}
}

// typeSwitch asks the session for one type after the other.
func (l *lowering) typeSwitch(s *ast.TypeSwitchStmt, label *ast.Ident) []ast.Stmt {
	var out []ast.Stmt
	if s.Init != nil {
		out = l.stmt(s.Init)
	}
	l.pos = s.Pos()
	var x ast.Expr
	switch a := s.Assign.(type) {
	case *ast.ExprStmt:
		x = ast.Unparen(a.X).(*ast.TypeAssertExpr).X
	case *ast.AssignStmt:
		x = ast.Unparen(a.Rhs[0]).(*ast.TypeAssertExpr).X
	}
	value, whole := l.new(), l.new()
	out = append(out, l.hold(whole, l.spell(l.typeOf(x)), l.expr(x))...)
	out = append(out, l.local(value, l.id("any"), l.convert(whole, l.typeOf(x), anyType)))
	n := &ast.SwitchStmt{Switch: s.Switch}
	n.Body = l.enter(label, false, func() *ast.BlockStmt {
		b := &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}
		for _, c := range s.Body.List {
			clause := c.(*ast.CaseClause)
			one := &ast.CaseClause{Case: clause.Case, Colon: clause.Colon}
			var cond ast.Expr
			for _, t := range clause.List {
				l.pos = t.Pos()
				if l.info.Types[t].IsNil() {
					cond = l.or(cond, l.hook("IsNil", value))
					continue
				}
				cond = l.or(cond, l.hook("Has", value, l.desc(l.typeOf(t))))
			}
			if cond != nil {
				one.List = []ast.Expr{cond}
			}
			l.pos = clause.Pos()
			if v := l.info.Implicits[clause]; v != nil {
				name := l.bindObj(v)
				t := l.typ(v.Type())
				var y ast.Expr = whole
				if len(clause.List) == 1 && !l.info.Types[clause.List[0]].IsNil() {
					y = l.as(value, t, "As")
				}
				one.Body = append(one.Body, l.local(l.id(name), l.spell(t), y))
			}
			one.Body = append(one.Body, l.list(clause.Body)...)
			b.List = append(b.List, one)
		}
		return b
	})
	return []ast.Stmt{l.block(append(out, l.label(label, n))...)}
}

// selectStmt lets the session select, and switches on what it chose.
func (l *lowering) selectStmt(s *ast.SelectStmt, label *ast.Ident) []ast.Stmt {
	chosen, got, open := l.new(), l.new(), l.new()
	var args []ast.Expr
	def := "false"
	n := &ast.SwitchStmt{Switch: s.Select}
	n.Body = l.enter(label, false, func() *ast.BlockStmt {
		b := &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}
		i := 0
		for _, c := range s.Body.List {
			clause := c.(*ast.CommClause)
			l.pos = clause.Pos()
			one := &ast.CaseClause{Case: clause.Case, Colon: clause.Colon}
			if clause.Comm == nil {
				def = "true"
				one.Body = l.list(clause.Body)
				b.List = append(b.List, one)
				continue
			}
			one.List = []ast.Expr{&ast.BinaryExpr{X: chosen, OpPos: l.pos, Op: token.EQL, Y: number(l.pos, i)}}
			i++
			var recv ast.Expr
			var lhs []ast.Expr
			declare := false
			switch comm := clause.Comm.(type) {
			case *ast.SendStmt:
				t := l.typeOf(comm.Chan).Underlying().(*types.Chan)
				args = append(args, l.hook("Send", l.under(comm.Chan), l.exprAs(comm.Value, t.Elem())))
			case *ast.ExprStmt:
				recv = comm.X
			case *ast.AssignStmt:
				recv, lhs, declare = comm.Rhs[0], comm.Lhs, comm.Tok == token.DEFINE
			}
			if recv != nil {
				ch := ast.Unparen(recv).(*ast.UnaryExpr).X
				args = append(args, l.hook("Receive", l.under(ch)))
				t := l.typeOf(ch).Underlying().(*types.Chan).Elem()
				if len(lhs) > 0 {
					if id, ok := lhs[0].(*ast.Ident); !ok || id.Name != "_" {
						v := l.new()
						one.Body = append(one.Body, l.local(v, l.spell(t), nil), &ast.ExprStmt{X: l.hook("Put", l.addr(v), got)})
						one.Body = append(one.Body, l.store(lhs[0], l.convert(v, t, l.tupleTarget(lhs[0], t)), declare)...)
					}
				}
				if len(lhs) > 1 {
					if id, ok := lhs[1].(*ast.Ident); !ok || id.Name != "_" {
						one.Body = append(one.Body, l.store(lhs[1], l.convert(open, types.Typ[types.Bool], l.tupleTarget(lhs[1], types.Typ[types.Bool])), declare)...)
					}
				}
			}
			one.Body = append(one.Body, l.list(clause.Body)...)
			b.List = append(b.List, one)
		}
		return b
	})
	l.pos = s.Pos()
	choose := l.assign(token.DEFINE, []ast.Expr{chosen, got, open}, []ast.Expr{l.hook("Select", append([]ast.Expr{l.id(def)}, args...)...)})
	use := l.assign(token.ASSIGN, []ast.Expr{l.id("_"), l.id("_")}, []ast.Expr{got, open})
	return []ast.Stmt{l.block(choose, use, l.label(label, n))}
}
