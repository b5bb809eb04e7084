package inn_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// odd are draws that a careless table would not give back.
var odd = inn.Samples{
	Vars: []inn.Var{{Name: "a"}, {Name: "b, \"c\""}, {Name: "µ"}},
	Data: []float64{1. / 3, -1e-300, 5e-324, math.MaxFloat64, 0, math.Copysign(0, -1), 123456789.125, math.Inf(1), math.Inf(-1)},
}

// TestSaveDraws: every value comes back to the bit, and names of any kind.
func TestSaveDraws(t *testing.T) {
	path := filepath.Join(t.TempDir(), "draws.csv")
	if err := odd.Save(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "b, \"c\"", "µ"}; len(lines) != 4 || !slices.Equal(lines[0], want) {
		t.Fatalf("%q", lines)
	}
	for i, want := range odd.Data {
		if got, err := strconv.ParseFloat(lines[1+i/3][i%3], 64); err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("value %d is %v, want %v", i, got, want)
		}
	}
	for _, c := range []struct {
		draws *inn.Samples
		path  string
		want  string
	}{
		{&odd, "draws.npz", "give draws.npz a name that ends in .csv"},
		{&odd, filepath.Join(path, "x.csv"), "x.csv: "},
		{&inn.Samples{Vars: odd.Vars, Data: odd.Data[:4]}, path, "4 values do not fill rows of 3 variables"},
	} {
		if err := c.draws.Save(c.path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// NumPy reads the same values.
func TestPythonReadsDraws(t *testing.T) {
	python := os.Getenv("INNKEEPER_PYTHON")
	if python == "" {
		t.Skip("$INNKEEPER_PYTHON is not set: bash .ci/test provides it")
	}
	if out, err := exec.Command(python, "-c", "import numpy").CombinedOutput(); err != nil {
		t.Skipf("$INNKEEPER_PYTHON lacks a package: %s", out)
	}
	path := filepath.Join(t.TempDir(), "draws.csv")
	draws := &inn.Samples{Vars: inn.Vars("a", "b [m]", "c"), Data: odd.Data}
	if err := draws.Save(path); err != nil {
		t.Fatal(err)
	}
	const read = `import json, sys, numpy
a = numpy.genfromtxt(sys.argv[1], delimiter=",", names=True)
print(json.dumps([a.dtype.names, [float(v).hex() for row in a for v in row]]))`
	out, err := exec.Command(python, "-c", read, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var names, values []string
	if err := json.Unmarshal(out, &[]any{&names, &values}); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) || len(values) != len(odd.Data) {
		t.Fatalf("NumPy has %s", out)
	}
	for i, want := range odd.Data {
		if got, err := strconv.ParseFloat(values[i], 64); err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("value %d is %v in NumPy (%s), want %v", i, got, values[i], want)
		}
	}
}
