package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"math"
	"time"
)

// How long %timeit measures: so many runs of at least this time each.
const (
	timedRuns = 7
	timedRun  = 50 * time.Millisecond
)

// A timing is a measurement under way.
type timing struct {
	start time.Time
	loops int       // in a run
	runs  []float64 // seconds of one loop, in each run
}

// repeated are loops around a statement: of as many as a run has, and of runs.
func (l *lowering) repeated(stmt ast.Stmt, c *checked) []ast.Stmt {
	if e, ok := stmt.(*ast.ExprStmt); ok {
		if _, call := ast.Unparen(e.X).(*ast.CallExpr); !call {
			stmt = &ast.AssignStmt{Lhs: []ast.Expr{l.id("_")}, TokPos: l.pos, Tok: token.ASSIGN, Rhs: []ast.Expr{e.X}}
		}
	}
	n, i := l.id("n"+mark), l.id("i"+mark)
	unit, zero := number(l.pos, l.s.units), number(l.pos, 0)
	set := func(to *ast.Ident, tok token.Token, v ast.Expr) ast.Stmt {
		return &ast.AssignStmt{Lhs: []ast.Expr{to}, TokPos: l.pos, Tok: tok, Rhs: []ast.Expr{v}}
	}
	run := &ast.ForStmt{
		For:  l.pos,
		Init: set(i, token.DEFINE, zero),
		Cond: &ast.BinaryExpr{X: i, OpPos: l.pos, Op: token.LSS, Y: n},
		Post: &ast.IncDecStmt{X: i, TokPos: l.pos, Tok: token.INC},
		Body: l.block(l.statement(stmt, c)...),
	}
	runs := &ast.ForStmt{
		For:  l.pos,
		Init: set(n, token.DEFINE, l.hook("Loops", unit)),
		Cond: &ast.BinaryExpr{X: n, OpPos: l.pos, Op: token.GTR, Y: zero},
		Post: set(n, token.ASSIGN, l.hook("Loops", unit)),
		Body: l.block(run),
	}
	return []ast.Stmt{&ast.ExprStmt{X: l.hook("Start", unit)}, runs}
}

func (s *Session) took(c *running) {
	fmt.Fprintf(s.stdout, "took %s\n", seconds(time.Since(c.timing.start).Seconds()))
}

// loops is how often %timeit runs its statement next: more and more often
// until that takes long enough, then as often for each run, and then 0.
func (s *Session) loops(c *running) int {
	t := &c.timing
	took := time.Since(t.start)
	switch {
	case t.loops == 0:
		t.loops = 1
	case t.runs == nil && took < timedRun && t.loops < 1e9:
		more := math.Min(100, 1.2*float64(timedRun)/float64(took+1))
		t.loops = int(math.Ceil(float64(t.loops) * math.Max(more, 2)))
	default:
		t.runs = append(t.runs, took.Seconds()/float64(t.loops))
	}
	if len(t.runs) == timedRuns {
		mean, dev := meanDeviation(t.runs)
		fmt.Fprintf(s.stdout, "%s ± %s each (mean ± standard deviation of %d runs of %d)\n", seconds(mean), seconds(dev), len(t.runs), t.loops)
		return 0
	}
	t.start = time.Now()
	return t.loops
}

func meanDeviation(x []float64) (mean, dev float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		dev += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(dev)
}

// seconds is a time with three digits and its unit.
func seconds(s float64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}} {
		if s >= u.size*0.9995 {
			if s >= 999.5*u.size {
				return fmt.Sprintf("%.0f %s", s/u.size, u.name)
			}
			return fmt.Sprintf("%.3g %s", s/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", s/1e-9)
}
