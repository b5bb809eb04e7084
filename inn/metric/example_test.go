package metric_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// half is the problem y = x + noise with x and noise from N(0, 1): half of the
// variance of x remains after the measurement.
var half = inn.Problem{
	Name:  "half",
	X:     inn.Vars("x [cm]"),
	Y:     inn.Vars("y [cm]"),
	Prior: inn.Normal([]float64{0}, []float64{1}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 {
		return []float64{x[0] + rng.NormFloat64()}
	},
}

// exact is its posterior in closed form, N(y/2, 1/2).
type exact struct{}

func (exact) String() string { return "the exact posterior" }

func (exact) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(half.X, n)
	for i := range s.Data {
		s.Data[i] = y[0]/2 + math.Sqrt(0.5)*rng.NormFloat64()
	}
	return s, nil
}

func ExampleRecovered() {
	test, err := half.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Recovered(exact{}, test, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// recovery of the parameters by the exact posterior: 1000 measurements, 1000 draws each
	//                  variance removed  correlation  RMSE [prior sd]   in 68 % int.
	// x [cm]                     47.3 %        0.725            0.689         71.3 %
}

func ExampleCalibration() {
	test, err := half.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Calibration(exact{}, test, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// calibration error of the exact posterior: 1000 measurements, 1000 draws each; chance stays below 1.85 %
	// x [cm]               1.33 %
	// all                  1.33 %
}

func ExampleKDE() {
	d, err := metric.KDE([]float64{1, 2, 2, 3}, &metric.DensitySettings{Bandwidth: 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f %.3f\n", d.At(2), d.At(4))
	// Output: 0.453 0.027
}

func ExampleQuantile() {
	median, err := metric.Quantile([]float64{5, 1, 2}, 0.5)
	fmt.Println(median, err)
	// Output: 2 <nil>
}

func ExampleInterval() {
	lo, hi, err := metric.Interval([]float64{1, 2, 3, 4, 5}, 0.5)
	fmt.Println(lo, hi, err)
	// Output: 2 4 <nil>
}
