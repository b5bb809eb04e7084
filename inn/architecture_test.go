package inn_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// architectures have every kind of layer between them.
var architectures = map[string]inn.Settings{
	"splines":      {Coupling: inn.Spline, Bins: 4},
	"learned":      {Permutation: inn.Learned, Activation: inn.ReLU},
	"actnorm":      {Actnorm: true, Activation: inn.Tanh},
	"all together": {Coupling: inn.Spline, Permutation: inn.Learned, Actnorm: true, Activation: inn.Tanh},
}

// TestArchitecturesLearnTheLinearProblem: each finds the closed-form posterior.
func TestArchitecturesLearnTheLinearProblem(t *testing.T) {
	pairs, err := linear.Pairs(4_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	y := []float64{1, -0.5}
	mean, cov := linearPosterior(y)
	for name, s := range architectures {
		s.Steps, s.Width, s.Blocks, s.Layers, s.Batch, s.Rate, s.Seed = 350, 24, 3, 2, 100, 1e-2, 1
		m, err := inn.Train(pairs, &s)
		if err != nil {
			t.Fatal(err)
		}
		draws, err := m.Sample(y, 4000, 3)
		if err != nil {
			t.Fatal(err)
		}
		got := mat.NewSymDense(3, nil)
		stat.CovarianceMatrix(got, mat.NewDense(draws.Len(), 3, draws.Data), nil)
		off, offCov := 0.0, 0.0
		for i := range 3 {
			col, _ := draws.Col(draws.Vars[i].Name)
			off = max(off, math.Abs(stat.Mean(col, nil)-mean[i]))
			for j := range 3 {
				offCov = max(offCov, math.Abs(got.At(i, j)-cov.At(i, j)))
			}
		}
		t.Logf("%s: the means are off by %.3f, the covariance by %.3f", name, off, offCov)
		if off > 0.15 || offCov > 0.2 {
			t.Errorf("%s: the means are off by %.3f, the covariance by %.3f", name, off, offCov)
		}
	}
}

// TestArchitecturesComeBack: settings and weights of every kind of layer survive
// the disk, and train to the same bytes on any number of workers.
func TestArchitecturesComeBack(t *testing.T) {
	pairs, err := linear.Pairs(300, 1)
	if err != nil {
		t.Fatal(err)
	}
	y := []float64{0.3, 0.1}
	for name, s := range architectures {
		s.Steps, s.Width, s.Blocks = 4, 8, 2
		var first []float64
		for _, workers := range []int{1, 3} {
			s.Workers = workers
			m, err := inn.Train(pairs, &s)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "m.safetensors")
			if err := m.Save(path); err != nil {
				t.Fatal(err)
			}
			again, err := inn.LoadModel(path)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			a, err := m.Sample(y, 300, 2)
			if err != nil {
				t.Fatal(err)
			}
			b, err := again.Sample(y, 300, 2)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.Data, b.Data) {
				t.Errorf("%s: the loaded model draws something else", name)
			}
			if first == nil {
				first = a.Data
			} else if !slices.Equal(first, a.Data) {
				t.Errorf("%s: %d workers give other draws than one", name, workers)
			}
		}
	}
}

// TestAFileWithoutNewSettings: one that was saved before couplings could be
// chosen has the affine ones.
func TestAFileWithoutNewSettings(t *testing.T) {
	m, path := saved(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := string(data)
	for _, field := range []string{`\"Coupling\":\"affine\",`, `\"Bins\":8,`, `\"Bound\":4,`, `\"Permutation\":\"fixed\",`, `\"Activation\":\"leaky ReLU\",`, `\"Actnorm\":false,`} {
		if !strings.Contains(old, field) {
			t.Fatalf("the file has no %s", field)
		}
		// Blanks behind the header keep its length.
		old = strings.Replace(old, field, "", 1)
		end := strings.LastIndex(old[:len(old)-4*m.Params()], "}") + 1
		old = old[:end] + strings.Repeat(" ", len(field)) + old[end:]
	}
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := inn.LoadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := m.Sample([]float64{0.3, 0.1}, 10, 2)
	b, err := again.Sample([]float64{0.3, 0.1}, 10, 2)
	if err != nil || !slices.Equal(a.Data, b.Data) {
		t.Errorf("the model draws something else, error %v", err)
	}
}
