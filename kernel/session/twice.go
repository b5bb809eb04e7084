package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// twice finds what a cell declares more than once. The session lets a
// declaration take the place of an earlier one of its name, and so the type
// checker would see the last one only.
func twice(fset *token.FileSet, u *unit) (problems []problem) {
	first := map[string]token.Position{}
	note := func(name string, pos token.Pos) {
		p := fset.Position(pos)
		other, again := first[name]
		if !again {
			first[name] = p
			return
		}
		msg := fmt.Sprintf("%s redeclared in this block (other declaration of %[1]s in line %d)", name, other.Line)
		if strings.Contains(name, ".") {
			msg = fmt.Sprintf("method %s already declared in line %d", name, other.Line)
		}
		problems = append(problems, problem{p, msg})
	}
	for _, d := range u.decls {
		for _, id := range d.idents() {
			note(id.name, id.pos)
		}
	}
	for _, s := range u.stmts { // the checker tells those of two statements
		switch s := s.(type) {
		case *ast.AssignStmt:
			for _, l := range s.Lhs {
				if id, ok := l.(*ast.Ident); ok && s.Tok == token.DEFINE && u.declares(id.Name) {
					note(id.Name, id.Pos())
				}
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					if u.declares(id.Name) {
						note(id.Name, id.Pos())
					}
				}
			}
		}
	}
	return problems
}

// declares reports whether one of the unit's declarations has a name.
func (u *unit) declares(name string) bool {
	return name != "_" && slices.ContainsFunc(u.decls, func(d *decl) bool { return slices.Contains(d.names, name) })
}

type placed struct {
	name string
	pos  token.Pos
}

// idents are the names that a declaration declares, with their places.
func (d *decl) idents() (all []placed) {
	switch n := d.node.(type) {
	case *ast.FuncDecl:
		return []placed{{d.names[0], n.Name.Pos()}}
	case *ast.GenDecl:
		for _, spec := range n.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				all = append(all, placed{spec.Name.Name, spec.Name.Pos()})
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					all = append(all, placed{id.Name, id.Pos()})
				}
			}
		}
	}
	return slices.DeleteFunc(all, func(p placed) bool { return p.name == "_" })
}
