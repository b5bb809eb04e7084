package cluster

import (
	"fmt"
	"math"
	"testing"
)

func ratio(t testing.TB, s *Spectrum, name string) float64 {
	t.Helper()
	for i, l := range lines {
		if l.Name == name {
			return s.Ratio[i]
		}
	}
	t.Fatalf("no line %q", name)
	return 0
}

func TestShowNebula(t *testing.T) {
	for _, z := range []float64{0.1, 0.3, 1, 2} {
		for _, u := range []float64{-3.5, -3, -2.5, -2} {
			no := math.Log10(math.Pow(10, -1.6) + math.Pow(10, 2.33+8.69-12+math.Log10(z)))
			s, err := Gas{U: math.Pow(10, u), MeanEnergy: 21, Electrons: 100, Z: z, NO: no, Dust: 1.5e-21 * z, Column: math.Inf(1)}.Emit()
			if err != nil {
				t.Fatal(err)
			}
			str := fmt.Sprintf("Z %.1f U %.1f T %.0f rec %.3f dust %.3f esc %.4f Hb %.3g", z, u, s.Temperature, s.Recombined, s.Dusted, s.Escaped, s.HBeta)
			for _, n := range []string{"Halpha 6563", "He I 5876", "[O III] 5007", "[O II] 3726", "[N II] 6584", "[S II] 6716", "[S III] 9531", "[O I] 6300", "[Ne III] 3869", "[Ar III] 7136", "[S IV] 10.5um", "[Ne II] 12.8um"} {
				str += fmt.Sprintf(" %s=%.3f", n, ratio(t, s, n))
			}
			t.Log(str)
		}
	}
}

func BenchmarkEmit(b *testing.B) {
	for b.Loop() {
		if _, err := (Gas{U: 1e-3, MeanEnergy: 21, Electrons: 100, Z: 1, NO: -0.9, Dust: 1.5e-21, Column: math.Inf(1)}).Emit(); err != nil {
			b.Fatal(err)
		}
	}
}
