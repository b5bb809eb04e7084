package session

import (
	"fmt"
	"go/ast"
	"go/token"
)

// Of some circles of structs the interpreter makes the arrays in them wrong: it could
// not read or write them. So that no cell runs as far as that, arrays of the cell's
// structs are read and written before it.

// A refusal is an error of a cell that does not run.
type refusal struct {
	at  token.Pos
	msg string
}

func (r *refusal) Error() string { return r.msg }

// tryArrays refuses structs with an array that the interpreter cannot read or write.
func (s *Session) tryArrays(p *plan) error {
	var all []ast.Stmt
	tries := map[*ast.TypeSpec][]ast.Stmt{}
	for _, d := range p.types {
		spec := d.(*ast.GenDecl).Specs[0].(*ast.TypeSpec)
		tries[spec] = p.tryArray(spec)
		all = append(all, tries[spec]...)
	}
	if len(all) == 0 || s.ahead(p, "arrays", all) == nil {
		return nil
	}
	for _, d := range p.types {
		spec := d.(*ast.GenDecl).Specs[0].(*ast.TypeSpec)
		if len(tries[spec]) > 0 && s.ahead(p, "arrays", tries[spec]) != nil {
			return &refusal{spec.Name.Pos(), fmt.Sprintf("the interpreter has no array in such a circle of structs as %s is in: use a slice", spec.Name.Name)}
		}
	}
	return &refusal{p.at, "the interpreter has no arrays in such a circle of structs: use slices"}
}

// tryArray reads and writes the arrays of a struct, but for those of basic types and
// structs, and those of nothing.
func (p *plan) tryArray(spec *ast.TypeSpec) []ast.Stmt {
	t, ok := spec.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	id := func(name string) *ast.Ident { return &ast.Ident{NamePos: p.at, Name: name} }
	define := func(v *ast.Ident, t ast.Expr) ast.Stmt {
		return &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: p.at, Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{v}, Type: t}}}}
	}
	assign := func(x ast.Expr, tok token.Token, y ast.Expr) ast.Stmt {
		return &ast.AssignStmt{Lhs: []ast.Expr{x}, TokPos: p.at, Tok: tok, Rhs: []ast.Expr{y}}
	}
	var tries []ast.Stmt
	v, whole, elem := id("v"+mark), id("whole"+mark), id("elem"+mark)
	for _, f := range t.Fields.List {
		array, ok := f.Type.(*ast.ArrayType)
		if !ok || array.Len == nil {
			continue
		}
		inner := array.Elt
		for t, ok := inner.(*ast.ArrayType); ok && t.Len != nil; t, ok = inner.(*ast.ArrayType) {
			inner = t.Elt
		}
		_, value := inner.(*ast.Ident) // which may be large, and is never a way back
		if n, ok := array.Len.(*ast.BasicLit); value || ok && n.Value == "0" {
			continue
		}
		field := &ast.SelectorExpr{X: v, Sel: f.Names[0]}
		first := &ast.IndexExpr{X: field, Index: &ast.BasicLit{ValuePos: p.at, Kind: token.INT, Value: "0"}}
		tries = append(tries, &ast.BlockStmt{Lbrace: p.at, Rbrace: p.at, List: []ast.Stmt{
			define(v, spec.Name), assign(whole, token.DEFINE, field), assign(field, token.ASSIGN, whole),
			define(elem, array.Elt), assign(first, token.ASSIGN, elem),
		}})
	}
	return tries
}
