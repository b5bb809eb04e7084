package inn

import "fmt"

// A Posterior can be asked for draws of the parameters given a measurement:
// the INN, ABC and every other method satisfy it, so that measures and figures
// never ask who made the draws.
type Posterior interface {
	// Sample draws n parameter vectors from p(x | y). The same y, n and seed
	// give the same draws. A y of the wrong length or that is not finite is
	// an error.
	Sample(y []float64, n int, seed uint64) (*Samples, error)

	// String names the method, for a legend or a table.
	String() string
}

// Measured are the measurements that a posterior is given, in their order, if it has a method
// Measured() []Var that says so, as networks and ABC have; of others nil.
func Measured(p Posterior) []Var {
	if m, ok := p.(interface{ Measured() []Var }); ok {
		return m.Measured()
	}
	return nil
}

// CheckMeasured is an error when measurements are not those that the posterior is given (Measured), by name,
// unit and order.
func CheckMeasured(p Posterior, ys []Var) error {
	want := Measured(p)
	if want == nil {
		return nil
	}
	if len(ys) != len(want) {
		return fmt.Errorf("there are %d measurements, but %s is given %d", len(ys), p, len(want))
	}
	for i, v := range ys {
		if v != want[i] {
			return fmt.Errorf("measurement %d of %d is %q, but %s is given %q there", i+1, len(ys), v.Label(), p, want[i].Label())
		}
	}
	return nil
}
