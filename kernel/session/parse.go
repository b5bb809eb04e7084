package session

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A unit is one cell as Go sees it: imports, declarations and statements, in
// any order in the text, apart here.
type unit struct {
	number int    // of the cell, for people
	file   string // of its positions, different for every unit
	src    string

	imports []*ast.ImportSpec
	decls   []*decl    // types, constants, functions and methods, in order
	stmts   []ast.Stmt // the rest, variables among them, in order
	start   token.Pos  // where declarations may begin
	begin   token.Pos  // where statements may begin

	declsAt, stmtsAt token.Pos // of offset 0 among declarations and among statements

	paths  map[string]string      // import paths by the names under which the unit knows them
	dots   []string               // import paths with a dot
	kept   map[string]string      // the same for checked declarations (see kept.go)
	magics map[ast.Stmt]directive // of statements that have one
	native bool                   // the cell begins with %%native, and could be built
}

// A decl is one declaration of a cell.
type decl struct {
	names []string // that it declares; of a method "T.M"
	recv  string   // the receiver's type, of a method
	node  ast.Decl
	unit  *unit
	text  string
	from  int             // where the text is in the unit's source
	sig   string          // of a function or method: the texts of its parameters' and results' types
	uses  map[string]bool // the session's names that it mentions
	info  *types.Info     // of a generic function: what the checker found in it

	effects *effects // of a function or method
}

// parse reads a cell. It returns what it understood also when there are
// problems.
func parse(fset *token.FileSet, file string, number int, src string) (*unit, []problem) {
	src = strings.TrimPrefix(src, "\ufeff") // as the compiler takes a byte order mark off a file
	u := &unit{number: number, file: file, src: src, paths: map[string]string{}, kept: map[string]string{}}
	text, is := cutNative(src)
	u.native = is
	text, magics, problems := directives(text)
	if len(problems) > 0 {
		return u, problems
	}
	decls, stmts, program, problems := split(text)
	if len(problems) > 0 {
		return u, problems
	}
	line := fmt.Sprintf("\n//line %s:1:1\n", file)

	const name = "package cell"
	f, err := parser.ParseFile(fset, unitBase, name+line+decls+"\n", parser.SkipObjectResolution)
	problems = append(problems, u.syntax(err)...)
	u.start = f.Package
	u.declsAt = u.start + token.Pos(len(name+line))
	inits, blanks := 0, 0
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body == nil {
				problems = append(problems, problem{fset.Position(d.Name.Pos()), "func " + d.Name.Name + " has no body"})
			}
			if d.Recv == nil && d.Name.Name == "init" {
				switch {
				case d.Type.TypeParams != nil:
					problems = append(problems, problem{fset.Position(d.Name.Pos()), "func init must have no type parameters"})
				case d.Type.Params.NumFields() > 0 || d.Type.Results.NumFields() > 0:
					problems = append(problems, problem{fset.Position(d.Name.Pos()), "func init must have no arguments and no return values"})
				}
				inits++
				d.Name.Name = initName(inits)
			}
			if d.Name.Name == "_" { // of which there may be several, and which nothing can use
				blanks++
				d.Name.Name = fmt.Sprintf("blank%s%d%s%d", mark, number, mark, blanks)
			}
			u.addFunc(fset, d)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.ImportSpec); ok {
					u.imports = append(u.imports, s)
				}
			}
		}
	}

	const head = "package cell; func _() {"
	f, err = parser.ParseFile(fset, unitBase, head+line+stmts+"\n}\n", parser.SkipObjectResolution)
	problems = append(problems, u.syntax(err)...)
	u.begin = f.Package
	u.stmtsAt = u.begin + token.Pos(len(head+line))
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
			for _, s := range d.Body.List {
				u.addStmt(fset, s)
			}
		}
	}
	if len(problems) == 0 {
		u.arrange(fset, inits, program)
		problems = u.placeDirectives(fset, magics)
	}
	return u, problems
}

func (u *unit) addFunc(fset *token.FileSet, d *ast.FuncDecl) {
	n := u.decl(fset, d, d)
	n.names = []string{d.Name.Name}
	n.sig = u.signature(fset, d.Type)
	if d.Recv != nil && len(d.Recv.List) > 0 {
		n.recv = receiver(d.Recv.List[0].Type)
		n.names[0] = n.recv + "." + d.Name.Name
		for i, p := range receiverParams(d.Recv.List[0].Type) { // under any name
			n.sig = regexp.MustCompile(`\b`+regexp.QuoteMeta(p)+`\b`).ReplaceAllString(n.sig, mark+strconv.Itoa(i))
		}
	}
	u.decls = append(u.decls, n)
}

// signature is the text of a function's type without the names in it.
func (u *unit) signature(fset *token.FileSet, f *ast.FuncType) string {
	list := func(fields *ast.FieldList) string {
		var types []string
		if fields != nil {
			for _, field := range fields.List {
				_, t := u.text(fset, field.Type)
				types = append(types, slices.Repeat([]string{t}, max(1, len(field.Names)))...)
			}
		}
		return strings.Join(types, ", ")
	}
	return list(f.Params) + " -> " + list(f.Results)
}

// receiver is the name of a receiver's type.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.ParenExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	}
	return ""
}

// receiverParams are the names of the type parameters of a receiver.
func receiverParams(t ast.Expr) (names []string) {
	var list []ast.Expr
	switch t := ast.Unparen(t).(type) {
	case *ast.StarExpr:
		return receiverParams(t.X)
	case *ast.IndexExpr:
		list = []ast.Expr{t.Index}
	case *ast.IndexListExpr:
		list = t.Indices
	}
	for _, x := range list {
		if id, ok := x.(*ast.Ident); ok {
			names = append(names, id.Name)
		}
	}
	return names
}

// addStmt takes types and constants among the statements as declarations.
func (u *unit) addStmt(fset *token.FileSet, s ast.Stmt) {
	d, ok := s.(*ast.DeclStmt)
	if !ok {
		if _, ok := s.(*ast.EmptyStmt); !ok {
			u.stmts = append(u.stmts, s)
		}
		return
	}
	g := d.Decl.(*ast.GenDecl)
	switch g.Tok {
	case token.VAR:
		u.stmts = append(u.stmts, s)
	case token.CONST: // kept together: iota counts over the group
		n := u.decl(fset, g, g)
		for _, s := range g.Specs {
			for _, id := range s.(*ast.ValueSpec).Names {
				if id.Name != "_" {
					n.names = append(n.names, id.Name)
				}
			}
		}
		if len(n.names) > 0 {
			u.decls = append(u.decls, n)
		}
	case token.TYPE:
		for _, s := range g.Specs {
			t := s.(*ast.TypeSpec)
			one := &ast.GenDecl{TokPos: g.TokPos, Tok: token.TYPE, Specs: []ast.Spec{t}}
			n := u.decl(fset, one, t)
			n.names = []string{t.Name.Name}
			u.decls = append(u.decls, n)
		}
	}
}

// decl begins a declaration whose text is that of a part of it.
func (u *unit) decl(fset *token.FileSet, node ast.Decl, part ast.Node) *decl {
	d := &decl{node: node, unit: u}
	d.from, d.text = u.text(fset, part)
	return d
}

// text is the source of a node of the unit, and where it begins.
func (u *unit) text(fset *token.FileSet, n ast.Node) (from int, text string) {
	from, to := u.offset(fset.Position(n.Pos())), u.offset(fset.Position(n.End()))
	return from, u.src[from:max(from, to)]
}

// offset is the place of a position in the unit's source.
func (u *unit) offset(p token.Position) int {
	at := 0
	for range p.Line - 1 {
		n := strings.IndexByte(u.src[at:], '\n')
		if n < 0 {
			return len(u.src)
		}
		at += n + 1
	}
	return min(at+max(p.Column-1, 0), len(u.src))
}

// syntax turns the parser's errors into problems.
func (u *unit) syntax(err error) []problem {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return nil
	}
	list.RemoveMultiples()
	var ps []problem
	lines := strings.Count(u.src, "\n") + 1
	for _, e := range list {
		if e.Pos.Line > lines { // behind the cell is what the parser was given to end it
			if len(ps) > 0 {
				continue
			}
			e.Msg = strings.Replace(e.Msg, "found '}'", "found the end of the cell", 1)
			e.Msg = strings.Replace(e.Msg, "found 'EOF'", "found the end of the cell", 1)
		}
		if e.Msg == "imports must appear before other declarations" {
			continue // not in a cell
		}
		ps = append(ps, problem{e.Pos, e.Msg + u.otherwise(e)})
	}
	return ps
}

// elsewhere are words with which other languages begin a statement, and Go's.
var elsewhere = map[string]string{
	"while": "for", "foreach": "for ... := range", "until": "for", "def": "func", "function": "func", "fn": "func", "let": ":=",
	"class": "type ... struct", "try": "if err != nil", "raise": "return an error", "throw": "return an error", "elif": "else if",
}

// otherwise says what to write in place of what a parser found, where that can be told.
func (u *unit) otherwise(e *scanner.Error) string {
	switch {
	case e.Msg == "expected 1 expression":
		return "; a cell shows one last value, and fmt.Println(a, b) prints several"
	case strings.HasPrefix(e.Msg, "expected ';'"):
		whole := strings.Split(u.src, "\n")[e.Pos.Line-1]
		line := strings.TrimLeft(whole, " \t}")
		word := line[:strings.IndexFunc(line+" ", func(r rune) bool { return !unicode.IsLetter(r) })]
		rest := strings.TrimLeft(line[len(word):], " \t")
		// Elsewhere in the line the word is a name of the user's own.
		here := e.Pos.Column - 1
		first := here == len(whole)-len(line) || here == len(whole)-len(rest) || rest[:min(1, len(rest))] == "(" && strings.HasSuffix(e.Msg, "found '{'")
		if instead := elsewhere[word]; instead != "" && first {
			return "; Go has no " + word + ", but " + instead
		}
	}
	return ""
}

// A lexeme is a token of a cell.
type lexeme struct {
	offset int
	tok    token.Token
	lit    string
}

// lex reads the tokens of a cell; errors are the parser's business.
func lex(src string) []lexeme {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(f, []byte(src), func(token.Position, string) {}, 0)
	var all []lexeme
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return all
		}
		all = append(all, lexeme{f.Offset(pos), tok, lit})
	}
}

// same reports whether a declaration is an earlier one again. Comments and blanks are no
// part of types and constants, as a change of a type takes its variables away.
func (d *decl) same(old *decl) bool {
	if d.text == old.text {
		return true
	}
	_, is := d.node.(*ast.GenDecl)
	return is && slices.Equal(tokens(d.text), tokens(old.text))
}

// tokens are those of a declaration but for semicolons at the end of a list.
func tokens(src string) (all []string) {
	toks := lex(src)
	for i, t := range toks {
		switch {
		case t.tok != token.SEMICOLON:
			all = append(all, cmp.Or(t.lit, t.tok.String()))
		case i+1 < len(toks) && toks[i+1].tok != token.RBRACE && toks[i+1].tok != token.RPAREN:
			all = append(all, ";")
		}
	}
	return all
}

// split gives the imports and functions of a cell apart from its statements.
// Both texts are as long as the cell, with blanks for what the other one has,
// so that every position in them is one in the cell. A program begins with
// package main, which neither of them has.
func split(src string) (decls, stmts string, program bool, problems []problem) {
	d, s := blank(src), []byte(src)
	depth := 0
	first := true // of a statement
	toks := lex(src)
	for i := 0; i < len(toks); i++ {
		t := toks[i]
		if depth == 0 && first {
			if t.tok == token.PACKAGE {
				if i > 0 || len(toks) < 2 || toks[1].lit != "main" {
					return "", "", false, []problem{at(src, t.offset, "a cell has no package clause, but for package main at its beginning: leave it out")}
				}
				program = true
				i = skip(toks, i)
				copy(s[t.offset:], blank(src[t.offset:toks[1].offset+len("main")]))
				continue
			}
			if t.tok == token.IMPORT || t.tok == token.FUNC && declares(toks[i:]) {
				end := skip(toks, i)
				to := len(src)
				if end < len(toks) {
					to = toks[end].offset
				}
				copy(d[t.offset:to], src[t.offset:to])
				copy(s[t.offset:to], blank(src[t.offset:to]))
				i = end
				continue
			}
		}
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if depth--; depth < 0 {
				return "", "", false, []problem{at(src, t.offset, fmt.Sprintf("unexpected %s: nothing is open here", t.tok))}
			}
		}
		first = t.tok == token.SEMICOLON
	}
	return string(d), string(s), program, nil
}

// declares reports whether tokens that begin with func declare a function or a
// method, and are no function literal.
func declares(toks []lexeme) bool {
	tok := func(i int) token.Token {
		if i < len(toks) {
			return toks[i].tok
		}
		return token.EOF
	}
	if tok(1) == token.IDENT {
		return true
	}
	if tok(1) != token.LPAREN {
		return false
	}
	depth := 0
	for i := 1; i < len(toks); i++ {
		switch tok(i) {
		case token.LPAREN:
			depth++
		case token.RPAREN:
			if depth--; depth == 0 {
				return tok(i+1) == token.IDENT && tok(i+2) == token.LPAREN
			}
		}
	}
	return false
}

// skip is the place of the semicolon that ends the declaration at i, or the
// number of tokens.
func skip(toks []lexeme, i int) int {
	depth := 0
	for ; i < len(toks); i++ {
		switch toks[i].tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.SEMICOLON:
			if depth <= 0 {
				return i
			}
		}
	}
	return i
}

// blank is src with a blank for every byte of a line.
func blank(src string) []byte {
	b := []byte(src)
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
	return b
}
