package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// A magic is a line of a cell that is not Go. It begins with % or !, where a
// statement could begin.
type magic struct {
	name string // with what it begins with
	form string // how it is written
	help string // what it does, in one line

	// What it is for: one of these, or neither for what Execute does itself.
	run  func(s *Session, arg string) error // the line does something
	time bool                               // the line's statement runs otherwise
}

// magics are all that there are, in the order of the help.
func magics() []magic {
	return []magic{
		{name: "%time", form: "%time statement", help: "runs the statement and says how long it took", time: true},
		{name: "%timeit", form: "%timeit statement", help: "runs the statement many times and says how long one takes", time: true},
		{name: "%who", form: "%who", help: "lists the session's variables, constants, functions and types", run: (*Session).who},
		{name: "%reset", form: "%reset", help: "forgets them all, and the imports; it stands alone in its cell"},
		{name: "%cd", form: "%cd folder", help: "changes the current folder, without one to the home folder", run: (*Session).changeDir},
		{name: "!", form: "!command", help: "runs a command of the system's shell", run: (*Session).shell},
		{name: nativeMagic, form: nativeMagic, help: "first in a cell: its functions are built by the Go toolchain and run at native speed"},
		{name: "%help", form: "%help", help: "says what there is besides Go", run: (*Session).help},
	}
}

func magicOf(name string) (magic, bool) {
	for _, m := range magics() {
		if m.name == name {
			return m, true
		}
	}
	return magic{}, false
}

// A directive is a magic that a cell has.
type directive struct {
	magic
	arg      string
	from, to int // the part of the cell that is not Go
}

var magicName = regexp.MustCompile(`^(?:!|%%?[\pL\d_]*)`)

// directives finds the magics of a cell and gives its text with blanks in
// their place, in which every offset is one of the cell.
func directives(src string) (text string, found []directive, problems []problem) {
	b := []byte(src)
	for from := 0; ; {
		start := nextMagic(string(b), from)
		if start < 0 {
			return string(b), found, problems
		}
		end := len(src)
		if n := strings.IndexByte(src[start:], '\n'); n >= 0 {
			end = start + n
		}
		name := magicName.FindString(src[start:end])
		d := directive{from: start, to: end, arg: strings.TrimSpace(src[start+len(name) : end])}
		var ok bool
		if d.magic, ok = magicOf(name); !ok {
			problems = append(problems, at(src, start, unknownMagic(name)))
		}
		if d.time {
			d.to = start + len(name)
			if d.arg == "" {
				problems = append(problems, at(src, start, name+" needs a statement on its line"))
			}
		}
		if name == nativeMagic {
			problems = append(problems, at(src, start, nativeMagic+" stands alone on the first line of its cell"))
		}
		if ok {
			found = append(found, d)
		}
		copy(b[start:d.to], blank(src[start:d.to]))
		from = d.to
	}
}

// unknownMagic is the sentence about a name that no magic has.
func unknownMagic(name string) string {
	var all []string
	for _, m := range magics() {
		all = append(all, m.form)
	}
	return fmt.Sprintf("there is no magic %s; there are %s", name, strings.Join(all, ", "))
}

// nextMagic is the offset of the first line from an offset on that begins with
// % or ! where a statement could begin, or -1.
func nextMagic(src string, from int) int {
	depth, first := 0, true
	for _, t := range lex(src[from:]) {
		at := from + t.offset
		if depth == 0 && first && (t.tok == token.REM || t.tok == token.NOT) {
			if line := src[strings.LastIndexByte(src[:at], '\n')+1 : at]; strings.TrimSpace(line) == "" {
				return at
			}
		}
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		first = t.tok == token.SEMICOLON
	}
	return -1
}

// placeDirectives puts directives among the unit's statements: an empty
// statement where one stands, or a note about the statement that one times.
func (u *unit) placeDirectives(fset *token.FileSet, found []directive) (problems []problem) {
	u.magics = map[ast.Stmt]directive{}
	for _, d := range found {
		behind := 0                    // the last statement before it
		next, nextAt := -1, len(u.src) // the one after it
		for i, s := range u.stmts {
			switch at := u.offset(fset.Position(s.Pos())); {
			case at < d.from:
				behind = i + 1
			case at < nextAt:
				next, nextAt = i, at
			}
		}
		if !d.time {
			s := &ast.EmptyStmt{Semicolon: u.stmtsAt + token.Pos(d.from)}
			u.stmts = slices.Insert(u.stmts, behind, ast.Stmt(s))
			u.magics[s] = d
			continue
		}
		if next < 0 || strings.Contains(u.src[d.from:nextAt], "\n") {
			problems = append(problems, at(u.src, d.from, d.name+" needs a statement on its line, not a declaration"))
			continue
		}
		u.magics[u.stmts[next]] = d
	}
	return append(problems, u.company()...)
}

// magic makes the step of a statement that has a directive; body runs it.
func (l *lowering) magic(d directive, stmt ast.Stmt, c *checked, body []ast.Stmt) []ast.Stmt {
	unit := number(l.pos, l.s.units)
	do := func(hook string) ast.Stmt { return &ast.ExprStmt{X: l.hook(hook, unit)} }
	switch d.name {
	case "%time":
		return append(append([]ast.Stmt{do("Start")}, body...), do("Took"))
	case "%timeit":
		return l.run(l.repeated(stmt, c)...)
	}
	return []ast.Stmt{do("Begin"), do("Magic")}
}

// doMagic carries out the magic of the running step.
func (s *Session) doMagic(c *running) {
	s.mu.Lock() // a halted cell forgets its statements
	stmts, all := c.unit.stmts, c.unit.magics
	s.mu.Unlock()
	if len(stmts) == 0 {
		panic(errHalted)
	}
	d := all[stmts[c.done.Load()]]
	if err := d.run(s, d.arg); err != nil {
		panic(ending{err: fmt.Errorf("%s: %w", d.name, err)})
	}
}

var magicWord = regexp.MustCompile(`(?:^|\n)[ \t]*(%%?[\pL\d_]*)$`)

// completeMagic are the magics that begin as the text before the cursor ends.
func completeMagic(before string) (start int, found []Candidate) {
	m := magicWord.FindStringSubmatchIndex(before)
	if m == nil {
		return 0, nil
	}
	for _, g := range magics() {
		if strings.HasPrefix(g.name, before[m[2]:]) {
			found = append(found, Candidate{g.name, "magic", g.help})
		}
	}
	return m[2], found
}

// inspectMagic says what the magic at an offset does.
func inspectMagic(code string, at int) (text string, ok bool) {
	_, found, _ := directives(code)
	for _, d := range found {
		if d.from <= at && (at <= d.from+len(d.name) || at <= d.to && !d.time) {
			return d.form + "\n\n" + d.help, true
		}
	}
	return "", false
}
