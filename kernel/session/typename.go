package session

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// runtimeName is a type as Go's runtime writes it, which is not quite how the
// checker does: interface {} and struct { X int }, and Pair[string,int].
func runtimeName(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return types.Typ[t.Kind()].Name()
	case *types.Named:
		obj := t.Obj()
		name := plainLocal(obj.Name())
		if obj.Pkg() != nil {
			name = obj.Pkg().Name() + "." + name
		}
		_, list, _ := strings.Cut(obj.Name(), "[")
		if at := strings.LastIndex(list, "]·"); at >= 0 { // of an instance
			list = list[:at]
		}
		var args []string
		for a := range t.TypeArgs().Types() {
			args = append(args, linkName(a))
		}
		if list != "" && len(args) > 0 {
			list += ";"
		}
		if list += strings.Join(args, ","); list != "" {
			name += "[" + list + "]"
		}
		return name
	case *types.Pointer:
		return "*" + runtimeName(t.Elem())
	case *types.Slice:
		return "[]" + runtimeName(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), runtimeName(t.Elem()))
	case *types.Map:
		return "map[" + runtimeName(t.Key()) + "]" + runtimeName(t.Elem())
	case *types.Chan:
		elem := runtimeName(t.Elem())
		if strings.HasPrefix(elem, "<-") {
			elem = "(" + elem + ")"
		}
		return []string{"chan ", "chan<- ", "<-chan "}[t.Dir()] + elem
	case *types.Signature:
		return "func" + runtimeSignature(t)
	case *types.Struct:
		if t.NumFields() == 0 {
			return "struct {}"
		}
		var fields []string
		for i := range t.NumFields() {
			f := t.Field(i)
			text := runtimeName(f.Type())
			if !f.Embedded() {
				text = f.Name() + " " + text
			}
			if tag := t.Tag(i); tag != "" {
				text += " " + strconv.Quote(tag)
			}
			fields = append(fields, text)
		}
		return "struct { " + strings.Join(fields, "; ") + " }"
	case *types.Interface:
		if t.NumMethods() == 0 {
			return "interface {}"
		}
		var methods []string
		for m := range t.Methods() {
			name := m.Name()
			if !m.Exported() && m.Pkg() != nil {
				name = m.Pkg().Name() + "." + name
			}
			methods = append(methods, name+runtimeSignature(m.Signature()))
		}
		return "interface { " + strings.Join(methods, "; ") + " }"
	}
	return t.String()
}

// linkName is a type argument in a name: packages have their whole path.
func linkName(t types.Type) string {
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		name := n.Obj().Pkg().Path() + strings.TrimPrefix(runtimeName(n), n.Obj().Pkg().Name())
		if place := localPlace(n.Obj()); place > 0 {
			name += "·" + strconv.Itoa(place)
		}
		return name
	}
	return runtimeName(t)
}

// A type that a generic function declares has the name pair[int,string]·2, and
// behind it a mark and a number, in each instance: the instance's type arguments
// and which of the package's local types it is.

// plainLocal is the name in the function's own text.
func plainLocal(name string) string {
	name, _, _ = strings.Cut(name, mark)
	name, _, _ = strings.Cut(name, "[")
	return name
}

// localPlace tells which of the types that functions declare one is, from 1 on, or 0.
func localPlace(obj *types.TypeName) int {
	name, _, _ := strings.Cut(obj.Name(), mark)
	if at := strings.LastIndex(name, "]·"); at >= 0 {
		n, _ := strconv.Atoi(name[at+len("]·"):])
		return n
	}
	if obj.Pkg() == nil || obj.Parent() == nil || obj.Parent() == obj.Pkg().Scope() {
		return 0
	}
	place := 1
	var count func(s *types.Scope)
	count = func(s *types.Scope) {
		for _, n := range s.Names() {
			if t, ok := s.Lookup(n).(*types.TypeName); ok && !t.IsAlias() && t.Pos() < obj.Pos() {
				if _, param := t.Type().(*types.TypeParam); !param {
					place++
				}
			}
		}
		for c := range s.Children() {
			count(c)
		}
	}
	for file := range obj.Pkg().Scope().Children() {
		count(file)
	}
	return place
}

func runtimeSignature(t *types.Signature) string {
	var in, out []string
	for i := range t.Params().Len() {
		p := t.Params().At(i).Type()
		if t.Variadic() && i == t.Params().Len()-1 {
			in = append(in, "..."+runtimeName(p.(*types.Slice).Elem()))
			continue
		}
		in = append(in, runtimeName(p))
	}
	for v := range t.Results().Variables() {
		out = append(out, runtimeName(v.Type()))
	}
	text := "(" + strings.Join(in, ", ") + ")"
	switch len(out) {
	case 0:
	case 1:
		text += " " + out[0]
	default:
		text += " (" + strings.Join(out, ", ") + ")"
	}
	return text
}
