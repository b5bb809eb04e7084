package session

import (
	"fmt"
	"go/ast"
	"regexp"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Go ends a process when one goroutine's stack has grown to 512 MB and is
// full. Stacks grow by doubling, so two fifths of that leave the time to halt the
// cell. A call of a cell's function takes 1 to 5 kB and a dozen frames of Go's.
const (
	deepStack  = 200 << 20
	deepFrames = 50_000
	stackWatch = 5 * time.Millisecond
)

// watchStack halts cells of which one's recursion has no end, while w's cell runs.
func (s *Session) watchStack(w *watcher) {
	before := stacks()
	tick := time.NewTicker(stackWatch)
	defer tick.Stop()
	for {
		select {
		case <-w.halt.Done():
			return
		case <-tick.C:
		}
		now := stacks()
		before = min(before, now) // an earlier cell's may have been there still
		if now-before < deepStack {
			continue
		}
		if deep() {
			s.halt(true)
			return
		}
		before = now // they are many goroutines'
	}
}

var elided = regexp.MustCompile(`\n\.\.\.(?:additional |)(\d+) frames elided`)

// deep reports whether a goroutine's stack has very many frames.
func deep() bool {
	text := make([]byte, 8<<20)
	text = text[:runtime.Stack(text, true)]
	for _, m := range elided.FindAllSubmatch(text, -1) {
		if n, _ := strconv.Atoi(string(m[1])); n > deepFrames {
			return true
		}
	}
	return false
}

// stacks is how much memory the stacks of all goroutines have.
func stacks() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(sample[0].Value.Uint64())
}

// tooDeep is the error of a cell that watchStack halted. It comes when the
// recursion has ended: compiled code, which does not halt, ends the process.
func (s *Session) tooDeep(cell *running) *Error {
	u := cell.unit
	const patience = 30 * time.Second // on a busy machine
	start := time.Now()
	s.engine.await(patience)
	for stacks() > deepStack && time.Since(start) < patience {
		time.Sleep(stackWatch)
	}
	stmt := u.stmts[min(int(cell.done.Load()), len(u.stmts)-1)]
	e := &Error{Name: panicked, Message: "stack overflow: recursion too deep or without end"}
	if names := s.recursive(u, stmt); len(names) > 0 {
		e.Message += fmt.Sprintf(" in %s", strings.Join(names, ", "))
	} else if cell.beside {
		e.Message += ", here or in the cell that ran beside this one"
	}
	where, excerpt := u.line(s.fset.Position(stmt.Pos()))
	e.Traceback = append([]string{"panic: " + e.Message, where + ":"}, excerpt...)
	return e
}

// recursive are the functions that a statement leads to and that lead to
// themselves.
func (s *Session) recursive(u *unit, stmt ast.Stmt) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	leads := map[string][]string{} // from each name
	for _, d := range s.state.decls {
		if _, ok := d.node.(*ast.FuncDecl); ok {
			leads[d.names[0]] = sortedKeys(d.uses)
		}
	}
	for _, st := range u.stmts { // literals in variables
		ast.Inspect(st, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
				for i, l := range a.Lhs {
					id, named := l.(*ast.Ident)
					if _, literal := a.Rhs[i].(*ast.FuncLit); named && literal {
						leads[id.Name] = mentioned(a.Rhs[i])
					}
				}
			}
			return true
		})
	}
	reach := func(from []string) (all []string) {
		for len(from) > 0 {
			n := from[0]
			from = from[1:]
			if _, known := leads[n]; known && !slices.Contains(all, n) {
				all = append(all, n)
				from = append(from, leads[n]...)
			}
		}
		return all
	}
	roots := mentioned(stmt)
	called := append(roots, implicit...)
	for name := range leads { // a method is mentioned without its type
		if _, method, ok := strings.Cut(name, "."); ok && slices.Contains(called, method) {
			roots = append(roots, name)
		}
	}
	for _, n := range reach(roots) {
		_, method, _ := strings.Cut(n, ".")
		if slices.Contains(reach(leads[n]), n) || slices.Contains(implicit, method) && printsItself(s.state.decl(n)) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// implicit are the methods that printing calls.
var implicit = []string{"String", "Error", "GoString", "Format"}

// printsItself reports whether a method passes its receiver on.
func printsItself(d *decl) (found bool) {
	f := d.node.(*ast.FuncDecl)
	if len(f.Recv.List[0].Names) == 0 {
		return false
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			for _, arg := range c.Args {
				id, ok := arg.(*ast.Ident)
				found = found || ok && id.Name == f.Recv.List[0].Names[0].Name
			}
		}
		return !found
	})
	return found
}

// mentioned are the names in a node.
func mentioned(n ast.Node) (names []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names = append(names, id.Name)
		}
		return true
	})
	return names
}
