package inn

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
