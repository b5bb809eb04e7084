// Package programs makes programs out of chance, to try cells with: from a seed
// always the same one, as cells and as an ordinary program that must print the
// same. What they are made of is in grammar.txt, what they build on in
// prelude.txt.
package programs

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

//go:embed prelude.txt
var prelude string

// frame is what the whole program needs besides: its imports, and functions that
// show what a cell shows.
const frame = `import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

var _, _, _, _, _, _, _, _, _ = bytes.ToUpper, cmp.Compare[int], json.Marshal, errors.Is, io.EOF, math.Floor, sort.Slice, time.Second, unicode.ToUpper
var _ sync.Mutex

func shows(x any) { fmt.Printf("\x00=> %v\n", x) }
func ends() {
	if r := recover(); r != nil {
		fmt.Printf("\x00!! panic: %s\n", strings.TrimPrefix(fmt.Sprint(r), "runtime error: "))
	}
}

`

// A Program is one program in two forms.
type Program struct {
	Cells []string // which redefine functions and methods, and give variables other types
	Whole string   // package main without a package clause
}

// New makes the program of a seed.
func New(seed uint64) Program {
	m := &maker{
		grower: grower{rng: rand.New(rand.NewPCG(seed, 0)), grammar: parseGrammar()},
		names:  map[string]*name{},
	}
	m.cells = append(m.cells, prelude)
	m.whole.WriteString(frame + prelude)
	m.cell(2, 8)
	for range 1 + m.rng.IntN(5) {
		m.cell(m.rng.IntN(3), m.rng.IntN(3))
	}
	return m.program()
}

// A maker puts a program together, cell after cell.
type maker struct {
	grower
	cells []string
	whole strings.Builder // declarations
	run   strings.Builder // the cells' statements, as functions
	names map[string]*name
	funcs []*function
	types int
}

// A name is a variable of the cells at the top.
type name struct {
	typ     string
	version int // which variable of that name it is
	cell    int // that declared it last
}

// A function or method, of which a later cell may make another.
type function struct {
	name     string
	recv     string // a receiver's type, or ""
	generic  bool   // it has a type parameter, and a first parameter of that type
	params   []string
	results  []string
	versions []version
}

type version struct {
	cell int
	text string // the parameters and the body
}

// cell adds a cell with so many new functions and variables, and statements.
func (m *maker) cell(functions, variables int) {
	n := len(m.cells) + 1
	var decls, stmts, whole strings.Builder
	for range functions {
		decls.WriteString(m.function(n))
	}
	if m.chance(3) {
		decls.WriteString(m.structType())
	}
	statement := func(cell, program string) {
		stmts.WriteString(cell + "\n")
		whole.WriteString(program + "\n")
	}
	for range variables {
		statement(m.variable(n, m.pick(m.grammar.classes["all"])))
	}
	for range 3 + m.rng.IntN(4) {
		text := "try(func() {\n" + m.block() + "\n})"
		if m.chance(3) {
			text = m.statement()
		}
		statement(text, text)
	}
	var vars []string
	for _, v := range m.scope {
		vars = append(vars, v.name)
	}
	text := fmt.Sprintf("p(\"cell %d\", %s)", n, strings.Join(vars, ", "))
	statement(text, text)
	last := m.expr(m.pick([]string{"int", "string", "bool"}), 3)
	statement(last, "shows("+last+")")
	m.cells = append(m.cells, marked.ReplaceAllString(decls.String()+stmts.String(), "$1"))
	fmt.Fprintf(&m.run, "func cell%d() {\n\tdefer ends()\n\tnow = %d\n%s}\n\n", n, n, inProgram(whole.String()))
}

// marked are the variables of the top with their versions.
var marked = regexp.MustCompile(`(\w+)·(\d+)`)

func inProgram(text string) string { return marked.ReplaceAllString(text, "${1}_$2") }

// variable declares a variable at the top of a cell: a new one, an older one
// again, or one of another type with an older one's name.
func (m *maker) variable(cell int, typ string) (asCell, asProgram string) {
	value := m.safe(typ)
	id := fmt.Sprintf("%c%d", 'a'+m.rng.IntN(8), m.rng.IntN(2))
	old := m.names[id]
	if old != nil && old.cell == cell {
		text := "_ = " + value
		return text, text
	}
	if old != nil && old.version == 0 { // functions know it
		typ = old.typ
		value = m.safe(typ)
	}
	switch {
	case old == nil:
		kind := 0
		if cell > 2 {
			kind = 1
		}
		m.names[id] = &name{typ, kind, cell}
	case old.typ == typ:
		old.cell = cell
		full := fmt.Sprintf("%s·%d", id, old.version)
		return full + " := " + value, full + " = " + value
	default:
		m.scope = slices.DeleteFunc(m.scope, func(v variable) bool { return v.name == fmt.Sprintf("%s·%d", id, old.version) })
		m.names[id] = &name{typ, old.version + 1, cell}
	}
	full := fmt.Sprintf("%s·%d", id, m.names[id].version)
	m.scope = append(m.scope, variable{full, typ, m.names[id].version == 0})
	fmt.Fprintf(&m.whole, "var %s %s\n", inProgram(full), typ)
	if m.chance(4) {
		return fmt.Sprintf("var %s %s = %s", full, typ, value), full + " = " + value
	}
	return full + " := " + value, full + " = " + value
}

// safe is a value that does not panic.
func (m *maker) safe(typ string) string {
	if m.chance(2) {
		return m.expr(typ, 0)
	}
	return fmt.Sprintf("or(func() %s { return %s }, %s)", typ, m.expr(typ, 3), m.expr(typ, 0))
}

// function declares a new function or method, or another one in an older one's
// place.
func (m *maker) function(cell int) string {
	var f *function
	if len(m.funcs) > 0 && cell > 2 && m.chance(2) {
		f = m.funcs[m.rng.IntN(len(m.funcs))]
		if f.versions[len(f.versions)-1].cell == cell {
			return ""
		}
	} else {
		f = &function{name: fmt.Sprintf("F%d", len(m.funcs)+1), results: slices.Clone(results[m.rng.IntN(len(results))])}
		for range m.rng.IntN(3) {
			f.params = append(f.params, m.pick(m.grammar.classes["all"]))
		}
		if m.chance(3) {
			f.recv = m.pick([]string{"S", "*S", "Sq", "*Ci", "Num", "*Num", "Em", "*Em"})
		}
		f.generic = f.recv == "" && m.chance(3)
		m.funcs = append(m.funcs, f)
	}
	number := slices.Index(m.funcs, f)
	text := m.body(f, number)
	f.versions = append(f.versions, version{cell, text})
	if len(f.versions) == 1 {
		m.grammar.adds(f)
	}
	recv := ""
	if f.recv != "" {
		recv = "(self " + f.recv + ") "
	}
	return "func " + recv + f.name + text + "\n"
}

var results = [][]string{{"int"}, {"string"}, {"int", "error"}, {"any", "error"}, {"*S", "error"}, {"S", "bool"}, {"[]int", "int"}, {"func(int) int", "bool"}, {"Shape", "error"}}

// body are the parameters and the body of a function, which knows the variables
// that keep their types and the functions before it.
func (m *maker) body(f *function, number int) string {
	outer := m.grower
	defer func() {
		m.scope, m.context, m.callable, m.changeable = outer.scope, outer.context, outer.callable, outer.changeable
	}()
	if m.callable = number; number == 0 {
		m.callable = -1
	}
	m.scope = slices.DeleteFunc(slices.Clone(m.scope), func(v variable) bool { return !v.stable })
	m.context = []context{{kind: "func", results: f.results}}
	var params, outs []string
	if f.recv != "" {
		m.scope = append(m.scope, variable{"self", f.recv, true})
	}
	taken := map[string]bool{"self": true}
	for _, t := range f.params {
		v := m.name(taken)
		params = append(params, v+" "+t)
		m.scope = append(m.scope, variable{v, t, true})
	}
	outs = f.results
	end := "return " + m.returned(f.results)
	if m.chance(3) {
		outs = nil
		for _, t := range f.results {
			v := m.name(taken)
			outs = append(outs, v+" "+t)
			m.scope = append(m.scope, variable{v, t, true})
			m.context[0].named = append(m.context[0].named, v)
		}
	}
	m.context[0].scope = m.scope
	text := m.blockOf(2+m.rng.IntN(3), taken)
	of := ""
	if f.generic {
		of, params = "[P any]", append([]string{"value P"}, params...)
		text = "var zero P\np(\"g\", value, zero, len(append([]P{zero}, value)))\n" + text
	}
	return fmt.Sprintf("%s(%s) (%s) {\ntick()\n%s\n%s\n}", of, strings.Join(params, ", "), strings.Join(outs, ", "), text, end)
}

// structType declares another type with a method of either kind.
func (m *maker) structType() string {
	m.types++
	t := fmt.Sprintf("T%d", m.types)
	fields := []string{}
	var values []string
	for i := range 2 + m.rng.IntN(2) {
		typ := m.pick(m.grammar.classes["plain"])
		f := fmt.Sprintf("%c%d", "Af"[m.rng.IntN(2)], i)
		fields = append(fields, f+" "+typ)
		values = append(values, f+": «"+typ+"»")
		m.grammar.add(typ, "("+"«"+t+"»)."+f)
		m.grammar.add("stmt", "«v "+t+"»."+f+" = «"+typ+"»")
	}
	if m.chance(2) {
		fields = append(fields, "Sq")
		values = append(values, "Sq: «Sq»")
		m.grammar.add("Shape", "Shape(«"+t+"»)")
	}
	m.grammar.add(t, t+"{"+strings.Join(values, ", ")+"}")
	m.grammar.add(t, t+"{}")
	m.grammar.add(t, "id[«=T»](\"t\", «T»)")
	m.grammar.add("stmt", "for _, «new x "+t+"» := range []"+t+"{«"+t+"», «"+t+"»} { «loop»«in»«block»«end» }")
	m.grammar.classes["all"] = append(m.grammar.classes["all"], t)
	m.grammar.classes["plain"] = append(m.grammar.classes["plain"], t)
	text := fmt.Sprintf("type %s struct { %s }\n", t, strings.Join(fields, "; "))
	m.whole.WriteString(text)
	return text
}

// program is what has been made.
func (m *maker) program() Program {
	w := &m.whole
	w.WriteString("var now int\n")
	for _, f := range m.funcs {
		recv, call := "", f.name
		if f.recv != "" {
			recv, call = "(self "+f.recv+") ", "self."+f.name
		}
		for i, v := range f.versions {
			fmt.Fprintf(w, "func %s%s_v%d%s\n", recv, f.name, i+1, inProgram(v.text))
		}
		var params, args []string
		of := ""
		if f.generic {
			of, params, args = "[P any]", []string{"value P"}, []string{"value"}
		}
		for i, t := range f.params {
			params = append(params, fmt.Sprintf("x%d %s", i, t))
			args = append(args, fmt.Sprintf("x%d", i))
		}
		fmt.Fprintf(w, "func %s%s%s(%s) (%s) {\n", recv, f.name, of, strings.Join(params, ", "), strings.Join(f.results, ", "))
		for i := len(f.versions) - 1; i > 0; i-- {
			fmt.Fprintf(w, "\tif now >= %d {\n\t\treturn %s_v%d(%s)\n\t}\n", f.versions[i].cell, call, i+1, strings.Join(args, ", "))
		}
		fmt.Fprintf(w, "\treturn %s_v1(%s)\n}\n", call, strings.Join(args, ", "))
	}
	w.WriteString(m.run.String() + "func main() {\n")
	for i := range m.cells[1:] {
		fmt.Fprintf(w, "\tcell%d()\n", i+2)
	}
	w.WriteString("}\n")
	return Program{m.cells, w.String()}
}
