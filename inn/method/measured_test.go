package method

import (
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// Every method, and what wraps one, says what measurements it is given.
func TestMeasured(t *testing.T) {
	pairs := pairsOf(t, linear, 400)
	quick := Training{Steps: 1}
	posts := map[string]inn.Posterior{}
	add := func(name string) func(inn.Posterior, error) {
		return func(p inn.Posterior, err error) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			posts[name] = p
		}
	}
	for _, m := range trained {
		add(m.name)(m.train(pairs, quick))
	}
	abc, err := NewABC(linear, &ABCSettings{Pilot: 100})
	add("ABC")(abc, err)
	abc, err = NewABCFromPairs(pairs, nil)
	add("ABC of pairs")(abc, err)
	model, err := inn.Train(pairs, &inn.Settings{Steps: 1, Blocks: 1, Width: 8})
	add("INN")(model, err)
	ensemble, err := NewEnsemble(model, abc)
	add("ensemble")(ensemble, err)
	alternatives, err := TrainAlternatives(pairs, 2, func(x []float64) int {
		if x[0] > 0 {
			return 1
		}
		return 0
	}, func(int, *inn.Pairs) (inn.Posterior, error) { return model, nil }, &PointSettings{Training: quick})
	add("alternatives")(alternatives, err)
	add("TrainINN")(TrainINN(pairs, &inn.Settings{Steps: 1, Blocks: 1, Width: 8}))
	scores, err := NewNormalScores(pairs.X)
	if err != nil {
		t.Fatal(err)
	}
	posts["scores"] = scores.Undo(model)
	components, err := NewComponents(pairs.Y, 1)
	if err != nil {
		t.Fatal(err)
	}
	posts["components"] = components.Undo(model)
	for name, p := range posts {
		if got := inn.Measured(p); !slices.Equal(got, linear.Y) {
			t.Errorf("%s is given %v, want %v", name, got, linear.Y)
		}
		if err := inn.CheckMeasured(p, linear.Y); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	turned := &inn.Pairs{X: pairs.X, Y: &inn.Samples{Vars: inn.Vars("v", "u"), Data: pairs.Y.Data}}
	other, err := NewABCFromPairs(turned, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewEnsemble(model, other); err == nil || !strings.Contains(err.Error(), `posterior 1 of the ensemble is of other measurements than the first`) {
		t.Errorf("an ensemble of two orders: %v", err)
	}
	if err := inn.CheckMeasured(model, inn.Vars("u")); err == nil || err.Error() != "there are 1 measurements, but INN is given 2" {
		t.Errorf("error %v", err)
	}
}
