package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A Parameter gives a variable of the cell tagged "parameters" another value.
type Parameter struct{ Name, Value string }

// ParseParameter reads "name=value". A value that is a Go number, truth value
// or quoted string is used as it is; any other is taken as a string.
func ParseParameter(s string) (Parameter, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || !token.IsIdentifier(name) {
		return Parameter{}, fmt.Errorf("notebook: %q is not a parameter: write name=value, the name being a Go variable", s)
	}
	return Parameter{name, value}, nil
}

// expression is the value as Go source.
func (p Parameter) expression() string {
	expr, err := parser.ParseExpr(p.Value)
	if err == nil && isLiteral(expr) {
		return strings.TrimSpace(p.Value)
	}
	return strconv.Quote(p.Value)
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

// inject puts a cell that sets the parameters after the cell tagged
// "parameters", in place of one that an earlier run put there.
func (nb *Notebook) inject(parameters []Parameter) error {
	if len(parameters) == 0 {
		return nil
	}
	at := slices.IndexFunc(nb.Cells, func(c *Cell) bool { return c.Type == "code" && c.Tagged("parameters") })
	if at < 0 {
		return errors.New("has no code cell tagged \"parameters\" that could take any")
	}
	var src strings.Builder
	for i, p := range parameters {
		if i > 0 {
			src.WriteByte('\n')
		}
		fmt.Fprintf(&src, "%s = %s", p.Name, p.expression())
	}
	cell := &Cell{Type: "code", Source: src.String(), Metadata: map[string]any{"tags": []any{"injected-parameters"}}}
	if nb.Minor >= 5 {
		cell.ID = "injected-parameters"
	}
	nb.Cells = slices.DeleteFunc(nb.Cells, func(c *Cell) bool { return c.Tagged("injected-parameters") })
	at = slices.IndexFunc(nb.Cells, func(c *Cell) bool { return c.Type == "code" && c.Tagged("parameters") })
	nb.Cells = slices.Insert(nb.Cells, at+1, cell)
	return nil
}
