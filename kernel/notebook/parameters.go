package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Parameter gives a variable of the cell tagged "parameters" another value.
type Parameter struct{ Name, Value string }

// ParseParameter reads "name=value". A value that is a Go number, truth value
// or quoted string is used as it is; any other, and any at all for a variable
// that is a string, is taken as a string. A time.Duration is written as time.ParseDuration wants it, "5s",
// and a slice as "[1, 2]".
func ParseParameter(s string) (Parameter, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || !token.IsIdentifier(name) {
		return Parameter{}, fmt.Errorf("notebook: %q is not a parameter: write name=value, the name being a Go variable", s)
	}
	return Parameter{name, value}, nil
}

// expression is the value as Go source, for a variable of that type; nil: not known.
func (p Parameter) expression(of types.Type) (string, error) {
	if of == nil {
		return p.literal(nil), nil
	}
	switch under := of.Underlying().(type) {
	case *types.Basic, *types.Interface:
		return p.scalar(of)
	case *types.Slice:
		if _, ok := under.Elem().Underlying().(*types.Basic); ok {
			return p.slice(under)
		}
	}
	return "", fmt.Errorf("%s is a %s: numbers, truth values, strings, time.Duration and slices of these can be set", p.Name, typeName(of))
}

// slice is the value "[1, 2]" for a slice.
func (p Parameter) slice(of *types.Slice) (string, error) {
	value := strings.TrimSpace(p.Value)
	if len(value) < 2 || value[0] != '[' || value[len(value)-1] != ']' {
		return "", fmt.Errorf("%s is a %s: write its values in brackets, as in %s=[1,2]", p.Name, typeName(of), p.Name)
	}
	var parts []string
	if inner := strings.TrimSpace(value[1 : len(value)-1]); inner != "" {
		for _, part := range splitValues(inner) {
			one, err := Parameter{p.Name, strings.TrimSpace(part)}.scalar(of.Elem())
			if err != nil {
				return "", err
			}
			parts = append(parts, one)
		}
	}
	return typeName(of) + "{" + strings.Join(parts, ", ") + "}", nil
}

// splitValues splits at the commas outside of quoted strings.
func splitValues(s string) (parts []string) {
	start, quote := 0, rune(0)
	escaped := false
	for i, r := range s {
		switch {
		case escaped:
			escaped = false
		case quote == '"' && r == '\\':
			escaped = true
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '`':
			quote = r
		case r == ',':
			parts, start = append(parts, s[start:i]), i+1
		}
	}
	return append(parts, s[start:])
}

// scalar is a single value.
func (p Parameter) scalar(of types.Type) (string, error) {
	if typeName(of) == "time.Duration" {
		d, err := time.ParseDuration(strings.TrimSpace(p.Value))
		if err != nil {
			example := "5"
			if _, err := strconv.ParseFloat(p.Value, 64); err == nil {
				example = p.Value
			}
			return "", fmt.Errorf("%s is a time.Duration: write the unit, as in %ss or %sms", p.Name, example, example)
		}
		return duration(d), nil
	}
	return p.literal(of), nil
}

// duration is d as Go source.
func duration(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "Hour"}, {time.Minute, "Minute"}, {time.Second, "Second"}, {time.Millisecond, "Millisecond"}, {time.Microsecond, "Microsecond"}} {
		if d%u.of == 0 && d != 0 {
			return fmt.Sprintf("%d * time.%s", d/u.of, u.name)
		}
	}
	return fmt.Sprintf("%d * time.Nanosecond", d)
}

// literal is the value if it is a literal of Go, or else quoted.
func (p Parameter) literal(of types.Type) string {
	expr, err := parser.ParseExpr(p.Value)
	if err != nil || !isLiteral(expr) || isText(of) && !isQuoted(expr) {
		return strconv.Quote(p.Value)
	}
	return strings.TrimSpace(p.Value)
}

// typeName is the type as cells write it.
func typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == timePackage {
			return "time"
		}
		return ""
	})
}

func isLiteral(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "true" || e.Name == "false"
	case *ast.UnaryExpr:
		lit, ok := e.X.(*ast.BasicLit)
		return ok && (e.Op == token.SUB || e.Op == token.ADD) && lit.Kind != token.STRING && lit.Kind != token.CHAR
	}
	return false
}

func isQuoted(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}

func isText(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// inject puts a cell that sets the parameters after the cell tagged
// "parameters", in place of one that an earlier run put there. A name that
// this cell does not define, and a value that its variable cannot have, is an
// error.
func (nb *Notebook) inject(parameters []Parameter) error {
	if len(parameters) == 0 {
		return nil
	}
	tagged := func(c *Cell) bool { return c.Type == "code" && c.Tagged("parameters") }
	at := slices.IndexFunc(nb.Cells, tagged)
	if at < 0 {
		return errors.New("has no code cell tagged \"parameters\" that could take any")
	}
	defined := variables(nb.Cells[at].Source)
	var lines []string
	for _, p := range parameters {
		v := defined.lookup(p.Name)
		if v == nil && defined.vars != nil {
			return fmt.Errorf("has no parameter %s: %s", p.Name, defined)
		}
		var of types.Type
		if v != nil && v.Type() != types.Typ[types.Invalid] {
			of = v.Type()
		}
		value, err := p.expression(of)
		if err != nil {
			return fmt.Errorf("cannot take %s=%s: %w", p.Name, p.Value, err)
		}
		line := fmt.Sprintf("%s = %s", p.Name, value)
		if err := defined.check(line); err != nil {
			return fmt.Errorf("cannot take %s=%s: %w", p.Name, p.Value, err)
		}
		lines = append(lines, line)
	}
	cell := &Cell{Type: "code", Source: strings.Join(lines, "\n"), Metadata: map[string]any{"tags": []any{"injected-parameters"}}}
	if nb.Minor >= 5 {
		cell.ID = "injected-parameters"
	}
	nb.Cells = slices.DeleteFunc(nb.Cells, func(c *Cell) bool { return c.Tagged("injected-parameters") })
	nb.Cells = slices.Insert(nb.Cells, slices.IndexFunc(nb.Cells, tagged)+1, cell)
	return nil
}

// A scope is what the statements of the cell tagged "parameters" define.
type scope struct {
	source string
	vars   *types.Scope // nil: the cell is more than statements, and only the session can say
	names  []string     // of variables, sorted
}

// variables type-checks the statements of a cell by themselves.
func variables(source string) scope {
	s := scope{source: source}
	inner, _ := check(source)
	if inner == nil {
		return s
	}
	s.vars = inner
	for _, name := range inner.Names() {
		if _, ok := inner.Lookup(name).(*types.Var); ok {
			s.names = append(s.names, name)
		}
	}
	return s
}

func (s scope) lookup(name string) types.Object {
	if s.vars == nil {
		return nil
	}
	return s.vars.Lookup(name)
}

// check says what is wrong with a statement after those of the cell.
func (s scope) check(line string) error {
	if s.vars == nil {
		return nil
	}
	_, all := check(s.source + "\n" + line)
	last := strings.Count(s.source, "\n") + 2
	for _, e := range all {
		if e.Fset.Position(e.Pos).Line == last {
			return errors.New(e.Msg)
		}
	}
	return nil
}

func (s scope) String() string {
	if len(s.names) == 0 {
		return "the cell tagged \"parameters\" defines no variable"
	}
	list := make([]string, len(s.names))
	for i, name := range s.names {
		list[i] = name
		if t := s.vars.Lookup(name).Type(); t != types.Typ[types.Invalid] {
			list[i] += " " + t.String()
		}
	}
	return "there are " + strings.Join(list, ", ")
}

// check gives the scope of statements in a function of their own, and what Go
// says of them; no scope if they are not statements alone. What needs another package than time
// has no type, and is not complained of.
func check(statements string) (*types.Scope, []types.Error) {
	set := token.NewFileSet()
	statements = imports.ReplaceAllStringFunc(statements, func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) })
	f, err := parser.ParseFile(set, "", "package p; import \"time\"; func _() {\n//line :1:1\n"+statements+"\n}", parser.SkipObjectResolution)
	if err != nil || len(f.Decls) != 2 {
		return nil, nil
	}
	var all []types.Error
	config := types.Config{Importer: timeAlone{}, Error: func(err error) { all = append(all, err.(types.Error)) }}
	info := types.Info{Scopes: map[ast.Node]*types.Scope{}}
	config.Check("p", set, []*ast.File{f}, &info)
	return info.Scopes[f.Decls[1].(*ast.FuncDecl).Type], all
}

// imports are a cell's import declarations, which are not part of its statements.
var imports = regexp.MustCompile(`(?m)^[ \t]*import[ \t]*(\([^)]*\)|[ \t\w.]*("[^"\n]*"|` + "`[^`\n]*`" + `))[ \t]*;?`)

// timeAlone imports what of package time a parameter may be.
type timeAlone struct{}

func (timeAlone) Import(path string) (*types.Package, error) {
	if path == "time" {
		return timePackage, nil
	}
	return nil, errors.New("not looked at")
}

var timePackage = func() *types.Package {
	p := types.NewPackage("time", "time")
	name := types.NewTypeName(token.NoPos, p, "Duration", nil)
	of := types.NewNamed(name, types.Typ[types.Int64], nil)
	p.Scope().Insert(name)
	for unit, d := range map[string]time.Duration{"Nanosecond": time.Nanosecond, "Microsecond": time.Microsecond, "Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour} {
		p.Scope().Insert(types.NewConst(token.NoPos, p, unit, of, constant.MakeInt64(int64(d))))
	}
	p.MarkComplete()
	return p
}()
