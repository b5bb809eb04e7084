package metric

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/spatial/kdtree"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// A C2STResult says how well a classifier tells two sets of samples apart.
type C2STResult struct {
	// Accuracy is the share told right: 0.5 if the sets cannot be told apart, 1 if
	// they always can. Its error is that of guessing, times 1.5: the five classifiers have learnt
	// from the same points (the corrected variance of Nadeau and Bengio 2003, 1/5 + 1/4 instead of 1/5).
	Accuracy Estimate

	P      float64 // probability of such an accuracy if they come from the same distribution
	Points int     // of each set
}

// folds of the cross-validation.
const folds = 5

// C2ST is the classifier two-sample test (Lopez-Paz and Oquab 2017) of two sets
// of draws, for example of a posterior and of a reference for the same y.
//
// The classifier is a logistic regression and a perceptron. The regression's
// features are each variable, its square and the products of two, which tell
// apart what differs in mean, width or correlation in any number of dimensions,
// and the vote of the k nearest points, k = √n, which tells apart what differs in
// shape, such as a lost mode, in few. What else many variables have with each
// other the perceptron learns, of the size that the published figures' has (two
// hidden layers of 10 D neurons, at most 200): it corrects the regression, as long as that
// helps with points held back. Each point is judged by a classifier that has not
// seen it, five of them taking turns. When the observer of package progress asks to
// stop, its error is returned.
//
// The published figures are of the perceptron alone, trained to the end; where
// two sets differ in width or mean it sees less than this classifier.
//
// Points that both sets hold, as when draws are compared with themselves, cannot be
// told apart: one of two is judged right.
func C2ST(a, b *inn.Samples, set *TwoSampleSettings) (*C2STResult, error) {
	if set == nil {
		set = &TwoSampleSettings{}
	}
	rng := inn.RNG(set.Seed, 0)
	t, err := newTwo(a, b, set, 2000, 10_000, rng)
	if err != nil {
		return nil, err
	}
	if err := t.standardise(a.Vars); err != nil {
		return nil, err
	}
	fold := make([]int, 2*t.n)
	for i, twin := range t.twins() {
		fold[i] = i % t.n % folds // the points are in random order
		if twin >= 0 {
			fold[i] = fold[twin] // which would say that the point there is of the other set
		}
	}
	right := 0
	task := progress.Start("telling sets apart", folds)
	defer task.End()
	for f := range folds {
		var train, test []int
		for i := range fold {
			if fold[i] == f {
				test = append(test, i)
			} else {
				train = append(train, i)
			}
		}
		c, err := t.learn(train, inn.RNG(set.Seed, uint64(f+1)), func() error { return task.Advance(0, nil) })
		if err != nil {
			return nil, err
		}
		if err := task.Advance(1, nil); err != nil {
			return nil, err
		}
		for _, i := range test {
			if (c.logit(t.at[i]) > 0) == (i >= t.n) {
				right++
			}
		}
	}
	n := float64(2 * t.n)
	r := &C2STResult{Accuracy: Estimate{float64(right) / n, 0.5 / math.Sqrt(n) * math.Sqrt(1+folds/(folds-1.0))}, Points: t.n}
	r.P = distuv.UnitNormal.Survival((r.Accuracy.Value - 0.5) / r.Accuracy.Error)
	return r, nil
}

// String is "C2ST 0.512 ± 0.008, p = 0.07 (2000 points each)".
func (r *C2STResult) String() string {
	return fmt.Sprintf("C2ST %v, %s (%d points each)", r.Accuracy, sentence(r.P), r.Points)
}

// HTML is the same line as a table for a notebook.
func (r *C2STResult) HTML() string {
	return htmlTable("classifier two-sample test", [][]string{
		{"", "accuracy", "p", "points of each"},
		{"C2ST", r.Accuracy.String(), probability(r.P), fmt.Sprint(r.Points)},
	})
}

// A classifier says by the sign of weights·features plus what the perceptron adds which
// set a point is of.
type classifier struct {
	points  *two
	tree    *kdtree.Tree // of the points it has learnt from
	number  []int        // their numbers
	k       int
	weights []float64
	more    *perceptron
}

// logit is the logarithm of the odds that x is of the second set.
func (c *classifier) logit(x []float64) float64 {
	return dot(c.weights, c.features(x, -1)) + c.more.at([][]float64{within(x)})[0]
}

func (t *two) learn(train []int, rng *rand.Rand, done func() error) (*classifier, error) {
	c := &classifier{points: t, number: train, k: int(math.Sqrt(float64(len(train))))}
	var at [][]float64
	for _, i := range train {
		at = append(at, t.at[i])
	}
	c.tree = newTree(at)
	var features [][]float64
	var second []float64
	for j, i := range train {
		features = append(features, c.features(t.at[i], j))
		second = append(second, 0)
		if i >= t.n {
			second[j] = 1
		}
	}
	var err error
	if c.weights, err = logistic(features, second); err != nil {
		return nil, err
	}
	offsets := make([]float64, len(train))
	for j, f := range features {
		offsets[j] = dot(c.weights, f)
		at[j] = within(at[j])
	}
	c.more, err = correct(at, second, offsets, rng, done)
	return c, err
}

// within is x with what is further out than six standard deviations taken for that
// far.
func within(x []float64) []float64 {
	const far = 6
	z := make([]float64, len(x))
	for j, v := range x {
		z[j] = min(max(v, -far), far)
	}
	return z
}

// features of x; if x is learning point number self, it does not vote itself.
func (c *classifier) features(x []float64, self int) []float64 {
	z := within(x)
	f := append([]float64{1}, z...)
	for j, v := range z {
		for _, w := range z[:j+1] {
			f = append(f, v*w)
		}
	}
	votes := [2]float64{0.5, 0.5}
	for _, n := range nearest(c.tree, x, c.k+1) {
		if i := n.Comparable.(point).i; i != self {
			if c.number[i] < c.points.n {
				votes[0]++
			} else {
				votes[1]++
			}
		}
	}
	return append(f, math.Log(votes[1]/votes[0]))
}

// logistic are the weights w that minimise the mean of log(1 + exp(-s w·f)) over
// the rows f, s = ±1 for the second or first set, plus |w|²/2n, which is a
// standard normal prior of w.
func logistic(features [][]float64, second []float64) ([]float64, error) {
	n := float64(len(features))
	loss := func(w []float64) float64 {
		sum := dot(w, w) / 2
		for i, f := range features {
			sum += surprise(dot(w, f), second[i])
		}
		return sum / n
	}
	gradient := func(grad, w []float64) {
		copy(grad, w)
		for i, f := range features {
			d := 1/(1+math.Exp(-dot(w, f))) - second[i]
			for j, v := range f {
				grad[j] += d * v
			}
		}
		for j := range grad {
			grad[j] /= n
		}
	}
	result, err := optimize.Minimize(optimize.Problem{Func: loss, Grad: gradient}, make([]float64, len(features[0])),
		&optimize.Settings{GradientThreshold: 1e-4, MajorIterations: 200}, &optimize.LBFGS{})
	if err != nil {
		return nil, fmt.Errorf("metric: C2ST: the classifier did not learn: %w", err)
	}
	return result.X, nil
}

// surprise is log(1 + exp(-s logit)), s = ±1 for the second or first set.
func surprise(logit, second float64) float64 {
	if second == 1 {
		logit = -logit
	}
	return max(logit, 0) + math.Log1p(math.Exp(-math.Abs(logit)))
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
