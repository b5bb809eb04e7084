package session

import (
	"go/token"
	"go/types"
	"slices"
	"sync"
)

// A checker knows what cells have made as Go's type checker sees it: their
// declarations, and the types of their variables. That is enough to check
// another cell, and to complete and inspect what is being typed.
type checker struct {
	world *world
	fset  *token.FileSet
	units int

	mu     sync.Mutex // guards what follows
	state  *state
	known  map[string]*unit  // by the file of their positions
	unmade map[string]int    // variables that cells did not assign because they failed, and which cells
	gone   map[string]string // what went with other processes, and where (see Lose)
	asked  struct {          // by completion and inspection
		state *state
		pkg   *types.Package
	}
}

// empty makes the checker one that knows nothing; positions go into fset.
func (k *checker) empty(fset *token.FileSet) {
	// Instances of generic functions have positions in the library's source, and
	// the interpreter asks positions for what a file imports.
	k.fset, k.world.fset = fset, fset
	k.state = &state{vars: map[string]*variable{}, engine: map[string]string{}, imports: map[string]string{}}
	k.known = map[string]*unit{}
	k.unmade = map[string]int{}
	k.gone = map[string]string{}
}

// read parses a cell as the next unit.
func (k *checker) read(cell Cell) (*unit, []problem) {
	k.units++
	return parse(k.fset, unitFile(cell.Number, k.units), cell.Number, cell.Code)
}

// fitting checks the declarations of a cell, without those that have problems,
// the check's or those of fits. It also returns their names; c is nil if
// nothing is left.
func (k *checker) fitting(cell Cell, fits func(*checked) []problem) (c *checked, lost []string) {
	u, _ := k.read(cell)
	u.stmts = nil
	for len(u.decls)+len(u.imports) > 0 {
		k.mu.Lock()
		k.known[u.file] = u
		c, problems := k.check(k.state, u)
		if len(problems) == 0 {
			problems = fits(c)
		}
		k.mu.Unlock()
		if len(problems) == 0 {
			return c, lost
		}
		// Without the first declaration that is at fault the others may be right.
		fault := slices.IndexFunc(u.decls, func(d *decl) bool {
			return slices.ContainsFunc(problems, func(p problem) bool { return d.contains(p.pos) })
		})
		if fault < 0 {
			for _, d := range u.decls {
				lost = append(lost, d.names...)
			}
			return nil, lost
		}
		lost = append(lost, u.decls[fault].names...)
		u.decls = slices.Delete(u.decls, fault, fault+1)
	}
	return nil, lost
}

// with is the session with the declarations and imports of a checked cell.
func (k *checker) with(c *checked) *state {
	next := k.world0(c, c.affected())
	for name, path := range c.unit.paths {
		if explicit(c.unit, name) {
			next.imports[name] = path
		}
	}
	for _, path := range c.unit.dots {
		next.imports["."+path] = path
	}
	return next
}

// with is the state with variables of a cell.
func (st *state) with(tops []*topVar) *state {
	next := st.clone()
	for _, t := range tops {
		n := t.obj.Name()
		next.forget(n)
		next.vars[n] = newVariable(n, t.obj.Type())
	}
	return next
}

// An Outline follows a session without running anything: it knows what the
// session's cells have made, but for the values, and answers what a front end
// asks about code that is being typed. Its methods may be called from several
// goroutines, Complete and Inspect while another is at work.
type Outline struct {
	checker
	telling sync.Mutex // held while a cell is told
}

// NewOutline begins an outline of a new session.
func NewOutline() *Outline {
	o := &Outline{checker: checker{world: importableWorld((&Session{}).importable())}}
	o.empty(token.NewFileSet())
	return o
}

// A Told is a cell that an outline has been told of.
type Told struct {
	o    *Outline
	tops []*topVar // the cell's variables that the outline does not know yet
}

// Tell says that a cell has been accepted (see Outcome.Ran): its declarations
// are there.
func (o *Outline) Tell(cell Cell) *Told {
	o.telling.Lock()
	defer o.telling.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	u, problems := o.read(cell)
	o.known[u.file] = u
	defer o.sweep()
	if len(problems) > 0 {
		return &Told{o: o}
	}
	c, problems := o.check(o.state, u)
	if len(problems) > 0 {
		return &Told{o: o}
	}
	o.state = o.with(c)
	return &Told{o, c.tops}
}

// sweep forgets the units of which nothing is declared any more, and the syntax
// of the others but for what is.
func (o *Outline) sweep() {
	live := map[*unit]bool{}
	for _, d := range o.state.decls {
		live[d.unit] = true
	}
	for file, u := range o.known {
		u.decls, u.imports, u.stmts, u.magics = nil, nil, nil, nil
		if !live[u] {
			delete(o.known, file)
			o.forgetUnit(u)
		}
	}
}

// Done says that the first n statements of the cell have run: the variables
// that they define are there.
func (t *Told) Done(n int) {
	made := 0
	for made < len(t.tops) && t.tops[made].stmt < n {
		made++
	}
	if made == 0 {
		return
	}
	t.o.mu.Lock()
	defer t.o.mu.Unlock()
	t.o.state = t.o.state.with(t.tops[:made])
	t.tops = t.tops[made:]
}

// Reset says that what cells made is gone, and that another session has made
// the imports, types, constants and functions of these again as Restore does.
func (o *Outline) Reset(restored []Cell) {
	o.telling.Lock()
	defer o.telling.Unlock()
	o.mu.Lock()
	o.empty(token.NewFileSet())
	o.mu.Unlock()
	for _, cell := range restored {
		o.fitting(cell, func(c *checked) []problem {
			o.state = o.with(c)
			return nil
		})
	}
}
