package inn_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"testing"
)

// A model that is saved means the same in Python: its safetensors package reads the
// file, and NumPy computes what the network does.
func TestPythonReadsAModel(t *testing.T) {
	python := os.Getenv("INNKEEPER_PYTHON")
	if python == "" {
		t.Skip("$INNKEEPER_PYTHON is not set: bash .ci/test provides it")
	}
	if out, err := exec.Command(python, "-c", "import safetensors.numpy").CombinedOutput(); err != nil {
		t.Skipf("$INNKEEPER_PYTHON lacks a package: %s", out)
	}
	m, path := saved(t)
	x := []float64{0.7, -0.4, 1.1}
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "testdata/read_model.py", path, string(text)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got [2][]float64
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	y, z, err := m.Forward(x)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range [][]float64{y, z} {
		if len(got[k]) != len(want) {
			t.Fatalf("Python has %v, want %v", got[k], want)
		}
		for i, v := range want {
			if !(math.Abs(got[k][i]-v) <= 1e-5*(1+math.Abs(v))) {
				t.Errorf("part %d, value %d is %v in Python, want %v", k, i, got[k][i], v)
			}
		}
	}
}
