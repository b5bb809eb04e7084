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
		name := obj.Name()
		if obj.Pkg() != nil {
			name = obj.Pkg().Name() + "." + name
		}
		if t.TypeArgs().Len() > 0 {
			var args []string
			for a := range t.TypeArgs().Types() {
				args = append(args, linkName(a))
			}
			name += "[" + strings.Join(args, ",") + "]"
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
		name := runtimeName(n)
		return n.Obj().Pkg().Path() + strings.TrimPrefix(name, n.Obj().Pkg().Name())
	}
	return runtimeName(t)
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
