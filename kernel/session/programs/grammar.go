package programs

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed grammar.txt
var grammarText string

// A grammar says what may stand where something of a kind is wanted: a value of
// a type, or a statement. Its alternatives are text with holes:
//
//	«T»        a value of type T, or of a type of class T; T itself is the kind's own type
//	«v T»      a variable of type T
//	«new x T»  the name of a new variable, which is there behind the next «in» or the alternative
//	«$x»       that name again
//	«=T»       the name of the type
//	«type U C» chooses a type of class C, which «U» and «=U» then mean, and writes its name
//	«let U C»  the same, and writes nothing
//	«block»    statements
//	«loop», «label», «func T» ... «end»   where break, a label or return may be used
//	«return», «branch», «same»  a return; a break or continue; the name of the label around
//	«infunc», «call n»  nothing, but only within a function, and where the n-th function may be called
//	«n»        a number that nothing else has
//
// An alternative whose holes cannot be filled is not taken.
type grammar struct {
	classes map[string][]string
	kinds   map[string]*kind
}

type kind struct {
	ends []string // alternatives without values in them
	all  []string
}

// parseGrammar reads grammar.txt: classes of types as "class name: T; U", kinds as
// "== T", and below each its alternatives, with weights as "3 * ...", one a line.
func parseGrammar() *grammar {
	g := &grammar{map[string][]string{}, map[string]*kind{}}
	current := ""
	for line := range strings.Lines(grammarText) {
		line = strings.TrimSpace(line)
		class, is := strings.CutPrefix(line, "class ")
		head, ok := strings.CutPrefix(line, "== ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case is:
			name, list, _ := strings.Cut(class, ": ")
			g.classes[name] = strings.Split(list, "; ")
		case ok:
			current = head
		default:
			weight := 1
			if n, rest, ok := strings.Cut(line, " * "); ok && len(n) == 1 && n[0] >= '1' && n[0] <= '9' {
				weight, line = int(n[0]-'0'), rest
			}
			for range weight {
				g.add(current, line)
			}
		}
	}
	return g
}

func (g *grammar) add(name, alternative string) {
	k := g.kinds[name]
	if k == nil {
		k = &kind{}
		g.kinds[name] = k
	}
	if !strings.Contains(alternative, "«") || !strings.Contains(strings.ReplaceAll(alternative, "«n»", ""), "«") {
		k.ends = append(k.ends, alternative)
	}
	k.all = append(k.all, alternative)
}

// adds makes the calls of a function alternatives, for functions behind it.
func (g *grammar) adds(f *function) {
	var args []string
	for _, t := range f.params {
		args = append(args, "«"+t+"»")
	}
	number := strings.TrimPrefix(f.name, "F")
	call := "«call " + number + "»" + f.name + "(" + strings.Join(args, ", ") + ")"
	if f.generic {
		call = "«call " + number + "»«let U all»" + f.name + "[«=U»](" + strings.Join(append([]string{"«U»"}, args...), ", ") + ")"
	}
	if f.recv != "" {
		on := "(«" + f.recv + "»)."
		if strings.HasPrefix(f.recv, "*") && f.recv != "*S" && f.recv != "*Ci" {
			on = "«v " + f.recv[1:] + "»."
		}
		call = "«call " + number + "»" + on + f.name + "(" + strings.Join(args, ", ") + ")"
	}
	if len(f.results) == 1 {
		for range 3 {
			g.add(f.results[0], call)
		}
		return
	}
	var news []string
	for i, t := range f.results {
		news = append(news, fmt.Sprintf("«new r%d %s»", i, t))
	}
	for range 6 {
		g.add("stmt", strings.Join(news, ", ")+" := "+call)
	}
}

// types are the types of a class, or the one type.
func (g *grammar) types(class string) []string {
	if ts := g.classes[class]; ts != nil {
		return ts
	}
	return []string{class}
}
