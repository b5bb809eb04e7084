package inn

import (
	"fmt"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/layer/layertest"
)

// TestNetworksKeepTheContract: whole networks, with padding and without, of
// every coupling, permutation and activation.
func TestNetworksKeepTheContract(t *testing.T) {
	for i, s := range []Settings{
		{Activation: Tanh},
		{Activation: Tanh, Clamp: 1},
		{Permutation: Learned, Clamp: 1},
		{Actnorm: true, Activation: Tanh, Latent: 1, Nominal: 3},
		{Permutation: Learned, Actnorm: true, Coupling: Spline, Bins: 1, Bound: 9, Clamp: 1, Activation: Tanh, Nominal: 7},
	} {
		s.Blocks, s.Layers, s.Width, s.Seed = 2, 2, 6, uint64(i)
		o, err := s.withDefaults(3, 2)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint(o.Coupling, o.Permutation, o.Activation, o.Actnorm, o.Nominal)
		if err := layertest.Test(newNet(shape{3, 2, o.Latent, o.Nominal}, &o), o.Nominal); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
