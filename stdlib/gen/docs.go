package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// docs are texts that tell for every package what its exported names mean and
// how their functions are declared, which neither reflection nor a binary knows.
// Those of Go and gonum, 5 MB that change with a new version, are an archive.
// Those of this module are files, by their names, so that a change of one
// shows. Package stdlib tells the text's form where it reads it.
func docs(wanted []listed, pkgs []*types.Package) (archive []byte, own map[string]string, err error) {
	of := map[string]map[string]string{} // comments by path and name
	for _, l := range wanted {
		c, err := comments(l)
		if err != nil {
			return nil, nil, err
		}
		of[l.ImportPath] = c
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := z.SetComment(runtime.Version()); err != nil {
		return nil, nil, err
	}
	own = map[string]string{}
	for _, pkg := range pkgs {
		t := text(pkg, of)
		if strings.HasPrefix(pkg.Path(), module+"/") {
			own[mangle(pkg.Path())+".txt"] = t
		} else if err := add(z, pkg.Path(), t); err != nil {
			return nil, nil, err
		}
	}
	i := slices.IndexFunc(wanted, func(l listed) bool { return l.ImportPath == "fmt" })
	predeclared, err := builtins(filepath.Join(filepath.Dir(wanted[i].Dir), "builtin", "builtin.go"))
	if err != nil {
		return nil, nil, err
	}
	if err := add(z, "builtin", predeclared); err != nil {
		return nil, nil, err
	}
	if err := z.Close(); err != nil {
		return nil, nil, err
	}
	return b.Bytes(), own, nil
}

func add(z *zip.Writer, name, text string) error {
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	return err
}

// builtins is the text for what Go predeclares, whose comments begin with the
// declaration.
func builtins(path string) (string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	docs := map[string]string{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			var b bytes.Buffer
			short := *d
			short.Doc = nil
			if err := format.Node(&b, fset, &short); err != nil {
				return "", err
			}
			docs[d.Name.Name] = b.String() + "\n\n" + d.Doc.Text()
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					docs[s.Name.Name] = "type " + s.Name.Name + "\n\n" + first(s.Doc.Text(), d.Doc.Text())
				case *ast.ValueSpec:
					docs[s.Names[0].Name] = d.Tok.String() + " " + s.Names[0].Name + "\n\n" + first(s.Doc.Text(), d.Doc.Text())
				}
			}
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		write(&b, name, "", docs[name])
	}
	return b.String(), nil
}

// comments are the comments of a package's exported names, from its source:
// "" is the package's own, and methods and fields are called "T.M".
func comments(l listed) (map[string]string, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Concat(l.GoFiles, l.CgoFiles) {
		f, err := parser.ParseFile(fset, filepath.Join(l.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, l.ImportPath)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.ImportPath, err)
	}
	all := map[string]string{"": p.Doc}
	values := func(vs []*doc.Value) {
		for _, v := range vs {
			for _, s := range v.Decl.Specs {
				s := s.(*ast.ValueSpec)
				for _, id := range s.Names {
					all[id.Name] = first(s.Doc.Text(), s.Comment.Text(), v.Doc)
				}
			}
		}
	}
	funcs := func(recv string, fs []*doc.Func) {
		for _, f := range fs {
			all[recv+f.Name] = f.Doc
		}
	}
	values(p.Consts)
	values(p.Vars)
	funcs("", p.Funcs)
	for _, t := range p.Types {
		all[t.Name] = t.Doc
		values(t.Consts)
		values(t.Vars)
		funcs("", t.Funcs)
		funcs(t.Name+".", t.Methods)
		for _, s := range t.Decl.Specs {
			var list *ast.FieldList
			switch x := s.(*ast.TypeSpec).Type.(type) {
			case *ast.StructType:
				list = x.Fields
			case *ast.InterfaceType:
				list = x.Methods
			}
			if list == nil {
				continue
			}
			for _, f := range list.List {
				for _, id := range f.Names {
					all[t.Name+"."+id.Name] = first(f.Doc.Text(), f.Comment.Text())
				}
			}
		}
	}
	return all, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// text is a package's part of the archive.
func text(pkg *types.Package, of map[string]map[string]string) string {
	signatures := map[string]string{}
	docs := map[string]string{"": of[pkg.Path()][""]}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if !obj.Exported() {
			continue
		}
		docs[name] = of[pkg.Path()][name]
		switch obj := obj.(type) {
		case *types.Func:
			signatures[name] = signature(obj)
		case *types.TypeName:
			if s, ok := obj.Type().Underlying().(*types.Struct); ok {
				for f := range s.Fields() {
					if key := name + "." + f.Name(); f.Exported() {
						docs[key] = of[pkg.Path()][key]
					}
				}
			}
			t := obj.Type()
			if !types.IsInterface(t) {
				t = types.NewPointer(t)
			}
			for m := range types.NewMethodSet(t).Methods() {
				f := m.Obj().(*types.Func)
				if f.Exported() {
					key := name + "." + f.Name()
					signatures[key], docs[key] = signature(f), of[pkg.Path()][key]
					if from := home(f); from != "" && docs[key] == "" && f.Pkg() != nil { // promoted
						docs[key] = of[f.Pkg().Path()][from+"."+f.Name()]
					}
				}
			}
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		if docs[name] != "" || signatures[name] != "" {
			write(&b, name, signatures[name], docs[name])
		}
	}
	return b.String()
}

func write(b *strings.Builder, name, signature, doc string) {
	b.WriteString(strings.TrimSpace(name+" "+signature) + "\n")
	for line := range strings.Lines(strings.TrimSpace(doc)) {
		b.WriteString("\t" + strings.TrimRight(line, " \n") + "\n")
	}
}

// home is the name of the type that declares a method.
func home(f *types.Func) string {
	t := f.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

// made is the name that the compiler gives to a result without one.
var made = regexp.MustCompile(`#rv\d+ `)

// signature is the type of a function with the names of its parameters.
func signature(f *types.Func) string {
	text := types.TypeString(f.Type(), func(p *types.Package) string { return p.Name() })
	if before, result, ok := strings.Cut(text, " (#rv1 "); ok && f.Signature().Results().Len() == 1 {
		return before + " " + strings.TrimSuffix(result, ")")
	}
	return made.ReplaceAllString(text, "")
}
