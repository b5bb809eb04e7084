package session

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// A cell of declarations alone, or of these and a call of its main at the end, is
// read as a Go file is: its variables are set in the order in which they need each
// other, and then its init functions run. If it begins with package main, its
// main runs without being called, too. In any other cell statements run as they stand.

// initName is what an init function is called, since a cell may have several.
func initName(n int) string { return fmt.Sprintf("init%s%d", mark, n) }

// arrange orders the unit's statements and adds calls of its init functions, and
// of a program's main.
func (u *unit) arrange(fset *token.FileSet, inits int, program bool) {
	call := func(name string) ast.Stmt {
		at := u.begin
		for _, d := range u.decls {
			if d.names[0] == name {
				at = d.node.Pos()
			}
		}
		return &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{NamePos: at, Name: name}, Lparen: at, Rparen: at}}
	}
	var main []ast.Stmt
	if n := len(u.stmts) - 1; n >= 0 && u.declares("main") && callsMain(u.stmts[n]) {
		u.stmts, main = u.stmts[:n], u.stmts[n:]
	}
	first := slices.IndexFunc(u.stmts, func(s ast.Stmt) bool { _, ok := s.(*ast.DeclStmt); return !ok })
	if first < 0 {
		u.sortVariables(fset)
		first = len(u.stmts)
		if program && main == nil && u.declares("main") {
			main = []ast.Stmt{call("main")}
		}
	}
	var calls []ast.Stmt
	for n := range inits {
		calls = append(calls, call(initName(n+1)))
	}
	u.stmts = append(slices.Insert(u.stmts, first, calls...), main...)
}

func callsMain(s ast.Stmt) bool {
	x, _ := s.(*ast.ExprStmt)
	if x == nil {
		return false
	}
	call, ok := x.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := call.Fun.(*ast.Ident)
	return ok && id.Name == "main"
}

// sortVariables puts the variables into the order in which Go initialises those of a
// package.
func (u *unit) sortVariables(fset *token.FileSet) {
	f := &ast.File{Package: u.start, Name: ast.NewIdent("main")}
	for _, d := range u.decls {
		f.Decls = append(f.Decls, d.node)
	}
	groups := map[*ast.ValueSpec]*ast.GenDecl{}
	specs := map[token.Pos]*ast.ValueSpec{} // by the places of their names
	idents := map[token.Pos]*ast.Ident{}
	left := map[*ast.ValueSpec]bool{}
	var none, ordered []ast.Stmt // without values, and with them
	for _, s := range u.stmts {
		g := s.(*ast.DeclStmt).Decl.(*ast.GenDecl)
		f.Decls = append(f.Decls, g)
		for _, s := range g.Specs {
			spec := s.(*ast.ValueSpec)
			groups[spec] = g
			if len(spec.Values) == 0 {
				none = append(none, variablesOf(g, spec))
			} else {
				left[spec] = true
			}
			for _, id := range spec.Names {
				specs[id.Pos()], idents[id.Pos()] = spec, id
			}
		}
	}
	info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	// What is imported does not matter here, nor what is wrong: the check tells it.
	config := types.Config{Error: func(error) {}}
	config.Check("main", fset, []*ast.File{f}, &info)
	for _, i := range info.InitOrder {
		spec := specs[i.Lhs[0].Pos()]
		one := &ast.ValueSpec{Type: spec.Type, Values: []ast.Expr{i.Rhs}}
		for _, v := range i.Lhs {
			one.Names = append(one.Names, idents[v.Pos()])
		}
		ordered = append(ordered, variablesOf(groups[spec], one))
		delete(left, spec)
	}
	if len(left) == 0 { // else some are in a circle
		u.stmts = append(none, ordered...)
	}
	for _, d := range f.Decls {
		lengths(d, &info)
	}
}

// lengths writes as numbers the constants that are made of the lengths of array
// variables, which types and constants of the cell cannot know: [len(sizes)]int.
func lengths(d ast.Decl, info *types.Info) {
	number := func(e ast.Expr) ast.Expr {
		tv, session, local := info.Types[e], false, false
		if e == nil || tv.Value == nil || tv.Value.Kind() != constant.Int {
			return e
		}
		ast.Inspect(e, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if v, ok := info.Uses[id].(*types.Var); ok && !v.IsField() {
					top := v.Parent() == v.Pkg().Scope()
					session, local = session || top, local || !top
				}
				local = local || info.Uses[id] == types.Universe.Lookup("iota") // whose value is another in the next line
			}
			return true
		})
		if !session || local {
			return e
		}
		lit := &ast.BasicLit{ValuePos: e.Pos(), Kind: token.INT, Value: tv.Value.ExactString()}
		return &ast.CallExpr{Fun: &ast.Ident{NamePos: e.Pos(), Name: tv.Type.String()}, Lparen: e.Pos(), Args: []ast.Expr{lit}, Rparen: e.Pos()}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ArrayType:
			n.Len = number(n.Len)
		case *ast.GenDecl:
			for _, s := range n.Specs {
				if spec, ok := s.(*ast.ValueSpec); ok && n.Tok == token.CONST {
					for i, v := range spec.Values {
						spec.Values[i] = number(v)
					}
				}
			}
		}
		return true
	})
}

// variablesOf is a specification of a declaration as one of its own.
func variablesOf(g *ast.GenDecl, spec *ast.ValueSpec) ast.Stmt {
	return &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: g.TokPos, Tok: token.VAR, Specs: []ast.Spec{spec}}}
}
