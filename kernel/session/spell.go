package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// A speller writes types as Go source.
type speller struct {
	local func(name string) string         // the session's own types
	pkg   func(path string) (string, bool) // the name of an imported package
	pos   token.Pos                        // of what is written
}

// own reports whether an object belongs to the session and not to a library.
func own(obj types.Object) bool {
	return obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == sessionPath
}

func (s *speller) ident(name string) *ast.Ident { return &ast.Ident{NamePos: s.pos, Name: name} }

// expr is t as an expression, or nil when it has no name that could be written,
// as an unexported type of a library.
func (s *speller) expr(t types.Type) ast.Expr {
	switch t := t.(type) {
	case *types.Alias:
		return s.expr(types.Unalias(t))
	case *types.Basic:
		if t.Kind() == types.UnsafePointer || t.Kind() == types.UntypedNil || t.Kind() == types.Invalid {
			return nil
		}
		return s.ident(types.Default(t).(*types.Basic).Name())
	case *types.TypeParam:
		return s.ident(t.Obj().Name())
	case *types.Named:
		return s.named(t)
	case *types.Pointer:
		if e := s.expr(t.Elem()); e != nil {
			return &ast.StarExpr{Star: s.pos, X: e}
		}
	case *types.Slice:
		if e := s.expr(t.Elem()); e != nil {
			return &ast.ArrayType{Lbrack: s.pos, Elt: e}
		}
	case *types.Array:
		if e := s.expr(t.Elem()); e != nil {
			n := &ast.BasicLit{ValuePos: s.pos, Kind: token.INT, Value: strconv.FormatInt(t.Len(), 10)}
			return &ast.ArrayType{Lbrack: s.pos, Len: n, Elt: e}
		}
	case *types.Map:
		if k, e := s.expr(t.Key()), s.expr(t.Elem()); k != nil && e != nil {
			return &ast.MapType{Map: s.pos, Key: k, Value: e}
		}
	case *types.Chan:
		dir := map[types.ChanDir]ast.ChanDir{types.SendRecv: ast.SEND | ast.RECV, types.SendOnly: ast.SEND, types.RecvOnly: ast.RECV}
		if e := s.expr(t.Elem()); e != nil {
			return &ast.ChanType{Begin: s.pos, Arrow: s.pos, Dir: dir[t.Dir()], Value: e}
		}
	case *types.Signature:
		if f := s.signature(t); f != nil {
			return f
		}
	case *types.Struct:
		return s.structure(t)
	case *types.Interface:
		return s.iface(t)
	}
	return nil
}

func (s *speller) named(t *types.Named) ast.Expr {
	obj := t.Obj()
	var e ast.Expr
	switch {
	case obj.Pkg() == nil:
		e = s.ident(obj.Name())
	case own(obj):
		e = s.ident(s.local(obj.Name()))
		if obj.Parent() != obj.Pkg().Scope() {
			e = s.ident(obj.Name())
		}
	case !obj.Exported() || !token.IsIdentifier(obj.Name()):
		return nil
	default:
		name, ok := s.pkg(obj.Pkg().Path())
		if !ok {
			return nil
		}
		e = &ast.SelectorExpr{X: s.ident(name), Sel: s.ident(obj.Name())}
	}
	if args := t.TypeArgs(); args.Len() > 0 {
		list := make([]ast.Expr, args.Len())
		for i := range list {
			if list[i] = s.expr(args.At(i)); list[i] == nil {
				return nil
			}
		}
		if len(list) == 1 {
			return &ast.IndexExpr{X: e, Lbrack: s.pos, Index: list[0], Rbrack: s.pos}
		}
		return &ast.IndexListExpr{X: e, Lbrack: s.pos, Indices: list, Rbrack: s.pos}
	}
	return e
}

// signature is the type of a function without the names of its parameters.
func (s *speller) signature(t *types.Signature) *ast.FuncType {
	in, ok := s.fields(t.Params())
	out, ok2 := s.fields(t.Results())
	if !ok || !ok2 {
		return nil
	}
	if t.Variadic() {
		last := in.List[len(in.List)-1]
		elem := s.expr(t.Params().At(t.Params().Len() - 1).Type().(*types.Slice).Elem())
		last.Type = &ast.Ellipsis{Ellipsis: s.pos, Elt: elem}
	}
	f := &ast.FuncType{Func: s.pos, Params: in}
	if t.Results().Len() > 0 {
		f.Results = out
	}
	return f
}

func (s *speller) fields(t *types.Tuple) (*ast.FieldList, bool) {
	l := &ast.FieldList{Opening: s.pos, Closing: s.pos}
	for v := range t.Variables() {
		e := s.expr(v.Type())
		if e == nil {
			return nil, false
		}
		l.List = append(l.List, &ast.Field{Type: e})
	}
	return l, true
}

func (s *speller) structure(t *types.Struct) ast.Expr {
	l := &ast.FieldList{Opening: s.pos, Closing: s.pos}
	for i := range t.NumFields() {
		f := t.Field(i)
		e := s.expr(f.Type())
		if e == nil || !f.Exported() && !own(f) {
			return nil
		}
		field := &ast.Field{Type: e}
		if !f.Embedded() {
			field.Names = []*ast.Ident{s.ident(f.Name())}
		}
		if tag := t.Tag(i); tag != "" {
			field.Tag = &ast.BasicLit{ValuePos: s.pos, Kind: token.STRING, Value: strconv.Quote(tag)}
		}
		l.List = append(l.List, field)
	}
	return &ast.StructType{Struct: s.pos, Fields: l}
}

func (s *speller) iface(t *types.Interface) ast.Expr {
	l := &ast.FieldList{Opening: s.pos, Closing: s.pos}
	for m := range t.ExplicitMethods() {
		f := s.signature(m.Signature())
		if f == nil {
			return nil
		}
		l.List = append(l.List, &ast.Field{Names: []*ast.Ident{s.ident(m.Name())}, Type: f})
	}
	for e := range t.EmbeddedTypes() {
		x := s.expr(e)
		if x == nil {
			return nil
		}
		l.List = append(l.List, &ast.Field{Type: x})
	}
	return &ast.InterfaceType{Interface: s.pos, Methods: l}
}

// mentions collects the names of the session's own types in t.
func mentions(t types.Type, into map[string]bool) {
	seen := map[types.Type]bool{}
	var walk func(types.Type)
	tuple := func(t *types.Tuple) {
		for v := range t.Variables() {
			walk(v.Type())
		}
	}
	walk = func(t types.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		switch t := t.(type) {
		case *types.Alias:
			walk(types.Unalias(t))
		case *types.Named:
			if own(t.Obj()) {
				into[t.Obj().Name()] = true
			}
			for a := range t.TypeArgs().Types() {
				walk(a)
			}
		case interface{ Elem() types.Type }: // pointers, slices, arrays, channels, maps
			walk(t.Elem())
			if m, ok := t.(*types.Map); ok {
				walk(m.Key())
			}
		case *types.Signature:
			tuple(t.Params())
			tuple(t.Results())
		case *types.Struct:
			for f := range t.Fields() {
				walk(f.Type())
			}
		case *types.Interface:
			for m := range t.ExplicitMethods() {
				walk(m.Type())
			}
			for e := range t.EmbeddedTypes() {
				walk(e)
			}
		}
	}
	walk(t)
}
