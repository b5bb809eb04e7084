package session

import (
	"go/ast"
	"go/types"
	"reflect"
	"strings"
)

// A checked declaration goes on meaning the packages and the predeclared names
// that it mentions when the session gives their names to something else, as
// max := 5 does. So they have names of their own there, which end in mark.

// keepNames gives a declaration these names.
func (c *checked) keepNames(d *decl) {
	embedded := map[*ast.Ident]bool{} // fields, whose names are their types'
	ast.Inspect(d.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, f := range n.Fields.List {
				t := f.Type
				if star, ok := t.(*ast.StarExpr); ok {
					t = star.X
				}
				if id, ok := t.(*ast.Ident); ok && len(f.Names) == 0 {
					embedded[id] = true
				}
			}
		case *ast.Ident:
			if strings.HasSuffix(n.Name, mark) || embedded[n] {
				break
			}
			obj := c.decls.Uses[n]
			if p, ok := obj.(*types.PkgName); ok {
				n.Name += mark
				d.unit.kept[n.Name] = p.Imported().Path()
			} else if obj != nil && obj.Parent() == types.Universe && types.Universe.Lookup(n.Name+mark) != nil {
				n.Name += mark
			}
		}
		return true
	})
}

// written is a name as its declaration has it.
func written(name string) string { return strings.TrimSuffix(name, mark) }

// The type checker looks the kept names of what is predeclared up where it finds
// the others. Of iota it must be the very object that it knows.
func init() {
	for _, name := range types.Universe.Names() {
		var kept types.Object
		switch obj := types.Universe.Lookup(name).(type) {
		case *types.TypeName:
			kept = types.NewTypeName(obj.Pos(), nil, name+mark, obj.Type())
		case *types.Builtin:
			b := *obj
			hidden(reflect.ValueOf(&b).Elem(), "name").SetString(name + mark)
			kept = &b
		case *types.Nil:
			n := *obj
			hidden(reflect.ValueOf(&n).Elem(), "name").SetString(name + mark)
			kept = &n
		case *types.Const:
			if name == "iota" {
				continue
			}
			kept = types.NewConst(obj.Pos(), nil, name+mark, obj.Type(), obj.Val())
		}
		types.Universe.Insert(kept)
	}
}
