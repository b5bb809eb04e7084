package metric

import (
	"math"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// named is a posterior under another name.
type named struct {
	inn.Posterior
	name string
}

func (n named) String() string { return n.name }

// TestCompare: the rows are those of the measures themselves, and posteriors of
// one name share a row with their mean and standard deviation.
func TestCompare(t *testing.T) {
	g, off := newGaussian(t), newGaussian(t)
	off.bias = 1
	test := g.pairs(t, 300)
	set := &Settings{Draws: 200, Seed: 3}
	c, err := Compare(g.problem, test, set, g, named{g, "two"}, named{off, "two"})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]ComparisonRow, 2)
	for i, p := range []inn.Posterior{g, off} {
		r, err := Resimulated(p, g.problem, test, &Settings{Draws: 100, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		k, err := Calibration(p, test, set)
		if err != nil {
			t.Fatal(err)
		}
		want[i] = ComparisonRow{g.String(), 1, r.Posterior.Mean, r.Posterior.Median, r.Posterior.RMS, Estimate{Value: k.Error}, Estimate{Value: k.Worst}, 0, Warned{}}
	}
	if c.Rows[0] != want[0] {
		t.Errorf("the first row is %v, want %v", c.Rows[0], want[0])
	}
	two, err := c.Row("two")
	if err != nil {
		t.Fatal(err)
	}
	a, b := want[0].Mean.Value, want[1].Mean.Value
	if two.Count != 2 || math.Abs(two.Mean.Value-(a+b)/2) > 1e-12 || math.Abs(two.Mean.Error-math.Abs(a-b)/math.Sqrt2) > 1e-12 {
		t.Errorf("of %v and %v the row of both is %v", a, b, two)
	}
	if !(two.Worst.Value >= two.Calibration.Value) {
		t.Errorf("the worst parameter is %v off, all together %v", two.Worst, two.Calibration)
	}
	if !(two.Calibration.Value > want[0].Calibration.Value) {
		t.Errorf("a biased posterior does not worsen the calibration: %v", two.Calibration)
	}
	for _, text := range []string{c.String(), c.HTML()} {
		if !strings.Contains(text, "two") || strings.Contains(text, "NaN") {
			t.Errorf("the table is %s", text)
		}
	}
	if !strings.Contains(c.String(), "\ntrue parameters") || strings.Index(c.String(), "worst parameter") > strings.Index(c.String(), "all together") {
		t.Errorf("the table is %s", c)
	}
	if _, err := c.Row("three"); err == nil {
		t.Error("a row that is not there is no error")
	}
	if _, err := Compare(g.problem, test, nil); err == nil {
		t.Error("no posteriors are no error")
	}
}

// An exact posterior has the re-simulation error of the true parameters, and one that is too narrow has less.
func TestCompareWithTheTruth(t *testing.T) {
	g, narrow := newGaussian(t), newGaussian(t)
	narrow.width = 0.5
	c, err := Compare(g.problem, g.pairs(t, 1000), &Settings{Draws: 100, Seed: 4}, g, named{narrow, "narrow"})
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []func(m, s, r Estimate) Estimate{
		func(m, _, _ Estimate) Estimate { return m }, func(_, s, _ Estimate) Estimate { return s }, func(_, _, r Estimate) Estimate { return r },
	} {
		exact, less, truth := of(c.Rows[0].Mean, c.Rows[0].Median, c.Rows[0].RMS), of(c.Rows[1].Mean, c.Rows[1].Median, c.Rows[1].RMS), of(c.True.Mean, c.True.Median, c.True.RMS)
		if math.Abs(exact.Value-truth.Value) > 4*math.Hypot(exact.Error, truth.Error) {
			t.Errorf("exact %v, true parameters %v", exact, truth)
		}
		if !(less.Value < truth.Value-2*truth.Error) {
			t.Errorf("narrow %v, true parameters %v", less, truth)
		}
	}
}
