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
	// x [cm]               1.58 %
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

func ExampleSBC() {
	test, err := half.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.SBC(exact{}, test, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// ranks of the truth among draws of the exact posterior: 1000 measurements, 1000 draws each; p = 0.129 for all
	//         p of the ranks  p of their histogram   the draws are
	// x [cm]           0.129                 0.765  no fault found
}

func ExampleCoverage() {
	test, err := half.Pairs(300, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Coverage(exact{}, test, &metric.Settings{Draws: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Verdict)
	// Output: no fault found
}

func ExampleTARP() {
	test, err := half.Pairs(300, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.TARP(exact{}, test, &metric.Settings{Draws: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Verdict)
	// Output: no fault found
}

// The prior's standard deviation is 1, that of the exact posterior √½.
func ExampleMAPError() {
	test, err := half.Pairs(200, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.MAPError(exact{}, test, &metric.Settings{Draws: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// MAP error of the exact posterior: 200 measurements, 200 draws each
	//         RMSE of the MAP [prior sd]
	// x [cm]               0.714 ± 0.038
	// all                  0.714 ± 0.038
}

func ExampleMAPErrorAndCalibration() {
	test, err := half.Pairs(2000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	points, calibration, err := metric.MAPErrorAndCalibration(exact{}, test, &metric.Settings{Draws: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("RMSE %v, calibration error %.1f %%\n", points.All, 100*calibration.Error)
	// Output:
	// RMSE 0.727 ± 0.012, calibration error 0.7 %
}

func ExampleResimulated() {
	test, err := half.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Resimulated(exact{}, half, test, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// re-simulation error of the exact posterior: 1000 measurements, 100 draws each
	//                              mean           median  root mean square   mean [sd of y]
	// posterior         1.1280 ± 0.0071  0.9559 ± 0.0066   1.4141 ± 0.0087  0.8055 ± 0.0050
	// simulation noise    1.060 ± 0.025    0.894 ± 0.032     1.325 ± 0.029    0.757 ± 0.018
}

func ExamplePredictive() {
	test, err := half.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Predictive(exact{}, half, test, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// predictions of the exact posterior: 1000 measurements, 100 draws each; p = 0.055 for all
	//         draws' error [sd of y]  truth's error [sd of y]      p  predictions are
	// y [cm]                    1.01                    0.966  0.055   no fault found
}

func ExampleC2ST() {
	near, _ := exact{}.Sample([]float64{0}, 1000, 1)
	far, _ := exact{}.Sample([]float64{2}, 1000, 2)
	r, err := metric.C2ST(near, far, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f of %d points each are told right, by chance: %v\n", r.Accuracy.Value, r.Points, r.P > 0.05)
	// Output:
	// 0.8 of 1000 points each are told right, by chance: false
}

func ExampleMMD() {
	near, _ := exact{}.Sample([]float64{0}, 1000, 1)
	far, _ := exact{}.Sample([]float64{2}, 1000, 2)
	r, err := metric.MMD(near, far, &metric.TwoSampleSettings{Points: 300})
	fmt.Println(r, err)
	// Output:
	// MMD² 0.548, p = 0.002 (300 points each) <nil>
}

func ExampleMAP() {
	draws, _ := exact{}.Sample([]float64{2}, 1000, 1)
	x, err := metric.MAP(draws, nil)
	fmt.Printf("%.1f %v\n", x, err)
	// Output:
	// [1.0] <nil>
}

func ExampleBootstrap() {
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	mean, err := metric.Bootstrap(values, func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum / float64(len(v))
	}, 1)
	fmt.Println(mean, err)
	// Output:
	// 5.00 ± 0.84 <nil>
}

func ExampleCompare() {
	test, err := half.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Compare(half, test, nil, exact{})
	if err != nil {
		fmt.Println(err)
		return
	}
	row, err := table.Row("the exact posterior")
	fmt.Printf("calibration error %.1f %%, %v\n", 100*row.Calibration.Value, err)
	// Output: calibration error 1.6 %, <nil>
}

// What a posterior says of a parameter for every pixel of an image.
func ExampleIntervals() {
	pairs, err := half.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	image, err := half.Pairs(5000, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Intervals(exact{}, pairs, image.Y, "x", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(table.Median), "medians, from the posteriors of", table.Knots)
	// Output: 5000 medians, from the posteriors of 2048
}
