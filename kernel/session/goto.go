package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// The interpreter's goto is not Go's. A list of statements with labels that
// goto names becomes a loop over its parts:
//
//	part := 0
//	loop: for {
//		if part == 0 { ...; part = 1 }
//		if part == 1 { ...; part = 2 }
//		break
//	}
//
// and goto sets the part and continues the loop. Variables that several parts
// use are declared before it.

// gotos are the labels that goto statements of a function name.
func gotos(body ast.Node) map[string]bool {
	var labels map[string]bool
	ast.Inspect(body, func(n ast.Node) bool {
		if b, ok := n.(*ast.BranchStmt); ok && b.Tok == token.GOTO {
			if labels == nil {
				labels = map[string]bool{}
			}
			labels[b.Label.Name] = true
		}
		_, inner := n.(*ast.FuncLit)
		return !inner
	})
	return labels
}

// isTarget reports whether goto names the label of a statement.
func (l *lowering) isTarget(s ast.Stmt) bool {
	for {
		ls, ok := s.(*ast.LabeledStmt)
		if !ok {
			return false
		}
		if l.fn.gotos[ls.Label.Name] {
			return true
		}
		s = ls.Stmt
	}
}

// madeLabel is a label for a loop or switch without one, in a function with
// goto: a loop that goto needs may come between it and its break.
func (l *lowering) madeLabel() *ast.Ident {
	if len(l.fn.gotos) == 0 {
		return nil
	}
	l.owner.temps++
	return l.id("l" + mark + "l" + strconv.Itoa(l.owner.temps))
}

// A gotoList is a list of statements with labels.
type gotoList struct {
	part, loop *ast.Ident
	parts      map[string]int // by label
	before     *gotoList
	body       *yieldBody // that the list is in
}

func (l *lowering) gotoList(stmts []ast.Stmt) []ast.Stmt {
	pos := l.pos
	g := &gotoList{part: l.new(), loop: l.madeLabel(), parts: map[string]int{}, before: l.fn.lists, body: l.fn.body}
	parts := [][]ast.Stmt{nil}
	for _, s := range stmts {
		if l.isTarget(s) {
			for ls, ok := s.(*ast.LabeledStmt); ok; ls, ok = ls.Stmt.(*ast.LabeledStmt) {
				g.parts[ls.Label.Name] = len(parts)
			}
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], s)
	}
	out := []ast.Stmt{l.local(g.part, l.id("int"), nil)}
	shared := l.sharedVariables(parts)
	for _, obj := range shared {
		l.bindObj(obj)
		out = append(out, l.local(l.id(l.names[obj]), l.spell(l.typ(obj.Type())), nil))
	}
	l.fn.lists = g
	l.fn.frames = append(l.fn.frames, frame{list: g})
	loop := &ast.BlockStmt{Lbrace: pos, Rbrace: pos}
	for i, part := range parts {
		var body []ast.Stmt
		for _, s := range part {
			body = append(body, l.withShared(s, shared)...)
		}
		l.pos = pos
		body = append(body, l.set(l.id(g.part.Name), number(pos, i+1)))
		loop.List = append(loop.List, &ast.IfStmt{If: pos, Cond: &ast.BinaryExpr{X: l.id(g.part.Name), OpPos: pos, Op: token.EQL, Y: number(pos, i)}, Body: l.block(body...)})
	}
	loop.List = append(loop.List, &ast.BranchStmt{TokPos: pos, Tok: token.BREAK, Label: l.id(g.loop.Name)})
	l.fn.frames = l.fn.frames[:len(l.fn.frames)-1]
	l.fn.lists = g.before
	return append(out, l.label(g.loop, &ast.ForStmt{For: pos, Body: loop}))
}

// sharedVariables are the variables that a part of a list declares and others
// use.
func (l *lowering) sharedVariables(parts [][]ast.Stmt) (shared []types.Object) {
	for i, part := range parts {
		for _, s := range part {
			for _, id := range declared(s) {
				obj := l.info.Defs[id]
				if obj == nil || id.Name == "_" {
					continue
				}
				used, kept := false, false
				for j, other := range parts {
					for _, o := range other {
						u, k := l.uses(o, obj)
						used, kept = used || u && i != j, kept || k
					}
				}
				if used && kept && i > 0 { // what is before the first label runs once
					l.refuse(id.Pos(), "the interpreter cannot goto past the variable "+id.Name+", which a function or a pointer keeps: use a loop with break and continue")
				}
				if used {
					shared = append(shared, obj)
				}
			}
		}
	}
	return shared
}

// declared are the names that a statement declares for those behind it.
func declared(s ast.Stmt) (ids []*ast.Ident) {
	for ls, ok := s.(*ast.LabeledStmt); ok; ls, ok = s.(*ast.LabeledStmt) {
		s = ls.Stmt
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			for _, x := range s.Lhs {
				ids = append(ids, x.(*ast.Ident))
			}
		}
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				ids = append(ids, v.Names...)
			}
		}
	}
	return ids
}

// uses reports whether a statement uses a variable, and whether something in
// it keeps the variable itself: a function, or its address.
func (l *lowering) uses(n ast.Node, obj types.Object) (used, kept bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			used = used || l.info.Uses[n] == obj
		case *ast.FuncLit:
			u, _ := l.uses(n.Body, obj)
			used, kept = used || u, kept || u
			return false
		case *ast.UnaryExpr:
			if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && n.Op == token.AND {
				kept = kept || l.info.Uses[id] == obj
			}
		}
		return true
	})
	return used, kept
}

// withShared lowers a statement of a part: what declares shared variables
// assigns them, since they are there already.
func (l *lowering) withShared(s ast.Stmt, shared []types.Object) []ast.Stmt {
	mine := false
	ids := declared(s)
	for _, id := range ids {
		for _, obj := range shared {
			mine = mine || l.info.Defs[id] == obj
		}
	}
	if !mine {
		return l.stmt(s)
	}
	l.pos = s.Pos()
	var out []ast.Stmt
	for _, id := range ids { // those that only this part uses
		if obj := l.info.Defs[id]; obj != nil && id.Name != "_" && l.names[obj] == "" {
			l.bindObj(obj)
			out = append(out, l.local(l.id(l.names[obj]), l.spell(l.typ(obj.Type())), nil))
		}
	}
	for ls, ok := s.(*ast.LabeledStmt); ok; ls, ok = s.(*ast.LabeledStmt) {
		s = ls.Stmt
	}
	if a, ok := s.(*ast.AssignStmt); ok {
		return append(out, l.assignment(a.Lhs, a.Rhs, false)...)
	}
	for _, spec := range s.(*ast.DeclStmt).Decl.(*ast.GenDecl).Specs {
		v := spec.(*ast.ValueSpec)
		var to []ast.Expr
		for _, id := range v.Names {
			to = append(to, id)
		}
		if len(v.Values) > 0 {
			out = append(out, l.assignment(to, v.Values, false)...)
			continue
		}
		for _, id := range v.Names {
			if obj := l.info.Defs[id]; obj != nil && id.Name != "_" {
				zero := l.new()
				out = append(out, l.local(zero, l.spell(l.typ(obj.Type())), nil), l.set(l.id(l.names[obj]), zero))
			}
		}
	}
	return out
}

// gotoLabel lowers a goto statement.
func (l *lowering) gotoLabel(s *ast.BranchStmt, name string) []ast.Stmt {
	for g := l.fn.lists; g != nil; g = g.before {
		part, ok := g.parts[name]
		if !ok {
			continue
		}
		if g.body != l.fn.body { // out of the body of a range over a function
			return l.leave(l.fn.body, false, l.fn.body.exit(exit{token.GOTO, name}))
		}
		return []ast.Stmt{l.set(l.id(g.part.Name), number(l.pos, part)),
			&ast.BranchStmt{TokPos: s.TokPos, Tok: token.CONTINUE, Label: l.id(g.loop.Name)}}
	}
	l.refuse(s.Pos(), "the interpreter does not find the label "+name)
	return nil
}
