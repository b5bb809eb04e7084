package inn

import (
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/coverage"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// cover measures the coverage of the trained network, or is nil when it is asked to stop. One
// whose draws are not finite covers nothing.
func (t *trainer) cover() *coverage.Coverage {
	seen := t.measured()
	n := min(coverage.MostPairs, seen.Rows)
	pair := func(k int) int { return k * seen.Rows / n }
	draws := NewSamples(t.model.x.Vars, n*coverage.Draws)
	task := progress.Start("coverage", draws.Len())
	defer task.End()
	y := func(i int) []float32 { return seen.Row(pair(i / coverage.Draws)) }
	if t.model.draw(draws, 0, RNG(t.Seed, streamCoverage).Uint64(), y, task) != nil {
		if task.Stopped() {
			return nil
		}
		return &coverage.Coverage{Pairs: n, Inside: make([]float64, t.D)}
	}
	x := make([]float64, t.D)
	truth := func(k int) []float64 {
		t.model.x.undo(x, t.x.Row(pair(k)))
		return x
	}
	return coverage.Of(n, t.D, truth, func(k, i int) []float64 { return draws.Row(k*coverage.Draws + i) })
}

// warning is what draws for a normalised y are to say.
func (m *Model) warning(y []float32) string {
	advice := "Longer training may help; if y is noisy, take method.TrainINN or TrainCINN."
	if m.settings.WeightLikelihood > 0 {
		advice = "Longer training may help, or more pairs, or method.TrainCINN."
	}
	return strings.TrimSpace(m.fence.Warn(y) + " " + m.covered.Warn(func(j int) string { return m.x.Vars[j].Name }, advice))
}
