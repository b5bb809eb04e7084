package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// A Parameter gives a variable of the cell tagged "parameters" another value.
type Parameter struct{ Name, Value string }

// ParseParameter reads "name=value". A value that is a Go number, truth value
// or quoted string is used as it is; any other, and any at all for a variable
// that is a string, is taken as a string.
func ParseParameter(s string) (Parameter, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || !token.IsIdentifier(name) {
		return Parameter{}, fmt.Errorf("notebook: %q is not a parameter: write name=value, the name being a Go variable", s)
	}
	return Parameter{name, value}, nil
}

// expression is the value as Go source, for a variable of that type.
func (p Parameter) expression(of types.Type) string {
	expr, err := parser.ParseExpr(p.Value)
	if err != nil || !isLiteral(expr) || isText(of) && !isQuoted(expr) {
		return strconv.Quote(p.Value)
	}
	return strings.TrimSpace(p.Value)
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
		if v != nil {
			of = v.Type()
		}
		line := fmt.Sprintf("%s = %s", p.Name, p.expression(of))
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
// says of them; no scope if they are not statements alone. What needs a package
// has no type, and is not complained of.
func check(statements string) (*types.Scope, []types.Error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "", "package p; func _() {\n//line :1:1\n"+statements+"\n}", parser.SkipObjectResolution)
	if err != nil || len(f.Decls) != 1 {
		return nil, nil
	}
	var all []types.Error
	config := types.Config{Error: func(err error) { all = append(all, err.(types.Error)) }}
	info := types.Info{Scopes: map[ast.Node]*types.Scope{}}
	config.Check("p", set, []*ast.File{f}, &info)
	return info.Scopes[f.Decls[0].(*ast.FuncDecl).Type], all
}
