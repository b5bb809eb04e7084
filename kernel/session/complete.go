package session

import (
	"cmp"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

// A Candidate is one completion of a word.
type Candidate struct {
	Text string
	Kind string // "function", "method", "type", "constant", "variable", "field", "package", "label", "keyword" or "magic"
	Type string // as Go writes it
}

// Complete lists what may stand in place of code[start:end], the word around
// the cursor, a byte offset.
func (k *checker) Complete(code string, cursor int) (start, end int, found []Candidate) {
	cursor = min(max(cursor, 0), len(code))
	if start, found = completeMagic(code[:cursor]); found != nil {
		return start, cursor, found
	}
	code, magics, _ := directives(code)
	start, end = word(code, cursor)
	prefix := code[start:cursor]
	for _, d := range magics {
		if d.from < cursor && cursor <= d.to {
			return start, end, nil
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if path, quote := importing(code[:cursor]); quote >= 0 {
		return quote, cursor, k.completePath(path)
	}
	q := k.query(code, start, end)
	defer k.forgetQuery(q)
	switch {
	case q == nil:
		return start, end, nil
	case q.selector != nil:
		found = q.members()
	case q.jumps:
		for _, name := range q.labels {
			found = append(found, Candidate{name, "label", ""})
		}
	case q.literal != nil:
		if found = q.keys(); !q.keyed { // the values may stand alone
			found = append(found, k.names0(q)...)
		}
	default:
		found = k.names0(q)
	}
	found = slices.DeleteFunc(found, func(c Candidate) bool { return !strings.HasPrefix(strings.ToLower(c.Text), strings.ToLower(prefix)) })
	slices.SortStableFunc(found, func(a, b Candidate) int {
		return cmp.Or(rank(a, prefix)-rank(b, prefix), strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)))
	})
	return start, end, slices.CompactFunc(found, func(a, b Candidate) bool { return a.Text == b.Text })
}

// rank is smaller for what goes first: what begins as written, then fields
// where other names may stand too, and packages last.
func rank(c Candidate, prefix string) int {
	r := 0
	if !strings.HasPrefix(c.Text, prefix) {
		r += 4
	}
	switch c.Kind {
	case "field", "method":
	case "package":
		r += 2
	default:
		r++
	}
	return r
}

// Inspect says what the name around the cursor is: its declaration as Go writes
// it and what its comment says, the first sentence at detail 0 and all of it
// above. Ok says whether there is such a name.
func (k *checker) Inspect(code string, cursor, detail int) (text string, ok bool) {
	cursor = min(max(cursor, 0), len(code))
	if text, ok = inspectMagic(code, cursor); ok {
		return text, ok
	}
	code, _, _ = directives(code)
	k.mu.Lock()
	defer k.mu.Unlock()
	text, ok = k.describe(code, cursor, detail)
	if call, found := k.around(code, cursor, detail); found && !ok {
		return call, true
	} else if found && !strings.HasPrefix(text, "func ") {
		text = joined(text, call)
	}
	return text, ok
}

// around says what is called, or which struct is written, around an offset.
func (k *checker) around(code string, at, detail int) (text string, ok bool) {
	toks := lex(code[:at])
	depth := 0
	for i := len(toks) - 1; i > 0; i-- {
		switch toks[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
			continue
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if depth > 0 {
				depth--
				continue
			}
		default:
			continue
		}
		switch before := toks[i-1]; {
		case toks[i].tok == token.LPAREN && before.tok == token.IDENT:
			if i > 1 && toks[i-2].tok == token.FUNC { // a declaration
				return "", false
			}
			return k.describe(code, before.offset, detail)
		case toks[i].tok == token.LBRACE && before.tok == token.IDENT:
			text, ok = k.describe(code, before.offset, detail)
			return text, ok && strings.HasPrefix(text, "type ") && !result(toks[:i])
		case toks[i].tok == token.LBRACE && i > 1 && before.tok != token.COMMA && before.tok != token.LBRACE && before.tok != token.COLON:
			return "", false // a block
		}
	}
	return "", false
}

// result reports whether the type at the end of tokens is a function's result.
func result(toks []lexeme) bool {
	for i := len(toks) - 1; i >= 0; i-- {
		switch toks[i].tok {
		case token.IDENT, token.PERIOD, token.MUL, token.LBRACK, token.RBRACK, token.INT:
		default:
			return toks[i].tok == token.RPAREN
		}
	}
	return false
}

// describe says what the name at an offset is.
func (k *checker) describe(code string, at, detail int) (text string, ok bool) {
	start, end := word(code, at)
	name := code[start:end]
	if !token.IsIdentifier(name) {
		return "", false
	}
	q := k.query(code, start, end)
	defer k.forgetQuery(q)
	if q == nil {
		return "", false
	}
	obj := q.lookup(name)
	if obj == nil {
		if path, err := k.world.choose(name, nil); err == nil && q.selector == nil {
			return k.describePackage(path, detail), true
		}
		return "", false
	}
	return k.describeObject(obj, q.owner(obj), q.src, detail), true
}

// owner is the type that an object was found in, if it is a field or a method.
func (q *query) owner(obj types.Object) types.Type {
	v, ok := obj.(*types.Var)
	if field := ok && v.IsField(); field && q.literal != nil && q.selector == nil {
		return q.literal
	}
	if q.selector != nil && len(q.packages) == 0 {
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

func (k *checker) completePath(prefix string) (found []Candidate) {
	for _, path := range sortedKeys(k.world.symbols) {
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
	selector ast.Expr         // what stands before the dot, if one does
	typ      types.Type       // of that
	packages []*types.Package // that it may be
	literal  types.Type       // of the struct whose literal has the word as a key or a value
	keyed    bool             // others of its values have keys
	given    []string         // the keys that there are
	methods  bool             // the selector is a type
	jumps    bool             // a branch has the word as its label
	labels   []string         // that it may have
}

// query checks the cell with the placeholder in place of code[start:end]. When
// that is not yet Go, it takes what stands before with all that is open closed, and
// then without the lines before that are wrong.
func (k *checker) query(code string, start, end int) *query {
	src := code[:start] + mark + code[end:]
	u, problems := parse(k.fset, "query", 0, src)
	for try := 0; len(problems) > 0 && try < maxProblems; try++ {
		if try > 0 {
			line := problems[0].pos.Line
			lines := strings.SplitAfter(code[:start], "\n")
			if line < 1 || line >= len(lines) {
				break
			}
			lines[line-1] = string(blank(lines[line-1]))
			code = strings.Join(lines, "")
		}
		k.forgetUnit(u)
		src = code[:start] + mark
		src += closers(src)
		u, problems = parse(k.fset, "query", 0, src)
	}
	q := k.checkQuery(u)
	if q == nil {
		k.forgetUnit(u)
		return nil
	}
	q.src, q.unit = src, u
	return q
}

// forgetUnit takes a unit's positions out of the session.
func (k *checker) forgetUnit(u *unit) {
	for _, pos := range []token.Pos{u.start, u.begin} {
		if f := k.fset.File(pos); f != nil {
			k.fset.RemoveFile(f)
		}
	}
}

func (k *checker) forgetQuery(q *query) {
	if q != nil {
		k.forgetUnit(q.unit)
	}
}

func (k *checker) checkQuery(u *unit) *query {
	if len(u.decls)+len(u.stmts) == 0 {
		return nil
	}
	base := k.checkedBefore(u.start)
	k.imports(k.state, u, base) // what is not found out stays undefined
	c := &checked{unit: u, base: k.state, turned: map[string]bool{}}
	for _, d := range u.decls {
		old := k.state.decl(d.names[0])
		if old != nil && d.same(old) {
			continue
		}
		c.fresh = append(c.fresh, d)
		if _, isFunc := d.node.(*ast.FuncDecl); isFunc && d.recv == "" {
			continue
		}
		if slices.ContainsFunc(append(d.names, d.recv), k.state.has) {
			base = nil // other types change with this one
		}
	}
	live := k.world0(c, c.affected())
	cp := &checkpass{k: k, c: c, live: live, base: base}
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
		cp = &checkpass{k: k, c: c, live: live, base: base}
	}
	cp.run(nil, true)
	for _, d := range c.fresh {
		if q := cp.find(d.node); q != nil {
			return q
		}
	}
	return nil
}

// checkedBefore is the session's package, checked once for all queries between
// two cells.
func (k *checker) checkedBefore(pos token.Pos) *types.Package {
	if k.asked.state != k.state {
		c := &checked{unit: &unit{start: pos}, base: k.state}
		cp := &checkpass{k: k, c: c, live: k.state}
		cp.run(nil, false)
		k.asked.state, k.asked.pkg = k.state, cp.pkg
	}
	return k.asked.pkg
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
				q = &query{pos: n.Pos(), pkg: cp.pkg, selector: n.X, typ: cp.info.TypeOf(n.X), methods: cp.info.Types[n.X].IsType()}
				if id, ok := n.X.(*ast.Ident); ok {
					q.packages = cp.packages(id)
				}
			}
		case *ast.CompositeLit:
			q = cp.element(n)
		case *ast.BranchStmt:
			if n.Label != nil && n.Label.Name == mark {
				q = &query{pos: n.Pos(), pkg: cp.pkg, jumps: true, labels: labels(root, n)}
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

// labels are those that a branch may have: of statements around it, and for goto of
// others too.
func labels(root ast.Node, b *ast.BranchStmt) (names []string) {
	ast.Inspect(root, func(n ast.Node) bool {
		if s, ok := n.(*ast.LabeledStmt); ok && (b.Tok == token.GOTO || s.Pos() <= b.Pos() && b.End() <= s.End()) {
			names = append(names, s.Label.Name)
		}
		return true
	})
	return names
}

// packages are those that a name before a dot may mean.
func (cp *checkpass) packages(id *ast.Ident) (all []*types.Package) {
	if p, ok := cp.info.Uses[id].(*types.PkgName); ok {
		return []*types.Package{p.Imported()}
	}
	if cp.info.Uses[id] != nil {
		return nil
	}
	paths := cp.k.world.paths[id.Name] // the selectors do not tell them apart yet
	if path := cp.c.base.imports[id.Name]; path != "" {
		paths = []string{path}
	}
	for _, path := range paths {
		if p, err := cp.k.world.Import(path); err == nil {
			all = append(all, p)
		}
	}
	return all
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

// closers closes what code leaves open, and calls what go or defer must call.
func closers(code string) string {
	pair := map[token.Token]string{token.LPAREN: ")", token.LBRACK: "]", token.LBRACE: "}"}
	var open []string
	called := -1 // where the body of a function that is called will be open
	call := -1   // where a call's parentheses will be
	toks := lex(code)
	for i, t := range toks {
		switch t.tok {
		case token.GO, token.DEFER:
			if call = len(open); i+1 < len(toks) && toks[i+1].tok == token.FUNC {
				called, call = call, -1
			}
		case token.LPAREN, token.LBRACK, token.LBRACE:
			closer := pair[t.tok]
			if t.tok == token.LBRACE && called == len(open) {
				called, closer = -1, "}()"
			}
			if t.tok == token.LPAREN && call == len(open) {
				call = -1
			}
			open = append(open, closer)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	slices.Reverse(open)
	if call >= 0 && call <= len(open) {
		open = slices.Insert(open, len(open)-call, "()")
	}
	return strings.Join(open, "")
}

// members are what may follow the dot.
func (q *query) members() (found []Candidate) {
	for _, p := range q.packages {
		for _, n := range p.Scope().Names() {
			if o := p.Scope().Lookup(n); o.Exported() {
				found = append(found, candidate(o, nil))
			}
		}
	}
	if len(q.packages) > 0 || q.typ == nil || q.typ == types.Typ[types.Invalid] {
		return found
	}
	t := q.typ
	if _, ok := t.Underlying().(*types.Pointer); !ok && !types.IsInterface(t) && !q.methods {
		t = types.NewPointer(t) // a variable's methods are those of its pointer too
	}
	visible := func(o types.Object) bool { return o.Exported() || own(o) }
	for m := range types.NewMethodSet(t).Methods() {
		if visible(m.Obj()) {
			found = append(found, candidate(m.Obj(), q.typ))
		}
	}
	for _, f := range fields(q.typ, 0) {
		if visible(f) && !q.methods {
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
func (k *checker) names0(q *query) (found []Candidate) {
	for sc := q.scope; sc != nil; sc = sc.Parent() {
		for _, n := range sc.Names() {
			if o := sc.Lookup(n); !strings.Contains(n, mark) && n != "_" {
				found = append(found, candidate(o, nil))
			}
		}
	}
	for name := range k.world.paths {
		found = append(found, Candidate{name, "package", ""})
	}
	for _, k := range keywords {
		found = append(found, Candidate{k, "keyword", ""})
	}
	return found
}

func (q *query) lookup(name string) types.Object {
	switch {
	case len(q.packages) > 0:
		for _, p := range q.packages {
			if o := p.Scope().Lookup(name); o != nil {
				return o
			}
		}
		return nil
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
		return Candidate{o.Name(), "type", form(o)}
	case *types.Const, *types.Nil:
		kind = "constant"
	case *types.Builtin:
		head, _, _ := strings.Cut(stdlib.Docs("builtin")[o.Name()].Text, "\n")
		return Candidate{o.Name(), "function", strings.Replace(head, "func "+o.Name(), "func", 1)}
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

// form is what a type is, without its parts.
func form(o *types.TypeName) string {
	switch u := o.Type().Underlying().(type) {
	case *types.Struct:
		return "struct"
	case *types.Interface:
		return "interface"
	case *types.Basic:
		if u.Name() == o.Name() {
			return ""
		}
	}
	return types.TypeString(o.Type().Underlying(), qualifier)
}

// IsComplete says whether a front end that runs a cell on Enter should:
// "complete", "incomplete" with the indent of the next line, or "invalid".
func IsComplete(code string) (status, indent string) {
	if question.MatchString(code) {
		return "complete", ""
	}
	cell := code
	code, _, _ = directives(code)
	depth := 0
	for _, t := range lex(code) {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
	}
	if depth > 0 || unended(code) || continues(code) {
		return "incomplete", strings.Repeat("\t", max(depth, 0))
	}
	if _, problems := parse(token.NewFileSet(), "", 0, cell); len(problems) > 0 {
		return "invalid", ""
	}
	return "complete", ""
}

// unended reports whether code ends in the middle of a comment or of a string
// that may go on in the next line.
func unended(code string) (open bool) {
	f := token.NewFileSet().AddFile("", -1, len(code))
	var sc scanner.Scanner
	sc.Init(f, []byte(code), func(_ token.Position, msg string) {
		open = open || msg == "raw string literal not terminated" || msg == "comment not terminated"
	}, scanner.ScanComments)
	for tok := token.ILLEGAL; tok != token.EOF; {
		_, tok, _ = sc.Scan()
	}
	return open
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
