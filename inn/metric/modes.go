package metric

import (
	"fmt"
	"math"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// ModesResult says how draws are spread over known modes.
type ModesResult struct {
	Shares []float64 // of the draws that are near each mode
	Within float64   // their sum: the share near any
	Uneven float64   // the largest difference from an equal share of those near any; 1 if there are none
}

// Modes counts draws of a posterior whose modes are known, such as those of the
// Gaussian mixture: a draw is near the nearest centre if the distance to it is
// less than radius. Of a round normal distribution of standard deviation σ in
// two dimensions, 98.9 % lie within 3σ.
//
//	m, err := metric.Modes(draws, centres, 3*sd)
func Modes(draws *inn.Samples, centres [][]float64, radius float64) (*ModesResult, error) {
	if draws == nil || draws.Len() == 0 {
		return nil, fmt.Errorf("metric: Modes wants draws, there are none")
	}
	if err := draws.Check(); err != nil {
		return nil, fmt.Errorf("metric: Modes: the draws: %w", err)
	}
	if len(centres) == 0 || !(radius > 0) {
		return nil, fmt.Errorf("metric: Modes has %d centres and the radius %v, want at least one and a positive radius", len(centres), radius)
	}
	for i, c := range centres {
		if len(c) != len(draws.Vars) {
			return nil, fmt.Errorf("metric: Modes: centre %d has %d values, the draws have %d parameters", i, len(c), len(draws.Vars))
		}
	}
	m := &ModesResult{Shares: make([]float64, len(centres))}
	counts := make([]int, len(centres))
	for i := range draws.Len() {
		nearest, least := -1, radius*radius
		for k, c := range centres {
			if d := squaredDistance(draws.Row(i), c); d < least {
				nearest, least = k, d
			}
		}
		if nearest >= 0 {
			counts[nearest]++
		}
	}
	for k, c := range counts {
		m.Shares[k] = float64(c) / float64(draws.Len())
		m.Within += m.Shares[k]
	}
	if m.Within == 0 {
		m.Uneven = 1
		return m, nil
	}
	for _, share := range m.Shares {
		m.Uneven = max(m.Uneven, math.Abs(share/m.Within-1/float64(len(centres))))
	}
	return m, nil
}

// String is "98.8 % near 4 modes, shares off by up to 0.9 %".
func (m *ModesResult) String() string {
	return fmt.Sprintf("%.1f %% near %d modes, shares off by up to %.1f %%", 100*m.Within, len(m.Shares), 100*m.Uneven)
}
