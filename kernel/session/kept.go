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
	ast.Inspect(d.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, f := range n.Fields.List {
				if len(f.Names) == 0 {
					c.keepEmbedded(d, &f.Type)
				}
			}
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && id.Name == predeclaredName {
				return false
			}
		case *ast.Ident:
			if strings.HasSuffix(n.Name, mark) {
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

// keepEmbedded keeps an embedded predeclared type. Its name is the field's too, so
// that it is written as one of a package.
func (c *checked) keepEmbedded(d *decl, t *ast.Expr) {
	if star, ok := (*t).(*ast.StarExpr); ok {
		t = &star.X
	}
	id, ok := (*t).(*ast.Ident)
	if obj := c.decls.Uses[id]; ok && obj != nil && obj.Parent() == types.Universe {
		*t = &ast.SelectorExpr{X: &ast.Ident{NamePos: id.NamePos, Name: predeclaredName}, Sel: id}
		d.unit.kept[predeclaredName] = predeclared.Path()
	}
}

// predeclared has the predeclared types, which it does not export.
var predeclared = func() *types.Package {
	p := types.NewPackage("predeclared", "predeclared")
	for _, name := range types.Universe.Names() {
		if t, ok := types.Universe.Lookup(name).(*types.TypeName); ok {
			p.Scope().Insert(types.NewTypeName(t.Pos(), p, name, t.Type()))
		}
	}
	p.MarkComplete()
	return p
}()

// predeclaredName is what declarations call it.
var predeclaredName = predeclared.Name() + mark

// notExported ends the type checker's complaint about them.
var notExported = "not exported by package " + predeclared.Path()

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
