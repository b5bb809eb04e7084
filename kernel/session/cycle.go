package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// The interpreter has structs that point to themselves, but not two structs
// that point to each other, nor one to which a struct without a name within it
// leads back. Of each circle of structs some fields are cut: to the interpreter
// they are any, and every read asks for the type.

// cut reports whether field i of a struct of the session is cut: it points to
// another struct of a circle that both are in, and that one does not come
// before this one in the circle's order; or the interpreter does not find the
// struct itself in what the field is made of (see takesWithin and madeAnew).
func (l *lowering) cut(t types.Type, i int) bool {
	if s, ok := types.Unalias(t).(*types.Struct); ok {
		return l.cutWithoutName(s, i)
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || foreign(n) {
		return false
	}
	if _, ok = n.Underlying().(*types.Struct); !ok {
		return false
	}
	key := l.key(n)
	cuts, ok := l.s.cuts[key]
	if !ok {
		circle := l.circle(n)
		for k, m := range circle { // all at once, since later cells may prefer another order
			if cuts, ok := l.cuts(m, circle); ok {
				l.s.cuts[k] = cuts
			}
		}
		cuts = l.s.cuts[key]
	}
	return slices.Contains(cuts, i)
}

// circle are a struct and those to which it leads and which lead to it.
func (l *lowering) circle(n *types.Named) map[string]*types.Named {
	key := l.key(n)
	circle := map[string]*types.Named{key: n}
	for k, m := range l.reached(n) {
		if _, back := l.reached(m)[key]; back {
			circle[k] = m
		}
	}
	return circle
}

// noteAddressed notes the structs that have a field whose address the cell takes, and
// that may lead to another struct.
func (l *lowering) noteAddressed(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		u, ok := n.(*ast.UnaryExpr)
		if !ok || u.Op != token.AND {
			return true
		}
		if x, ok := ast.Unparen(u.X).(*ast.SelectorExpr); ok {
			if sel := l.info.Selections[x]; sel != nil && !l.holds(sel.Type()) {
				if n := named(sel.Recv()); n != nil && own(n.Obj()) && l.leadsOn(sel.Type(), n) {
					l.s.addressed[n.Obj().Name()] = true
				}
			}
		}
		return true
	})
}

// leadsOn reports whether a type has another type of the session than n in it.
func (l *lowering) leadsOn(t types.Type, n *types.Named) (found bool) {
	l.walk(t, func(t types.Type) bool {
		m, ok := t.(*types.Named)
		found = found || ok && own(m.Obj()) && m.Obj() != n.Obj()
		return !ok
	})
	return found
}

// cutWithoutName is cut for a struct without a name: a field is cut that leads
// to a struct in which this one is.
func (l *lowering) cutWithoutName(s *types.Struct, i int) bool {
	key := l.key(s)
	cuts, ok := l.s.cuts[key]
	if !ok {
		for i := range s.NumFields() {
			t := s.Field(i).Type()
			array, isArray := t.Underlying().(*types.Array)
			if l.holds(t) && (!isArray || l.holds(array.Elem())) {
				continue
			}
			for _, n := range l.named(t, nil) {
				if l.within(n)[key] && isArray {
					l.refuse(l.pos, "the interpreter has no array in a struct without a name that leads back to the struct around it: give the inner one a name")
					return false
				}
				if l.within(n)[key] {
					cuts = append(cuts, i)
					break
				}
			}
		}
		l.s.cuts[key] = cuts
	}
	return slices.Contains(cuts, i)
}

// within are the keys of the structs without names to which a struct leads.
func (l *lowering) within(n *types.Named) map[string]bool {
	keys := map[string]bool{}
	all := l.reached(n)
	all[l.key(n)] = n
	for _, m := range all {
		l.walk(m.Underlying(), func(t types.Type) bool {
			switch t := t.(type) {
			case *types.Named:
				return !foreign(t) && !types.IsInterface(t) && all[l.key(t)] == nil
			case *types.Struct:
				if t != m.Underlying() {
					keys[l.key(t)] = true
				}
			}
			return true
		})
	}
	return keys
}

// walk visits a type and what it is made of, as far as visit says true.
func (l *lowering) walk(t types.Type, visit func(t types.Type) bool) {
	if t = types.Unalias(t); !visit(t) {
		return
	}
	tuple := func(t *types.Tuple) {
		for v := range t.Variables() {
			l.walk(v.Type(), visit)
		}
	}
	switch t := t.(type) {
	case *types.Named:
		l.walk(t.Underlying(), visit)
	case *types.Map:
		l.walk(t.Key(), visit)
		l.walk(t.Elem(), visit)
	case interface{ Elem() types.Type }:
		l.walk(t.Elem(), visit)
	case *types.Signature:
		tuple(t.Params())
		tuple(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			l.walk(f.Type(), visit)
		}
	}
}

// cuts are the fields of a struct that are cut, unless one would have to be that
// cannot.
func (l *lowering) cuts(n *types.Named, circle map[string]*types.Named) (cut []int, ok bool) {
	s, ok := n.Underlying().(*types.Struct)
	if !ok {
		return nil, false
	}
	key := l.key(n)
	for i := range s.NumFields() {
		t := s.Field(i).Type()
		if l.takesWithin(t, key) || l.madeAnew(t, n) {
			if _, array := t.Underlying().(*types.Array); array {
				l.refuse(l.pos, "the interpreter has no array of functions that take the struct that the array is in, or of maps of it: use a slice")
				return nil, false
			}
			cut = append(cut, i)
			continue
		}
		if l.holds(t) {
			continue // by value: never a way back
		}
		for k, m := range l.named(t, nil) {
			if k != key && circle[k] != nil && !l.before(m, n, circle) {
				cut = append(cut, i)
				break
			}
		}
	}
	return cut, true
}

// takesWithin reports whether something made of functions, as a slice or a map,
// has ones that take a struct or give it, or is a map by it: the interpreter does not
// know in them the struct that they are in.
func (l *lowering) takesWithin(t types.Type, key string) bool {
	if _, function := t.Underlying().(*types.Signature); function {
		return false
	}
	found := false
	l.walk(t, func(t types.Type) bool {
		if n, ok := t.(*types.Named); ok && (foreign(n) || types.IsInterface(n)) {
			return false
		}
		switch u := t.Underlying().(type) {
		case *types.Struct:
			return false
		case *types.Signature:
			_, takes := l.named(u, nil)[key]
			found = found || takes
			return false
		case *types.Map:
			_, by := l.named(u.Key(), nil)[key]
			found = found || by
		}
		return !l.wrapped(t)
	})
	return found
}

// madeAnew reports whether the interpreter, when it has made a struct that leads to
// itself, would make all of a field's type once more: functions, and what leads to the
// struct. Other types without end in it would then be two, or their end never found.
func (l *lowering) madeAnew(t types.Type, n *types.Named) bool {
	key := l.key(n)
	if _, function := t.Underlying().(*types.Signature); function && l.reached(n)[key] != nil && (l.endless(t, key, false) || l.structsWithoutName(t)) {
		return true
	}
	for {
		array, ok := t.Underlying().(*types.Array)
		if !ok {
			break
		}
		t = array.Elem()
	}
	return !l.holds(t) && l.named(t, nil)[key] != nil && l.endless(t, key, true)
}

// structsWithoutName reports whether a type has structs without a name in it.
func (l *lowering) structsWithoutName(t types.Type) (found bool) {
	l.walk(t.Underlying(), func(t types.Type) bool {
		_, is := t.(*types.Struct)
		_, name := t.(*types.Named)
		found = found || is
		return !name
	})
	return found
}

// endless reports whether a type leads to one that leads to itself, other than the struct
// with the key, where those of packages may count.
func (l *lowering) endless(t types.Type, key string, packages bool) (found bool) {
	inside, seen := map[string]bool{}, map[string]bool{key: true}
	var visit func(t types.Type) bool
	visit = func(t types.Type) bool {
		n, ok := t.(*types.Named)
		if !ok {
			return true
		}
		k := l.key(n)
		found = found || inside[k]
		if !types.IsInterface(n) && !seen[k] && (packages || !foreign(n)) {
			inside[k], seen[k] = true, true
			l.walk(n.Underlying(), visit)
			inside[k] = false
		}
		return false
	}
	l.walk(t, visit)
	return found
}

// before orders the structs of a circle: one that is held by value first, then one
// with fields that lead on and whose addresses are taken last, then by name.
func (l *lowering) before(a, b *types.Named, circle map[string]*types.Named) bool {
	if wa, wb := l.wrapped(a), l.wrapped(b); wa != wb { // a wrapped type has no fields to cut
		return wb
	}
	da, db := l.depth(a, circle), l.depth(b, circle)
	if da != db {
		return da < db
	}
	if ta, tb := l.s.addressed[a.Obj().Name()], l.s.addressed[b.Obj().Name()]; ta != tb {
		return tb
	}
	return l.key(a) < l.key(b)
}

// depth is how deep structs of the circle are nested in a struct by value.
func (l *lowering) depth(n *types.Named, circle map[string]*types.Named) int {
	deepest := 0
	var walk func(t types.Type)
	walk = func(t types.Type) {
		switch t := types.Unalias(t).(type) {
		case *types.Named:
			if _, ok := t.Underlying().(*types.Struct); ok && !foreign(t) {
				if circle[l.key(t)] != nil {
					deepest = max(deepest, 1+l.depth(t, circle))
				}
				for f := range t.Underlying().(*types.Struct).Fields() {
					walk(f.Type())
				}
			}
		case *types.Array:
			walk(t.Elem())
		case *types.Struct:
			for f := range t.Fields() {
				walk(f.Type())
			}
		}
	}
	for f := range n.Underlying().(*types.Struct).Fields() {
		walk(f.Type())
	}
	return deepest
}

// holds reports whether a value of the type holds others by value.
func (l *lowering) holds(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array, *types.Basic, *types.Interface:
		return true
	}
	return false
}

// reached are the session's structs that a struct leads to.
func (l *lowering) reached(n *types.Named) map[string]*types.Named {
	all := map[string]*types.Named{}
	var walk func(n *types.Named)
	walk = func(n *types.Named) {
		for k, m := range l.named(n.Underlying(), nil) {
			if all[k] == nil {
				all[k] = m
				walk(m)
			}
		}
	}
	walk(n)
	return all
}

// named are the session's structs in a type, but for those within them.
func (l *lowering) named(t types.Type, into map[string]*types.Named) map[string]*types.Named {
	if into == nil {
		into = map[string]*types.Named{}
	}
	l.walk(t, func(t types.Type) bool {
		n, ok := t.(*types.Named)
		if !ok {
			return true
		}
		if foreign(n) || types.IsInterface(n) {
			return false
		}
		if l.isStruct(n) {
			into[l.key(n)] = n
			return false
		}
		return true
	})
	return into
}

// isStruct reports whether a type of the session is a struct to the interpreter.
func (l *lowering) isStruct(n *types.Named) bool {
	_, ok := n.Underlying().(*types.Struct)
	return ok || l.wrapped(n)
}

// uncut is what a cut field holds, as its own type.
func (l *lowering) uncut(x ast.Expr, t types.Type) ast.Expr { return l.as(x, t, "Uncut") }
