package session

import (
	"go/token"
	"go/types"
)

// A checkedPackage is the session's package as a check has left it. Cells that
// declare nothing but variables are checked in it, one after the other, so that the
// declarations are not checked again for each.
type checkedPackage struct {
	pkg   *types.Package
	decls []*decl
	vars  map[string]*variable
	cells int // that were checked in it
}

// mostCells is how many cells are checked in one package, which keeps the scopes of
// all of them.
const mostCells = 100

// statementsIn is the package in which the statements of a cell can be checked: it
// has all of the session's state, of which the cell declares nothing anew. Nil: there
// is none.
func (k *checker) statementsIn(c *checked, st *state) *types.Package {
	if len(c.fresh)+len(c.again) > 0 {
		return nil
	}
	return k.checkedAs(st)
}

// checkedAs is the package of an earlier check if it is what a state of the session
// would make, with the variables that have come since. Nil: there is none.
func (k *checker) checkedAs(st *state) *types.Package {
	b := k.seen
	if b == nil || b.cells == mostCells || len(b.decls) != len(st.decls) {
		return nil
	}
	names := len(st.vars)
	for i, d := range st.decls {
		if b.decls[i] != d {
			return nil
		}
		if d.recv == "" {
			names += len(d.names)
		}
	}
	scope := b.pkg.Scope()
	var since []*variable
	for name, v := range st.vars {
		switch obj := scope.Lookup(name); {
		case obj == nil:
			since = append(since, v)
		case b.vars[name] != v && types.TypeString(obj.Type(), nil) != types.TypeString(v.typ, nil):
			return nil
		}
	}
	if scope.Len()+len(since) != names { // it has more than there is
		return nil
	}
	for _, v := range since {
		scope.Insert(types.NewVar(token.NoPos, b.pkg, v.name, v.typ))
	}
	b.vars = st.vars
	b.cells++
	return b.pkg
}
