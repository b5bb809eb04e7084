package session

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

//go:embed bench_code_test.go
var benchSource string

// benchCode is the benchmark's functions as a cell.
func benchCode() string { return benchSource[strings.Index(benchSource, "func forward"):] }

const benchProblem = `arm := inn.Problem{Name: "arm", X: inn.Vars("x1", "x2", "x3", "x4"), Y: inn.Vars("y1", "y2"), Simulate: forward,
	Prior: inn.Normal([]float64{0, 0, 0, 0}, []float64{0.25, 0.5, 0.5, 0.5})}`

// thirty is a cell of thirty lines.
const thirty = `type series struct {
	name   string
	values []float64
}

func (s series) mean() float64 {
	sum := 0.0
	for _, v := range s.values {
		sum += v
	}
	return sum / float64(len(s.values))
}

func (s series) spread() float64 {
	m, sum := s.mean(), 0.0
	for _, v := range s.values {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(s.values)-1))
}

data := []series{
	{"a", []float64{1, 2, 3, %d}},
	{"b", []float64{2, 4, 8}},
}
text := ""
for _, s := range data {
	text += fmt.Sprintf("%%s %%.2f ± %%.2f\n", s.name, s.mean(), s.spread())
}
text`

// BenchmarkPage prints the figures of docs/measured.md: medians of rounds in
// turns.
func BenchmarkPage(b *testing.B) {
	const rounds = 5
	interpreted, native := benchSession(b, ""), benchSession(b, "%%native\n")
	compiled := inn.Problem{Name: "arm", X: inn.Vars("x1", "x2", "x3", "x4"), Y: inn.Vars("y1", "y2"), Simulate: forward, Concurrent: true,
		Prior: inn.Normal([]float64{0, 0, 0, 0}, []float64{0.25, 0.5, 0.5, 0.5})}

	fmt.Printf("\n| 1e6 rows of the planar arm | s | against compiled |\n|---|---|---|\n")
	rows := turns(rounds,
		func() float64 { return pairs(b, compiled, 1_000_000) },
		func() float64 { return cellTime(b, native, "pairs, err := arm.Pairs(1_000_000, 1)") },
		func() float64 { return cellTime(b, interpreted, "pairs, err := arm.Pairs(50_000, 1)") * 20 },
	)
	for i, name := range []string{"compiled into the program, two workers", "`%%native`", "interpreted (twenty times 50,000 rows)"} {
		fmt.Printf("| %s | %.2f | %.1f |\n", name, rows[i], rows[i]/rows[0])
	}
	if got, want := do(native, 9, "arm.Pairs(1000, 1)"), do(interpreted, 9, "arm.Pairs(1000, 1)"); got != want {
		b.Errorf("native and interpreted pairs differ")
	}

	fmt.Printf("\n| one iteration [ns] | compiled | native | interpreted | interpreted over native |\n|---|---|---|---|---|\n")
	for _, f := range []struct {
		name     string
		cell     string
		compiled func(int) float64
	}{
		{"float loop", "floatLoop", floatLoop}, {"slice sum", "sliceSum", sliceSum}, {"`math.Sin`", "sines", sines}, {"function call", "functionCalls", functionCalls},
		{"closure call", "closureCalls", closureCalls}, {"method call", "methodCalls", methodCalls}, {"map element", "mapSets", mapSets},
	} {
		const fast, slow = 4_000_000, 40_000
		ns := turns(rounds,
			func() float64 { start := time.Now(); sink += f.compiled(fast); return since(start) / fast * 1e9 },
			func() float64 { return cellTime(b, native, fmt.Sprintf("_ = %s(%d)", f.cell, fast)) / fast * 1e9 },
			func() float64 { return cellTime(b, interpreted, fmt.Sprintf("_ = %s(%d)", f.cell, slow)) / slow * 1e9 },
		)
		fmt.Printf("| %s | %.1f | %.1f | %.0f | %.0f |\n", f.name, ns[0], ns[1], ns[2], ns[2]/ns[1])
	}
	one := turns(rounds,
		func() float64 { return cellTime(b, native, "for range 1000 { half(1) }") / 1000 * 1e6 },
		func() float64 { return cellTime(b, interpreted, "for range 1000 { half(1) }") / 1000 * 1e6 })
	fmt.Printf("\nOne call of a native function by a cell: %.0f µs; of an interpreted one: %.1f µs.\n", one[0], one[1])

	fmt.Printf("\n| a cell [ms] | parse and check | lower | run | together, p50 | p99 |\n|---|---|---|---|---|---|\n")
	for _, c := range []struct{ name, code string }{{"`x + %d`", "x + %d"}, {"30 lines", thirty}} {
		s := benchSession(b, "")
		do(s, 1, "x := 1")
		latency(s, c.name, c.code)
	}
	s := session200(b)
	do(s, 201, "x := 1")
	latency(s, "`x + %d` after 200 cells", "x + %d")
	latency(s, "a function and its call after 200 cells", "func f%[1]d(s sample7) float64 { return norm7(s) + %[1]d }\nf%[1]d(value7)")
}

var sink float64

func since(start time.Time) float64 { return time.Since(start).Seconds() }

// benchSession is a session with the benchmark's functions.
func benchSession(b *testing.B, magic string) *Session {
	s, err := New()
	if err != nil {
		b.Fatal(err)
	}
	got := do(s, 1, magic+benchCode())
	fmt.Print(got)
	if strings.Contains(got, "!!") || magic != "" && !strings.Contains(got, "native: ") {
		b.Fatal(got)
	}
	if got := do(s, 2, benchProblem); got != "" {
		b.Fatal(got)
	}
	return s
}

func pairs(b *testing.B, p inn.Problem, n int) float64 {
	start := time.Now()
	if _, err := p.Pairs(n, 1); err != nil {
		b.Fatal(err)
	}
	return since(start)
}

func cellTime(b *testing.B, s *Session, code string) float64 {
	start := time.Now()
	if got := do(s, 3, code); strings.Contains(got, "!!") {
		b.Fatal(got)
	}
	return since(start)
}

// turns are the medians of what the functions give in rounds, one after the
// other in each.
func turns(rounds int, fs ...func() float64) []float64 {
	all := make([][]float64, len(fs))
	for range rounds {
		for i, f := range fs {
			all[i] = append(all[i], f())
		}
	}
	medians := make([]float64, len(fs))
	for i, v := range all {
		slices.Sort(v)
		medians[i] = v[len(v)/2]
	}
	return medians
}

// latency prints what the steps of a cell take that is a little different each
// time.
func latency(s *Session, name, code string) {
	var steps [4][]float64
	for i := range 200 {
		s.units++
		marks := []time.Time{time.Now()}
		u, _ := parse(s.fset, unitFile(i, s.units), i, fmt.Sprintf(code, i))
		s.known[u.file] = u
		c, problems := s.check(s.state, u)
		if len(problems) > 0 {
			fmt.Fprintln(os.Stderr, problems)
			return
		}
		marks = append(marks, time.Now())
		p, _ := s.lower(c)
		marks = append(marks, time.Now())
		o := s.run(context.Background(), c, p, &page{}, func() {})
		marks = append(marks, time.Now())
		if o.Err != nil || reflect.ValueOf(o.Value).IsZero() {
			fmt.Fprintln(os.Stderr, o.Err)
			return
		}
		for k := range 3 {
			steps[k] = append(steps[k], marks[k+1].Sub(marks[k]).Seconds()*1e3)
		}
		steps[3] = append(steps[3], marks[3].Sub(marks[0]).Seconds()*1e3)
	}
	at := func(k int, q float64) float64 {
		slices.Sort(steps[k])
		return steps[k][int(math.Round(q*float64(len(steps[k])-1)))]
	}
	fmt.Printf("| %s | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, at(0, 0.5), at(1, 0.5), at(2, 0.5), at(3, 0.5), at(3, 0.99))
}
