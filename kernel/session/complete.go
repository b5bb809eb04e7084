package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Candidate is one completion of a word.
type Candidate struct {
	Text string
	Kind string // "function", "method", "type", "constant", "variable", "field", "package" or "keyword"
	Type string // as Go writes it
}

// Complete lists what may stand in place of code[start:end], the word around
// the cursor, a byte offset.
func (s *Session) Complete(code string, cursor int) (start, end int, found []Candidate) {
	cursor = min(max(cursor, 0), len(code))
	start, end = word(code, cursor)
	prefix := code[start:cursor]
	s.mu.Lock()
	defer s.mu.Unlock()
	if path, quote := importing(code[:cursor]); quote >= 0 {
		return quote, cursor, s.completePath(path)
	}
	q := s.query(code, start)
	if q == nil {
		return start, end, nil
	}
	if q.selector != nil {
		found = q.members()
	} else {
		found = s.names0(q)
	}
	found = slices.DeleteFunc(found, func(c Candidate) bool { return !strings.HasPrefix(strings.ToLower(c.Text), strings.ToLower(prefix)) })
	slices.SortFunc(found, func(a, b Candidate) int { // what begins as written goes first
		if x, y := strings.HasPrefix(a.Text, prefix), strings.HasPrefix(b.Text, prefix); x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	})
	return start, end, slices.CompactFunc(found, func(a, b Candidate) bool { return a.Text == b.Text })
}

// Inspect says what the name around the cursor is: its declaration as Go
// writes it, and ok whether there is such a name.
func (s *Session) Inspect(code string, cursor int) (text string, ok bool) {
	cursor = min(max(cursor, 0), len(code))
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok = s.describe(code, cursor); ok {
		return text, true
	}
	if open := opening(code[:cursor]); open > 0 { // among a call's arguments
		return s.describe(code, open)
	}
	return "", false
}

// opening is the offset of the last parenthesis that is open at the end, or -1.
func opening(code string) int {
	var open []int
	for _, t := range lex(code) {
		switch t.tok {
		case token.LPAREN:
			open = append(open, t.offset)
		case token.RPAREN:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

// describe says what the name at an offset is.
func (s *Session) describe(code string, at int) (text string, ok bool) {
	start, end := word(code, at)
	name := code[start:end]
	if !token.IsIdentifier(name) {
		return "", false
	}
	q := s.query(code, start)
	if q == nil {
		return "", false
	}
	obj := q.lookup(name)
	if obj == nil {
		if path, err := s.world.choose(name, nil); err == nil && q.selector == nil {
			return "package " + name + " // import \"" + path + "\"", true
		}
		return "", false
	}
	text = types.ObjectString(obj, qualifier)
	if t, ok := obj.(*types.TypeName); ok {
		for m := range types.NewMethodSet(types.NewPointer(t.Type())).Methods() {
			if m.Obj().Exported() {
				text += "\n" + types.ObjectString(m.Obj(), qualifier)
			}
		}
	}
	return text, true
}

func qualifier(p *types.Package) string {
	if p.Path() == sessionPath {
		return ""
	}
	return p.Name()
}

// word is the extent of the identifier around an offset.
func word(code string, at int) (start, end int) {
	letter := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	for start = at; start > 0; {
		r, n := utf8.DecodeLastRuneInString(code[:start])
		if !letter(r) {
			break
		}
		start -= n
	}
	for end = at; end < len(code); {
		r, n := utf8.DecodeRuneInString(code[end:])
		if !letter(r) {
			break
		}
		end += n
	}
	return start, end
}

// importing gives the path that is being written in an import, and the offset
// of its beginning, or -1.
func importing(before string) (path string, quote int) {
	line := before[strings.LastIndexByte(before, '\n')+1:]
	open := strings.LastIndexByte(line, '"')
	if open < 0 || strings.Count(line, `"`)%2 == 0 {
		return "", -1
	}
	head := strings.Fields(line[:open])
	if len(head) > 2 || !(len(head) > 0 && head[0] == "import") && !strings.Contains(before, "import (") {
		return "", -1
	}
	return line[open+1:], len(before) - len(line) + open + 1
}

func (s *Session) completePath(prefix string) (found []Candidate) {
	for _, path := range sortedKeys(s.world.symbols) {
		if strings.HasPrefix(path, prefix) && path != hooksPath {
			found = append(found, Candidate{path, "package", ""})
		}
	}
	return found
}

// A query is a cell cut off at a place, checked as far as it goes.
type query struct {
	scope    *types.Scope // innermost at the place
	pos      token.Pos
	pkg      *types.Package
	selector ast.Expr   // what stands before the dot, if one does
	typ      types.Type // of that
	imported *types.Package
}

// query checks the cell up to an offset, where a name of its own is put.
func (s *Session) query(code string, start int) *query {
	before := code[:start] + mark
	src := before + closers(before)
	u, _ := parse(s.engine.fileSet(), "query", 0, src)
	if len(u.decls)+len(u.stmts) == 0 {
		return nil
	}
	s.imports(s.state, u) // what is not found out stays undefined
	c := &checked{unit: u, base: s.state, fresh: u.decls, turned: map[string]bool{}}
	live := s.world0(c, c.affected())
	cp := &checkpass{s: s, c: c, live: live}
	if len(u.stmts) > 0 {
		cp.run(u.stmts, false)
		if contains(u.stmts, mark) {
			for _, st := range u.stmts {
				if q := cp.find(st); q != nil {
					return q
				}
			}
			return nil
		}
		c.stmts = cp.info
		c.collectTops()
		live = live.clone()
		for _, t := range c.tops {
			live.forget(t.obj.Name())
			live.vars[t.obj.Name()] = newVariable(t.obj.Name(), t.obj.Type())
		}
		cp = &checkpass{s: s, c: c, live: live}
	}
	cp.run(nil, true)
	for _, d := range u.decls {
		if q := cp.find(d.node); q != nil {
			return q
		}
	}
	return nil
}

func contains(stmts []ast.Stmt, name string) (found bool) {
	for _, s := range stmts {
		ast.Inspect(s, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && id.Name == name
			return !found
		})
	}
	return found
}

// find looks for the placeholder below a node.
func (cp *checkpass) find(root ast.Node) (q *query) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if n.Sel.Name == mark {
				q = &query{pos: n.Pos(), pkg: cp.pkg, selector: n.X, typ: cp.info.TypeOf(n.X)}
				if id, ok := n.X.(*ast.Ident); ok {
					if p, ok := cp.info.Uses[id].(*types.PkgName); ok {
						q.imported = p.Imported()
					}
				}
			}
		case *ast.Ident:
			if n.Name == mark && q == nil {
				q = &query{pos: n.Pos(), pkg: cp.pkg}
			}
		}
		return q == nil
	})
	if q == nil {
		return nil
	}
	q.scope = cp.pkg.Scope()
	narrow := token.Pos(1 << 40)
	for _, sc := range cp.info.Scopes {
		if sc.Contains(q.pos) && sc.End()-sc.Pos() < narrow {
			narrow, q.scope = sc.End()-sc.Pos(), sc
		}
	}
	return q
}

// closers closes what code leaves open.
func closers(code string) string {
	pair := map[token.Token]string{token.LPAREN: ")", token.LBRACK: "]", token.LBRACE: "}"}
	var open []string
	for _, t := range lex(code) {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, pair[t.tok])
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	slices.Reverse(open)
	return strings.Join(open, "")
}

// members are what may follow the dot.
func (q *query) members() (found []Candidate) {
	if q.imported != nil {
		for _, n := range q.imported.Scope().Names() {
			if o := q.imported.Scope().Lookup(n); o.Exported() {
				found = append(found, candidate(o))
			}
		}
		return found
	}
	if q.typ == nil || q.typ == types.Typ[types.Invalid] {
		return nil
	}
	t := q.typ
	if _, ok := t.Underlying().(*types.Pointer); !ok && !types.IsInterface(t) {
		t = types.NewPointer(t) // a variable's methods are those of its pointer too
	}
	visible := func(o types.Object) bool { return o.Exported() || own(o) }
	for m := range types.NewMethodSet(t).Methods() {
		if visible(m.Obj()) {
			found = append(found, candidate(m.Obj()))
		}
	}
	for _, f := range fields(q.typ, 0) {
		if visible(f) {
			found = append(found, candidate(f))
		}
	}
	return found
}

// fields are a struct's fields, those of embedded structs too.
func fields(t types.Type, depth int) (all []*types.Var) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || depth > 4 {
		return nil
	}
	for f := range st.Fields() {
		all = append(all, f)
		if f.Embedded() {
			all = append(all, fields(f.Type(), depth+1)...)
		}
	}
	return all
}

var keywords = []string{"break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go",
	"if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var"}

// names0 are the names that may begin an expression or a statement.
func (s *Session) names0(q *query) (found []Candidate) {
	for sc := q.scope; sc != nil; sc = sc.Parent() {
		for _, n := range sc.Names() {
			if o := sc.Lookup(n); !strings.Contains(n, mark) && n != "_" {
				found = append(found, candidate(o))
			}
		}
	}
	for name := range s.world.paths {
		found = append(found, Candidate{name, "package", ""})
	}
	for _, k := range keywords {
		found = append(found, Candidate{k, "keyword", ""})
	}
	return found
}

func (q *query) lookup(name string) types.Object {
	switch {
	case q.imported != nil:
		return q.imported.Scope().Lookup(name)
	case q.selector != nil && q.typ != nil:
		o, _, _ := types.LookupFieldOrMethod(q.typ, true, q.pkg, name)
		return o
	case q.selector != nil:
		return nil
	}
	_, o := q.scope.LookupParent(name, token.NoPos)
	return o
}

func candidate(o types.Object) Candidate {
	kind := "variable"
	switch o := o.(type) {
	case *types.PkgName:
		return Candidate{o.Name(), "package", ""}
	case *types.TypeName:
		kind = "type"
	case *types.Const, *types.Nil:
		kind = "constant"
	case *types.Builtin:
		kind = "function"
	case *types.Func:
		if kind = "function"; o.Signature().Recv() != nil {
			kind = "method"
		}
	case *types.Var:
		if o.IsField() {
			kind = "field"
		}
	}
	t := ""
	if o.Type() != nil {
		t = types.TypeString(o.Type(), qualifier)
	}
	return Candidate{o.Name(), kind, t}
}

// IsComplete says whether a front end that runs a cell on Enter should:
// "complete", "incomplete" with the indent of the next line, or "invalid".
func IsComplete(code string) (status, indent string) {
	depth := 0
	for _, t := range lex(code) {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
	}
	open := strings.Count(code, "`")%2 == 1
	if depth > 0 || open || continues(code) {
		return "incomplete", strings.Repeat("\t", max(depth, 0))
	}
	if _, problems := parse(token.NewFileSet(), "", 0, code); len(problems) > 0 {
		return "invalid", ""
	}
	return "complete", ""
}

// continues reports whether the last token asks for more.
func continues(code string) bool {
	all := lex(code)
	if len(all) == 0 {
		return false
	}
	switch t := all[len(all)-1]; {
	case t.tok == token.SEMICOLON, t.tok == token.RBRACE, t.tok == token.RPAREN, t.tok == token.RBRACK, t.tok == token.IDENT, t.tok.IsLiteral():
		return false
	case t.tok == token.COMMENT, t.tok == token.ILLEGAL:
		return false
	}
	return true
}
