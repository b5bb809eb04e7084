// Command tasks trains posteriors with their default settings on problems whose
// exact posterior is known, and prints how well they do: the table of
// docs/measured.md.
//
//	go run ./benchmarks/tasks                          everything, some hours
//	go run ./benchmarks/tasks -pairs 1000 -task moons  one task, some seconds
//
// C2ST is the accuracy of a perceptron that tells draws from those of the exact
// posterior, the mean over measurements of the prior: 0.5 is perfect. The
// calibration error is that of the paper, and beside it what that of an exact
// posterior stays below in 95 of 100 test sets.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/method"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// methods are what is tried, by a name for the command line.
var methods = []struct {
	name  string
	train func(pairs *inn.Pairs, seed uint64) (inn.Posterior, error)
}{
	{"spline", func(pairs *inn.Pairs, seed uint64) (inn.Posterior, error) {
		return method.TrainCINN(pairs, &method.CINNSettings{Training: method.Training{Seed: seed}})
	}},
	{"affine", func(pairs *inn.Pairs, seed uint64) (inn.Posterior, error) {
		return method.TrainCINN(pairs, &method.CINNSettings{Coupling: inn.Affine, Training: method.Training{Seed: seed}})
	}},
	{"inn", func(pairs *inn.Pairs, seed uint64) (inn.Posterior, error) {
		return inn.Train(pairs, &inn.Settings{Seed: seed})
	}},
	{"noisy", func(pairs *inn.Pairs, seed uint64) (inn.Posterior, error) {
		return method.TrainINN(pairs, &inn.Settings{Seed: seed})
	}},
	{"abc", func(pairs *inn.Pairs, _ uint64) (inn.Posterior, error) {
		return method.NewABCFromPairs(pairs, nil)
	}},
}

// A trial is one line of the table.
type trial struct {
	task         Task
	pairs        int
	method       string
	observations int
	draws, tests int
	seed         uint64
}

func main() {
	task := flag.String("task", "", "only the tasks with this in their name")
	pairs := flag.String("pairs", "1000,10000,100000", "numbers of training pairs")
	which := flag.String("method", "spline,affine", "of spline, affine, inn, noisy (the INN with noise as a parameter), abc, and exact, which is what chance leaves")
	observations := flag.Int("observations", 10, "measurements that C2ST is the mean of")
	draws := flag.Int("draws", 2000, "draws that C2ST compares")
	tests := flag.Int("tests", 300, "test pairs of the calibration")
	seed := flag.Uint64("seed", 1, "of the pairs and the networks")
	flag.Parse()
	fmt.Println("| task | pairs | method | C2ST | calibration error [%] | training [s] |\n|---|---|---|---|---|---|")
	for _, t := range tasks() {
		if !strings.Contains(t.Name, *task) {
			continue
		}
		for n := range strings.SplitSeq(*pairs, ",") {
			size, err := strconv.Atoi(n)
			if err != nil {
				fail(fmt.Errorf("-pairs: %w", err))
			}
			for name := range strings.SplitSeq(*which, ",") {
				line, err := trial{t, size, name, *observations, *draws, *tests, *seed}.run()
				if err != nil {
					line = err.Error()
				}
				fmt.Printf("| %s | %d | %s | %s |\n", t.Name, size, name, line)
			}
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "tasks:", err)
	os.Exit(2)
}

// run trains and measures.
func (t trial) run() (string, error) {
	pairs, err := t.task.Problem.Pairs(t.pairs, t.seed)
	if err != nil {
		return "", err
	}
	start := time.Now()
	post, err := t.learn(pairs)
	if err != nil {
		return "", err
	}
	took := time.Since(start)
	test, err := t.task.Problem.Pairs(max(t.tests, t.observations), 1<<32)
	if err != nil {
		return "", err
	}
	mean, most := 0.0, 0.0
	for i := range t.observations {
		y := test.Y.Row(i)
		got, err := post.Sample(y, t.draws, 1)
		if err != nil {
			return "", err
		}
		want, err := t.task.reference().Sample(y, t.draws, uint64(i))
		if err != nil {
			return "", err
		}
		v := c2st(want, got, uint64(i))
		mean, most = mean+v/float64(t.observations), max(most, v)
	}
	c, err := metric.Calibration(post, test, &metric.Settings{Tests: t.tests, Seed: 1})
	if err != nil {
		return "", err
	}
	worst := 0.0
	for _, row := range c.Rows {
		worst = max(worst, row.Error)
	}
	return fmt.Sprintf("%.3f (worst %.2f) | %.1f, worst parameter %.1f, chance %.1f | %.0f", mean, most, 100*c.Error, 100*worst, 100*c.Chance, took.Seconds()), nil
}

func (t trial) learn(pairs *inn.Pairs) (inn.Posterior, error) {
	if t.method == "exact" {
		return t.task.reference(), nil
	}
	for _, m := range methods {
		if m.name == t.method {
			return m.train(pairs, t.seed)
		}
	}
	return nil, fmt.Errorf("there is no method %q", t.method)
}
