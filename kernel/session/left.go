package session

import (
	"fmt"
	"go/ast"
	"maps"
	"strings"
)

// A cell that fails leaves variables without what it would have given them. Later
// cells that want them say so.

// leaves notes, after a cell, what it gave to variables and what it did not.
func (s *Session) leaves(u *unit, o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, stmt := range u.stmts {
		returned := o.Err != nil && o.Err.returned && i == o.Done-1
		for _, name := range assigned(stmt) {
			if i >= o.Done || returned {
				s.unmade[name] = u.number
			} else {
				delete(s.unmade, name)
				delete(s.gone, name)
			}
		}
	}
	for _, d := range u.decls {
		for _, name := range d.names {
			delete(s.unmade, name)
			delete(s.gone, name)
		}
	}
}

// Lose says which names went with the processes of earlier sessions, and where those
// died, such as "in cell 3". A cell that wants them is told.
func (s *Session) Lose(names map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.gone, names)
}

// assigned are the variables that a statement of a cell assigns.
func assigned(stmt ast.Stmt) (names []string) {
	switch stmt := stmt.(type) {
	case *ast.AssignStmt:
		for _, x := range stmt.Lhs {
			if id, ok := x.(*ast.Ident); ok {
				names = append(names, id.Name)
			}
		}
	case *ast.DeclStmt:
		for _, spec := range stmt.Decl.(*ast.GenDecl).Specs {
			for _, id := range spec.(*ast.ValueSpec).Names {
				names = append(names, id.Name)
			}
		}
	}
	return names
}

// emptySince says of a panic whether a variable of the cell is nil since another cell
// failed.
func (s *Session) emptySince(u *unit, message string) (said string) {
	if !strings.HasSuffix(message, "nil pointer dereference") {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.inspect(func(n ast.Node) {
		if id, ok := n.(*ast.Ident); ok && said == "" && s.state.vars[id.Name] != nil {
			if cell, ok := s.unmade[id.Name]; ok && cell != u.number && s.engine.empty(s.state.engine[id.Name]) {
				said = fmt.Sprintf(" (cell %d failed where it assigns %s)", cell, id.Name)
			}
		}
	})
	return said
}
