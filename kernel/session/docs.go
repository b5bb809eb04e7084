package session

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/doc"
	"go/doc/comment"
	"go/scanner"
	"go/token"
	"go/types"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

// describeObject is an object's declaration as Go writes it and what its
// comment says: the first sentence, or with detail all of it. Of is the type
// that has it, if it is a field or a method.
func (k *checker) describeObject(obj types.Object, of types.Type, src string, detail int) string {
	if obj.Parent() == types.Universe {
		head, text, _ := strings.Cut(stdlib.Docs("builtin")[obj.Name()].Text, "\n")
		return joined(head, told(text, detail))
	}
	switch obj := obj.(type) {
	case *types.PkgName:
		return k.describePackage(obj.Imported().Path(), detail)
	case *types.TypeName:
		return k.describeType(obj, src, detail)
	}
	text := k.doc(obj, of, src).Text
	if n := named(of); text == "" && n != nil && types.IsInterface(n) {
		text = k.doc(n.Obj(), nil, src).Text
	}
	return joined(declaration(obj, of), told(text, detail))
}

func (k *checker) describePackage(path string, detail int) string {
	head := fmt.Sprintf("package %s // import %q", k.world.names[path], path)
	return joined(head, told(stdlib.Docs(path)[""].Text, detail))
}

// describeType is a type with its fields and methods, each with the first
// sentence of its comment.
func (k *checker) describeType(obj *types.TypeName, src string, detail int) string {
	var b strings.Builder
	b.WriteString("type " + qualified(obj))
	t := obj.Type()
	line := func(text, comment string) {
		b.WriteString("\n\t" + text)
		if c := told(comment, 0); c != "" {
			b.WriteString(" // " + strings.ReplaceAll(c, "\n", " "))
		}
	}
	if n, ok := t.(*types.Named); ok {
		b.WriteString(typeParams(n.TypeParams()))
	}
	hidden := false
	switch u := t.Underlying().(type) {
	case *types.Struct:
		b.WriteString(" struct {")
		for f := range u.Fields() {
			if !f.Exported() && !own(f) {
				hidden = true
				continue
			}
			text := types.TypeString(f.Type(), qualifier)
			if !f.Embedded() {
				text = f.Name() + " " + text
			}
			line(text, k.doc(f, t, src).Text)
		}
		if hidden {
			b.WriteString("\n\t// and unexported fields")
		}
		b.WriteString("\n}")
	case *types.Interface:
		b.WriteString(" interface {")
		for e := range u.EmbeddedTypes() {
			b.WriteString("\n\t" + types.TypeString(e, qualifier))
		}
		for m := range u.ExplicitMethods() {
			line(m.Name()+strings.TrimPrefix(signature(m, t), "func"), k.doc(m, t, src).Text)
		}
		b.WriteString("\n}")
	default:
		if obj.IsAlias() {
			b.WriteString(" =")
		}
		b.WriteString(" " + types.TypeString(u, qualifier))
	}
	text := joined(strings.ReplaceAll(b.String(), "{\n}", "{}"), told(k.doc(obj, nil, src).Text, detail))
	if types.IsInterface(t) {
		return text
	}
	var methods []string
	for m := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		if !m.Obj().Exported() && !own(m.Obj()) {
			continue
		}
		method := declaration(m.Obj(), t)
		if d := told(k.doc(m.Obj(), t, src).Text, 0); d != "" && detail > 0 {
			method += "\n\t" + strings.ReplaceAll(d, "\n", "\n\t")
		}
		methods = append(methods, method)
	}
	return joined(text, strings.Join(methods, "\n"))
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n\n" + b
}

// qualified is an object's name with that of its package.
func qualified(obj types.Object) string {
	if own(obj) || obj.Pkg() == nil {
		return obj.Name()
	}
	return obj.Pkg().Name() + "." + obj.Name()
}

// declaration is how Go would declare an object, with the names of a
// function's parameters.
func declaration(obj types.Object, of types.Type) string {
	switch obj := obj.(type) {
	case *types.Const:
		text := types.ObjectString(obj, qualifier)
		if !strings.Contains(text, "=") {
			text += " = " + exact(obj.Val())
		}
		return text
	case *types.Func:
		params := strings.TrimPrefix(signature(obj, of), "func")
		recv := obj.Signature().Recv()
		switch {
		case of != nil && types.IsInterface(of):
			return "func (" + types.TypeString(of, qualifier) + ") " + obj.Name() + params
		case recv == nil:
			return "func " + qualified(obj) + params
		}
		name := ""
		if own(obj) && recv.Name() != "" {
			name = recv.Name() + " "
		}
		return "func (" + name + types.TypeString(recv.Type(), qualifier) + ") " + obj.Name() + params
	}
	return types.ObjectString(obj, qualifier)
}

// exact is a constant as short as it can be without losing digits.
func exact(v constant.Value) string {
	if v.Kind() == constant.Float {
		f, _ := constant.Float64Val(v)
		return fmt.Sprint(f)
	}
	return v.String()
}

func typeParams(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var all []string
	for p := range list.TypeParams() {
		all = append(all, p.Obj().Name()+" "+types.TypeString(p.Constraint(), qualifier))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// signature is the type of a function with the names of its parameters, which
// reflection does not know.
func signature(f *types.Func, of types.Type) string {
	if d, ok := libraryDoc(f, of); ok && d.Signature != "" {
		return d.Signature
	}
	return types.TypeString(f.Type(), qualifier)
}

// libraryDoc is what a package's source says of one of its objects.
func libraryDoc(obj types.Object, of types.Type) (stdlib.Doc, bool) {
	name, pkg := obj.Name(), obj.Pkg()
	if n := holder(obj, of); n != nil {
		name, pkg = n.Obj().Name()+"."+name, n.Obj().Pkg()
	}
	if pkg == nil {
		return stdlib.Doc{}, false
	}
	d, ok := stdlib.Docs(pkg.Path())[name]
	return d, ok
}

// holder is the named type that declares a field or method of a type.
func holder(obj types.Object, of types.Type) *types.Named {
	if f, ok := obj.(*types.Func); ok && f.Signature().Recv() != nil {
		if n := named(f.Signature().Recv().Type()); n != nil && n.Obj().Pkg() != nil {
			return n
		}
	}
	if of == nil {
		return nil
	}
	_, path, _ := types.LookupFieldOrMethod(of, true, obj.Pkg(), obj.Name())
	t := of
	for i := range path {
		n := named(t)
		if i == len(path)-1 {
			return n
		}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok {
			return n
		}
		t = s.Field(path[i]).Type()
	}
	return nil
}

// doc is what the source says of an object: the session's cells, the cell that
// is being typed (src), or a package.
func (k *checker) doc(obj types.Object, of types.Type, src string) stdlib.Doc {
	if !own(obj) {
		d, _ := libraryDoc(obj, of)
		return d
	}
	if !obj.Pos().IsValid() {
		return stdlib.Doc{}
	}
	p := k.fset.Position(obj.Pos())
	if u := k.known[p.Filename]; u != nil {
		src = u.src
	}
	return stdlib.Doc{Text: commentAt(src, p.Line)}
}

// commentAt is the comment of what is declared on a line: the one that ends on
// the line before, or one behind it.
func commentAt(src string, line int) string {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(src))
	var sc scanner.Scanner
	sc.Init(f, []byte(src), func(token.Position, string) {}, scanner.ScanComments)
	var above, behind []*ast.Comment
	code, end := 0, 0 // the line of the last token, and where the comments above end
	for {
		pos, tok, lit := sc.Scan()
		at := f.Line(pos)
		if tok == token.EOF || at > line {
			break
		}
		if tok != token.COMMENT {
			if tok != token.SEMICOLON || lit == ";" {
				code = at
			}
			continue
		}
		c := &ast.Comment{Text: lit}
		switch {
		case at == line && code == line:
			behind = append(behind, c)
		case at > code:
			if at != end+1 {
				above = nil
			}
			above = append(above, c)
			end = at + strings.Count(lit, "\n")
		}
	}
	if end == line-1 && above != nil {
		return (&ast.CommentGroup{List: above}).Text()
	}
	return (&ast.CommentGroup{List: behind}).Text()
}

// told is a comment as plain text: its first sentence, or with detail all.
func told(text string, detail int) string {
	if detail == 0 {
		text = new(doc.Package).Synopsis(text)
	}
	p := comment.Parser{
		LookupPackage: func(name string) (string, bool) { return name, true },
		LookupSym:     func(string, string) bool { return true },
	}
	printer := comment.Printer{TextWidth: 100}
	return strings.TrimSpace(string(printer.Text(p.Parse(text))))
}
