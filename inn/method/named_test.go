package method_test

import (
	"slices"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/method"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// TestNamed: a posterior under another name draws what it drew, is given the same measurements, and has a row
// of its own in a comparison.
func TestNamed(t *testing.T) {
	abc, err := method.NewABC(scale, &method.ABCSettings{Quantile: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	a := method.Named("by quantile", abc)
	if a.String() != "by quantile" || !slices.Equal(inn.Measured(a), scale.Y) {
		t.Errorf("it is called %q and given %v", a, inn.Measured(a))
	}
	want, err := abc.Sample([]float64{80}, 100, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.Sample([]float64{80}, 100, 3); err != nil || !slices.Equal(got.Data, want.Data) {
		t.Errorf("it draws otherwise, error %v", err)
	}
	both, err := method.NewEnsemble(abc, a, abc)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := both.String(), "ensemble of ABC and by quantile"; got != want {
		t.Errorf("it is called %q, want %q", got, want)
	}
	if method.Named("none", nil) != nil {
		t.Error("nothing is called something")
	}
	test, err := scale.Pairs(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := metric.Compare(scale, test, &metric.Settings{Draws: 100}, abc, a)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rows) != 2 || c.Rows[1].Method != "by quantile" || c.Rows[1].Calibration != c.Rows[0].Calibration {
		t.Errorf("the rows are\n%v", c)
	}
}
