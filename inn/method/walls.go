package method

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

// Walls are the interval that each parameter never leaves, such as the edges of
// a uniform prior; ±Inf on a side that has none. A network whose density is
// smooth everywhere leaks through a wall, so what it draws beyond one is drawn
// again.
//
// To learn another quantity that has no walls, such as the normal quantile of
// (x - lo)/(hi - lo), was tried too. It made posteriors worse where y depends on
// x simply: on two moons, and on a linear problem with a uniform prior.
type Walls [][2]float64

// FindWalls looks for the walls of a prior in draws of it: an end of a
// parameter's range, towards which the density does not fall off, is taken to
// be one. The wall stands 1/n of the range of the n draws beyond the outermost. A parameter
// that is negative in no draw, or positive in none, has a wall at 0, if not a nearer one.
func FindWalls(prior *inn.Samples) (Walls, error) {
	if prior == nil || prior.Len() < 2 {
		return nil, fmt.Errorf("method: FindWalls wants at least 2 draws of the prior")
	}
	if err := prior.Check(); err != nil {
		return nil, fmt.Errorf("method: FindWalls: %w", err)
	}
	walls := make(Walls, len(prior.Vars))
	column := make([]float64, prior.Len())
	for j := range walls {
		for i := range column {
			column[i] = prior.Row(i)[j]
		}
		low, high := scale.Walls(column)
		if slices.Min(column) >= 0 {
			low = max(low, 0)
		}
		if slices.Max(column) <= 0 {
			high = min(high, 0)
		}
		walls[j] = [2]float64{low, high}
	}
	return walls, nil
}

// check says what is wrong with walls for the draws, if anything.
func (w Walls) check(s *inn.Samples) error {
	if len(w) == 0 {
		return nil
	}
	if len(w) != len(s.Vars) {
		return fmt.Errorf("method: there are walls of %d parameters, want %d", len(w), len(s.Vars))
	}
	for j, v := range s.Vars {
		if !(w[j][0] < w[j][1]) {
			return fmt.Errorf("method: the walls of %s are %v and %v, want the lower one first", v.Name, w[j][0], w[j][1])
		}
	}
	for i := range s.Len() {
		if j := w.beyond(s.Row(i)); j >= 0 {
			return fmt.Errorf("method: %s is %v in pair %d, not between its walls %v and %v", s.Vars[j].Name, s.Row(i)[j], i, w[j][0], w[j][1])
		}
	}
	return nil
}

// beyond is the first parameter of x that is beyond a wall, or -1.
func (w Walls) beyond(x []float64) int {
	for j := range w {
		if !(x[j] >= w[j][0] && x[j] <= w[j][1]) {
			return j
		}
	}
	return -1
}

// A draw beyond the walls is drawn again up to tries times, or soon times if nine tenths are
// beyond them still. A posterior that leaks this much is far from all training pairs.
const (
	tries = 100
	soon  = 8
)

// keep draws again what lies beyond the walls. What still does after all tries is
// set on the wall, and the draws get a warning.
func (w Walls) keep(draws *inn.Samples, again func(n int, try uint64) (*inn.Samples, error)) error {
	var out []int
	for i := range draws.Len() {
		if w.beyond(draws.Row(i)) >= 0 {
			out = append(out, i)
		}
	}
	first, done := len(out), 0
	for ; len(out) > 0 && done < tries && (done < soon || 10*len(out) < 9*first); done++ {
		fresh, err := again(len(out), uint64(done+1))
		if err != nil {
			return err
		}
		left := out[:0]
		for k, i := range out {
			if copy(draws.Row(i), fresh.Row(k)); w.beyond(draws.Row(i)) >= 0 {
				left = append(left, i)
			}
		}
		out = left
	}
	for _, i := range out {
		for j, v := range draws.Row(i) {
			draws.Row(i)[j] = min(max(v, w[j][0]), w[j][1])
		}
	}
	if len(out) > 0 {
		draws.Warning = strings.TrimSpace(draws.Warning + " " + fmt.Sprintf("%d of %d draws stayed beyond the walls of the prior in %d tries and are set on them: y is unlike the training data, or training was too short", len(out), draws.Len(), done))
	}
	return nil
}

// at says which of d parameters have a wall.
func (w Walls) at(d int) []bool {
	walled := make([]bool, d)
	for j, at := range w {
		walled[j] = !math.IsInf(at[0], 0) || !math.IsInf(at[1], 0)
	}
	return walled
}
