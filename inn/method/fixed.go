package method

import (
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// fixed is a posterior of parameters of which some have one value each, and the others, if any,
// are those of another posterior.
type fixed struct {
	vars   []inn.Var
	values []float64     // of all; those of the others do not matter
	free   []int         // the places of the others
	others inn.Posterior // nil: there are none
}

// findFixed looks for the columns of one value. Rest has the others' pairs, and is nil when
// there are none.
func findFixed(pairs *inn.Pairs) (f *fixed, rest *inn.Pairs) {
	x := pairs.X
	f = &fixed{vars: x.Vars, values: slices.Clone(x.Row(0))}
	for j, v := range f.values {
		for i := range x.Len() {
			if x.Row(i)[j] != v {
				f.free = append(f.free, j)
				break
			}
		}
	}
	if len(f.free) == 0 {
		return f, nil
	}
	if len(f.free) == len(f.vars) {
		return f, pairs
	}
	short := &inn.Samples{}
	for _, j := range f.free {
		short.Vars = append(short.Vars, x.Vars[j])
	}
	for i := range x.Len() {
		for _, j := range f.free {
			short.Data = append(short.Data, x.Row(i)[j])
		}
	}
	return f, &inn.Pairs{X: short, Y: pairs.Y}
}

func (f *fixed) String() string {
	if f.others == nil {
		return "one value"
	}
	return f.others.String()
}

func (f *fixed) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	draws := inn.NewSamples(f.vars, n)
	for i := range n {
		copy(draws.Row(i), f.values)
	}
	if f.others == nil {
		return draws, nil
	}
	short, err := f.others.Sample(y, n, seed)
	if err != nil {
		return nil, err
	}
	draws.Warning = short.Warning
	for i := range n {
		for k, j := range f.free {
			draws.Row(i)[j] = short.Row(i)[k]
		}
	}
	return draws, nil
}
