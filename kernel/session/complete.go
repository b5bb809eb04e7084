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
	q := s.query(code, start, end)
	defer s.forgetQuery(q)
	switch {
	case q == nil:
		return start, end, nil
	case q.selector != nil:
		found = q.members()
	case q.literal != nil:
		if found = q.keys(); !q.keyed { // the values may stand alone
			found = append(found, s.names0(q)...)
		}
	default:
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

// Inspect says what the name around the cursor is: its declaration as Go writes
// it and what its comment says, the first sentence at detail 0 and all of it
// above. Ok says whether there is such a name.
func (s *Session) Inspect(code string, cursor, detail int) (text string, ok bool) {
	cursor = min(max(cursor, 0), len(code))
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok = s.describe(code, cursor, detail); ok {
		return text, true
	}
	if open := opening(code[:cursor]); open > 0 { // among a call's arguments
		return s.describe(code, open, detail)
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
func (s *Session) describe(code string, at, detail int) (text string, ok bool) {
	start, end := word(code, at)
	name := code[start:end]
	if !token.IsIdentifier(name) {
		return "", false
	}
	q := s.query(code, start, end)
	defer s.forgetQuery(q)
	if q == nil {
		return "", false
	}
	obj := q.lookup(name)
	if obj == nil {
		if path, err := s.world.choose(name, nil); err == nil && q.selector == nil {
			return s.describePackage(path, detail), true
		}
		return "", false
	}
	return s.describeObject(obj, q.owner(obj), q.src, detail), true
}

// owner is the type that an object was found in, if it is a field or a method.
func (q *query) owner(obj types.Object) types.Type {
	v, ok := obj.(*types.Var)
	if field := ok && v.IsField(); field && q.literal != nil && q.selector == nil {
		return q.literal
	}
	if q.selector != nil && q.imported == nil {
		return q.typ
	}
	return nil
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

// A query is a cell with a placeholder for the word at a place, checked as far
// as it goes.
type query struct {
	src      string
	unit     *unit
	scope    *types.Scope // innermost at the place
	pos      token.Pos
	pkg      *types.Package
	selector ast.Expr   // what stands before the dot, if one does
	typ      types.Type // of that
	imported *types.Package
	literal  types.Type // of the struct whose literal has the word as a key or a value
	keyed    bool       // others of its values have keys
	given    []string   // the keys that there are
}

// query checks the cell with the placeholder in place of code[start:end], or,
// when that is not yet Go, what stands before with all that is open closed.
func (s *Session) query(code string, start, end int) *query {
	src := code[:start] + mark + code[end:]
	u, problems := parse(s.engine.fileSet(), "query", 0, src)
	if len(problems) > 0 {
		s.forgetUnit(u)
		src = code[:start] + mark
		src += closers(src)
		u, _ = parse(s.engine.fileSet(), "query", 0, src)
	}
	q := s.checkQuery(u)
	if q == nil {
		s.forgetUnit(u)
		return nil
	}
	q.src, q.unit = src, u
	return q
}

// forgetUnit takes a unit's positions out of the session.
func (s *Session) forgetUnit(u *unit) {
	for _, pos := range []token.Pos{u.start, u.begin} {
		if f := s.engine.fileSet().File(pos); f != nil {
			s.engine.fileSet().RemoveFile(f)
		}
	}
}

func (s *Session) forgetQuery(q *query) {
	if q != nil {
		s.forgetUnit(q.unit)
	}
}

func (s *Session) checkQuery(u *unit) *query {
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
		case *ast.CompositeLit:
			q = cp.element(n)
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

// element is the query of a placeholder among a struct literal's values.
func (cp *checkpass) element(lit *ast.CompositeLit) (q *query) {
	t := cp.info.TypeOf(lit)
	if t == nil {
		return nil
	}
	if p, ok := t.Underlying().(*types.Pointer); ok { // &T left out in a list
		t = p.Elem()
	}
	if _, ok := t.Underlying().(*types.Struct); !ok {
		return nil
	}
	is := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && id.Name == mark
	}
	var given []string
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if e = kv.Key; !is(e) {
				if id, ok := e.(*ast.Ident); ok {
					given = append(given, id.Name)
				}
				continue
			}
		}
		if is(e) {
			q = &query{pos: e.Pos(), pkg: cp.pkg, literal: t}
		}
	}
	if q != nil {
		q.given, q.keyed = given, len(given) > 0
	}
	return q
}

// keys are the fields that a literal does not give yet.
func (q *query) keys() (found []Candidate) {
	for f := range q.literal.Underlying().(*types.Struct).Fields() {
		if (f.Exported() || own(f)) && !slices.Contains(q.given, f.Name()) {
			found = append(found, candidate(f, q.literal))
		}
	}
	return found
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
				found = append(found, candidate(o, nil))
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
			found = append(found, candidate(m.Obj(), q.typ))
		}
	}
	for _, f := range fields(q.typ, 0) {
		if visible(f) {
			found = append(found, candidate(f, q.typ))
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
				found = append(found, candidate(o, nil))
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
	case q.literal != nil:
		for f := range q.literal.Underlying().(*types.Struct).Fields() {
			if f.Name() == name {
				return f
			}
		}
	}
	_, o := q.scope.LookupParent(name, token.NoPos)
	return o
}

// candidate is an object as a completion; of is the type that has it, if it is a
// method.
func candidate(o types.Object, of types.Type) Candidate {
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
		if kind = "function"; of != nil {
			kind = "method"
		}
		return Candidate{o.Name(), kind, signature(o, of)}
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
