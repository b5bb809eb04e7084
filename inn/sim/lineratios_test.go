package sim

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

func TestReadLineRatios(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.csv")
	text := "line, ratio, error\n# from a slit\n[O III]  5007, 2.31, 0.12\nHalpha 6563,2.87,0.1\n[S III] 18.7um,,\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := ReadLineRatios(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(r.Names, "; ") != "[O III] 5007; Halpha 6563" || r.Ratio[0] != 2.31 || r.Error[1] != 0.1 {
		t.Errorf("read %+v", r)
	}
	if s := r.String(); !strings.Contains(s, "[O III] 5007       2.3100 ± 0.1200") {
		t.Errorf("table:\n%s", s)
	}
	if _, err := ReadLineRatios(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a file that is not there is read")
	}
}

func TestBadLineRatios(t *testing.T) {
	const head = "line,ratio,error\n"
	for text, want := range map[string]string{
		"":                                  "the file is empty",
		"name,flux\n":                       `want line,ratio,error`,
		head:                                "no line with a ratio",
		head + "[O III] 5008,1,0.1\n":       `row 2: there is no line "[O III] 5008"; of this ion there are [O III] 4363, [O III] 4959, [O III] 5007`,
		head + "OIII5007,1,0.1\n":           "of this ion there are [O III] 4363, [O III] 4959, [O III] 5007",
		head + "[S III]λ18.7,1,0.1\n":       "[S III] 18.7um",
		head + "H-alpha,1,0.1\n":            "of this ion there are Halpha 6563",
		head + "Lyalpha 1216,1,0.1\n":       "cluster.Lines() has the names",
		head + "[O III] 5007,-1,0.1\n":      "row 2: the ratio of [O III] 5007 is -1, want a positive number",
		head + "[O III] 5007,0,0.1\n":       "leave the row out for a line that was not detected",
		head + "[O III] 5007,NaN,0.1\n":     "want a positive number",
		head + "[O III] 5007,\"2,3\",0.1\n": `"2,3", not a number such as 2.87`,
		head + "[O III] 5007,1,\n":          `the error of [O III] 5007 is ""`,
		head + "[O III] 5007,1,0\n":         "the error of [O III] 5007 is 0, want a positive number",
		head + "[O III] 5007,1,0.1\n[O III] 5007,1,0.1\n": "row 3: [O III] 5007 is there twice",
		head + "[O III] 5007,1\n":                         "a row is line,ratio,error",
		head + "Halpha 6563,287,3\n":                      "relative to H beta = 100",
		head + "Halpha 6563,6.1,0.3\n":                    "correct the ratios for reddening",
		head + "[O III] 5007,230,3\n":                     "relative to H beta = 1",
	} {
		_, err := parseLineRatios(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// Matched pairs have the lines asked for, with their errors as noise.
func TestMatchLineRatios(t *testing.T) {
	p := Cluster(&ClusterSettings{Noise: inn.None})
	rng := inn.RNG(1, 0)
	x := p.Prior(rng)
	clean, err := p.Run(rng, x)
	if err != nil {
		t.Fatal(err)
	}
	// The same system over and over, measured with the usual noise.
	const n = 4000
	pairs := &inn.Pairs{X: inn.NewSamples(p.X, n), Y: inn.NewSamples(p.Y, n)}
	for i := range n {
		copy(pairs.X.Row(i), x)
		for j, v := range clean {
			pairs.Y.Row(i)[j] = v + clusterNoise*rng.NormFloat64()
		}
	}
	r := &LineRatios{Names: []string{"[O III] 5007", "Halpha 6563"}, Ratio: []float64{1, 2.86}, Error: []float64{0.3, 1e-6}}
	matched, y, err := r.Match(pairs, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(matched.Y.Vars) != 2 || matched.Y.Vars[0].Name != "[O III] 5007" || matched.Len() != n {
		t.Fatalf("matched %v", matched.Y.Vars)
	}
	if got, want := y[1], math.Log10(2.86+faintest); math.Abs(got-want) > 1e-12 {
		t.Errorf("y is %g, want %g", got, want)
	}
	for name, want := range map[string]float64{"[O III] 5007": 0.3 / math.Ln10, "Halpha 6563": clusterNoise} {
		col, err := matched.Y.Col(name)
		if err != nil {
			t.Fatal(err)
		}
		mean, sd := stat.MeanStdDev(col, nil)
		j, _ := pairs.Y.Index(name)
		if math.Abs(mean-clean[j]) > 5*want/math.Sqrt(n) || math.Abs(sd/want-1) > 0.06 {
			t.Errorf("%s: %g ± %g, want %g ± %g", name, mean, sd, clean[j], want)
		}
	}
	if _, _, err := r.Match(&inn.Pairs{X: matched.X, Y: inn.NewSamples(inn.Vars("y1"), n)}, 1); err == nil || !strings.Contains(err.Error(), "not of problem cluster") {
		t.Errorf("error %v", err)
	}
}
