package programs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A grower fills the holes of alternatives.
type grower struct {
	rng      *rand.Rand
	grammar  *grammar
	scope    []variable
	context  []context
	callable int // functions that may be called, 0: all
	count    int
	level    int // of blocks within blocks

	// A function within a value changes no variable but its own, those from here
	// on: what Go leaves open is the order of that and of reading the variable.
	changeable int
}

// deepest is the level in which statements have no blocks.
const deepest = 3

type variable struct {
	name, typ string
	stable    bool // its type never changes
}

// A context is where a break, a label or a return may be used.
type context struct {
	kind    string // loop, label or func
	label   string
	results []string
	named   []string   // the variables of the results
	scope   []variable // around it

	changeable int // around it
}

func (g *grower) chance(n int) bool { return g.rng.IntN(n) == 0 }

func (g *grower) pick(list []string) string { return list[g.rng.IntN(len(list))] }

// name is the name of a local variable, which may hide others but those taken.
func (g *grower) name(taken map[string]bool) string {
	for {
		v := string("abcdeghuvwxyz"[g.rng.IntN(13)])
		if g.chance(3) {
			g.count++
			v = fmt.Sprintf("v%d", g.count)
		}
		if !taken[v] {
			taken[v] = true
			return v
		}
	}
}

// expr is a value of a type, of so many levels.
func (g *grower) expr(typ string, depth int) string {
	var vars []string
	for i, v := range g.scope {
		if v.typ == typ && !g.hidden(i) {
			vars = append(vars, v.name)
		}
	}
	k := g.grammar.kinds[typ]
	if len(vars) > 0 && (depth <= 0 && !g.chance(4) || g.chance(4)) {
		return g.pick(vars)
	}
	if depth > 0 {
		alternatives := k.all
		if g.chance(5) {
			alternatives = g.grammar.kinds["any type"].all
		}
		for range 5 {
			if text, ok := g.fill(g.pick(alternatives), typ, depth-1, nil); ok {
				return text
			}
		}
	}
	if len(k.ends) > 0 {
		text, _ := g.fill(g.pick(k.ends), typ, 0, nil)
		return text
	}
	for {
		if text, ok := g.fill(g.pick(k.all), typ, 0, nil); ok {
			return text
		}
	}
}

// hidden reports whether a later variable has the name of the i-th.
func (g *grower) hidden(i int) bool {
	return slices.ContainsFunc(g.scope[i+1:], func(v variable) bool { return v.name == g.scope[i].name })
}

// statement is one whose variables nobody sees behind it.
func (g *grower) statement() string { return "{\n" + g.blockOf(1, map[string]bool{}) + "\n}" }

func (g *grower) block() string { return g.blockOf(1+g.rng.IntN(3), map[string]bool{}) }

// blockOf are n statements in a block whose names are taken.
func (g *grower) blockOf(n int, taken map[string]bool) string {
	outer := g.scope
	defer func() { g.scope = outer }()
	return g.statements(n, taken)
}

// statements are n statements, whose variables are there behind them.
func (g *grower) statements(n int, taken map[string]bool) string {
	g.level++
	defer func() { g.level-- }()
	var lines []string
	for range n {
		for {
			before := len(g.scope)
			text, ok := g.fill(g.pick(g.grammar.kinds["stmt"].all), "", max(1, 3-g.level), taken)
			if !ok {
				continue
			}
			lines = append(lines, text)
			for _, v := range g.scope[before:] {
				lines = append(lines, "_ = "+v.name)
			}
			break
		}
	}
	return strings.Join(lines, "\n")
}

// returned are values for results.
func (g *grower) returned(results []string) string {
	var values []string
	for _, t := range results {
		values = append(values, g.expr(t, 2))
	}
	return strings.Join(values, ", ")
}

// fill fills the holes of an alternative of kind typ. The variables that it makes
// are in the scope afterwards if taken, the names of its block, is not nil.
func (g *grower) fill(text, typ string, depth int, taken map[string]bool) (string, bool) {
	if g.level >= deepest && strings.Contains(text, "«block»") {
		return "", false
	}
	saved, contexts, changeable := g.scope, len(g.context), g.changeable
	own := map[string]bool{} // names of this alternative
	names := taken
	if names == nil {
		names = own
	}
	bound := map[string]string{"T": typ}
	made := map[string]string{}
	var pending []variable
	fail := func() (string, bool) {
		g.scope, g.context, g.changeable = saved, g.context[:contexts], changeable
		return "", false
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "«")
		b.WriteString(before)
		if !found {
			break
		}
		hole, after, _ := strings.Cut(rest, "»")
		text = after
		word, arg, _ := strings.Cut(hole, " ")
		switch {
		case word == "v":
			if t := bound[arg]; t != "" {
				arg = t
			}
			var vars []string
			for i, v := range g.scope {
				if i >= g.changeable && v.typ == arg && !g.hidden(i) {
					vars = append(vars, v.name)
				}
			}
			if len(vars) == 0 {
				return fail()
			}
			b.WriteString(g.pick(vars))
		case word == "new":
			id, t, _ := strings.Cut(arg, " ")
			if u := bound[t]; u != "" {
				t = u
			}
			v := g.name(names)
			made[id] = v
			pending = append(pending, variable{v, t, true})
			b.WriteString(v)
		case strings.HasPrefix(word, "$"):
			b.WriteString(made[word[1:]])
		case strings.HasPrefix(word, "="):
			b.WriteString(bound[word[1:]])
		case word == "type", word == "let":
			u, class, _ := strings.Cut(arg, " ")
			bound[u] = g.pick(g.grammar.types(class))
			if word == "type" {
				b.WriteString(bound[u])
			}
		case word == "in":
			g.scope = append(slices.Clone(g.scope), pending...)
			for _, v := range pending {
				b.WriteString("_ = " + v.name + "; ")
				own[v.name] = true
			}
			pending = nil
			if taken != nil { // what is made here is not the block's
				names, taken = own, nil
			}
		case word == "block":
			if len(g.context) > contexts && g.context[len(g.context)-1].kind == "func" { // its parameters are of the block, and what follows is
				b.WriteString("\n" + g.statements(1+g.rng.IntN(3), names) + "\n")
			} else {
				b.WriteString("\n" + g.block() + "\n")
			}
		case word == "loop":
			g.context = append(g.context, context{kind: "loop", scope: g.scope})
			b.WriteString("tick(); ")
		case word == "label":
			g.count++
			g.context = append(g.context, context{kind: "label", label: fmt.Sprintf("L%d", g.count), scope: g.scope})
			b.WriteString(fmt.Sprintf("L%d", g.count))
		case word == "func":
			one := context{kind: "func", scope: g.scope, changeable: g.changeable}
			if typ != "" {
				g.changeable = len(g.scope)
			}
			if arg != "" {
				if t := bound[arg]; t != "" {
					arg = t
				}
				one.results = []string{arg}
			}
			g.context = append(g.context, one)
		case word == "end":
			g.scope = g.context[len(g.context)-1].scope
			if g.context[len(g.context)-1].kind == "func" {
				g.changeable = g.context[len(g.context)-1].changeable
			}
			g.context = g.context[:len(g.context)-1]
		case word == "return":
			i := len(g.context) - 1
			for i >= 0 && g.context[i].kind != "func" {
				i--
			}
			if i < 0 {
				return fail()
			}
			b.WriteString("return ")
			c := g.context[i]
			bare := len(c.named) > 0 && !slices.ContainsFunc(g.scope[len(c.scope):], func(v variable) bool { return slices.Contains(c.named, v.name) })
			if !bare || g.chance(2) {
				b.WriteString(g.returned(c.results))
			}
		case word == "branch": // out of a loop or to its next round
			i := len(g.context) - 1
			if i < 0 || g.context[i].kind == "func" {
				return fail()
			}
			var labels []string
			for ; i >= 0 && g.context[i].kind != "func"; i-- {
				if g.context[i].kind == "label" {
					labels = append(labels, " "+g.context[i].label)
				} else {
					labels = append(labels, "")
				}
			}
			b.WriteString(g.pick([]string{"break", "continue"}) + g.pick(labels))
		case word == "same": // the label around, which Go wants used
			b.WriteString(g.context[len(g.context)-2].label)
		case word == "infunc":
			if !slices.ContainsFunc(g.context, func(c context) bool { return c.kind == "func" }) {
				return fail()
			}
		case word == "call":
			var n int
			fmt.Sscan(arg, &n)
			if g.callable > 0 && n > g.callable || g.callable < 0 {
				return fail()
			}
		case word == "n":
			g.count++
			fmt.Fprint(&b, g.count)
		default:
			t := hole
			if u := bound[t]; u != "" {
				t = u
			}
			b.WriteString(g.expr(g.pick(g.grammar.types(t)), depth))
		}
	}
	if taken != nil {
		g.scope = append(slices.Clone(g.scope), pending...)
	} else {
		g.scope = saved
	}
	return b.String(), true
}
