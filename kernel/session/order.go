package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// A cell of declarations alone is read as a Go file is: its variables are set
// in the order in which they need each other, and then its init functions run.
// In any other cell statements run as they stand.

// initName is what an init function is called, since a cell may have several.
func initName(n int) string { return fmt.Sprintf("init%s%d", mark, n) }

// arrange orders the unit's statements and adds calls of its init functions.
func (u *unit) arrange(inits int) {
	first := slices.IndexFunc(u.stmts, func(s ast.Stmt) bool { _, ok := s.(*ast.DeclStmt); return !ok })
	if first < 0 {
		u.sortVariables()
		first = len(u.stmts)
	}
	var calls []ast.Stmt
	for n := range inits {
		at := u.begin
		for _, d := range u.decls {
			if d.names[0] == initName(n+1) {
				at = d.node.Pos()
			}
		}
		calls = append(calls, &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{NamePos: at, Name: initName(n + 1)}, Lparen: at, Rparen: at}})
	}
	u.stmts = slices.Insert(u.stmts, first, calls...)
}

// sortVariables puts each variable behind those that its value needs, also
// through functions of the cell.
func (u *unit) sortVariables() {
	var left []ast.Stmt // one for each specification
	for _, s := range u.stmts {
		g := s.(*ast.DeclStmt).Decl.(*ast.GenDecl)
		for _, spec := range g.Specs {
			left = append(left, &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: g.TokPos, Tok: token.VAR, Specs: []ast.Spec{spec}}})
		}
	}
	bodies := map[string][]ast.Node{} // of functions, and of methods by their bare name
	for _, d := range u.decls {
		if f, ok := d.node.(*ast.FuncDecl); ok {
			bodies[f.Name.Name] = append(bodies[f.Name.Name], f.Body)
		}
	}
	needs := func(s ast.Stmt) map[string]bool {
		names := map[string]bool{}
		var walk func(n ast.Node)
		walk = func(n ast.Node) {
			ast.Inspect(n, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && !names[id.Name] {
					names[id.Name] = true
					for _, b := range bodies[id.Name] {
						walk(b)
					}
				}
				return true
			})
		}
		for _, v := range s.(*ast.DeclStmt).Decl.(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values {
			walk(v)
		}
		return names
	}
	names := func(s ast.Stmt) []*ast.Ident {
		return s.(*ast.DeclStmt).Decl.(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Names
	}
	var ordered []ast.Stmt
	for len(left) > 0 {
		next := slices.IndexFunc(left, func(s ast.Stmt) bool {
			need := needs(s)
			return !slices.ContainsFunc(left, func(o ast.Stmt) bool {
				return o != s && slices.ContainsFunc(names(o), func(id *ast.Ident) bool { return need[id.Name] })
			})
		})
		next = max(next, 0) // a circle, which the checker tells
		ordered = append(ordered, left[next])
		left = slices.Delete(left, next, next+1)
	}
	u.stmts = ordered
}
