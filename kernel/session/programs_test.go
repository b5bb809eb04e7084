package session

import (
	"flag"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/kernel/session/programs"
)

// To look for wrong cells longer than every test run does:
//
//	go test ./kernel/session -run RandomPrograms -v -programs 300 -seed 1000
var (
	programsMany = flag.Int("programs", 4, "how many programs of chance are tried")
	programsSeed = flag.Uint64("seed", 1, "of the first of them")
)

// TestRandomPrograms runs programs made of chance as cells, and as one cell, and
// compares what they print with what compiled Go prints.
func TestRandomPrograms(t *testing.T) {
	if testing.Short() {
		return
	}
	var all []*cellCase
	wholes := map[*cellCase]*cellCase{}
	for i := range *programsMany {
		seed := *programsSeed + uint64(i)
		p := programs.New(seed)
		c := &cellCase{file: "seed " + strconv.FormatUint(seed, 10), name: "as cells", cells: p.Cells, program: p.Whole}
		all = append(all, c)
		wholes[c] = &cellCase{file: c.file, name: "as one", cells: []string{p.Whole + "\n", "main()"}}
	}
	var mu sync.Mutex
	want := map[*cellCase]string{}
	runGo(t, all, func(c *cellCase, text string) {
		mu.Lock()
		defer mu.Unlock()
		want[c] = text
	})
	right, refused, slow := 0, 0, 0
	t.Run("programs", func(t *testing.T) {
		for _, asCells := range all {
			for _, c := range []*cellCase{asCells, wholes[asCells]} {
				t.Run(c.file+" "+c.name, func(t *testing.T) {
					t.Parallel()
					got := staleLine.ReplaceAllString(c.inSession(t), "")
					mu.Lock()
					defer mu.Unlock()
					at := difference(got, want[asCells])
					switch line := got[at:]; {
					case at == len(got) && at == len(want[asCells]):
						right++
					case strings.HasPrefix(line, "!! compile error"):
						refused++
						t.Errorf("is refused: %s", firstLines(line, 3))
					case interruptedLine.MatchString(got):
						slow++
					default:
						t.Errorf("gives\n%s\n--- Go gives\n%s", firstLines(line, 5), firstLines(want[asCells][at:], 5))
					}
				})
			}
		}
	})
	t.Logf("%d right, %d refused, %d too slow, %d wrong", right, refused, slow, 2*len(all)-right-refused-slow)
}

// staleLine is what a cell says that gives a function another type.
var staleLine = regexp.MustCompile(`(?m)^\w+ still calls the older .*\n`)

var interruptedLine = regexp.MustCompile(`(?m)^!! interrupted`)

// difference is where the first line begins that two texts do not share.
func difference(a, b string) int {
	at := 0
	for line := range strings.Lines(a) {
		if !strings.HasPrefix(b[at:], line) {
			return at
		}
		at += len(line)
	}
	return at
}

func firstLines(text string, n int) string {
	lines := strings.SplitN(text, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}
