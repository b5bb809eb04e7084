package inn

import (
	"bytes"
	"encoding/binary"

	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

// untrained is the file of a small network of given settings.
func untrained(t testing.TB, s Settings) []byte {
	t.Helper()
	s.Blocks, s.Layers, s.Width = 2, 2, 4
	o, err := s.withDefaults(2, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := &scaling{Vars("a", "b"), []scale.Column{{Mean: 1, SD: 3}, {Mean: 2, SD: 4, At: 1, Width: 0.5}}}
	y := &scaling{Vars("u"), []scale.Column{{Mean: 1, SD: 2}}}
	m := newModel(shape{2, 1, o.Latent, o.Nominal}, &o, x, y)
	m.fence = &scale.Fence{Inverse: []float64{1}, Far: 4}
	path := filepath.Join(t.TempDir(), "m")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// mostFor is how much memory reading a file may take: a small multiple of its
// length, and the permutations of the largest network.
func mostFor(file []byte) uint64 { return 64<<20 + 100*uint64(len(file)) }

// readMeasured returns the memory that reading took, too.
func readMeasured(file []byte) (*Model, uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := readModel(bytes.NewReader(file), int64(len(file)))
	runtime.ReadMemStats(&after)
	return m, after.TotalAlloc - before.TotalAlloc, err
}

// FuzzReadModel: whatever the bytes, there is a model that draws or an error, and
// never more memory than the file's length gives reason for.
func FuzzReadModel(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add(untrained(f, Settings{}))
	f.Add(untrained(f, Settings{Coupling: Spline, Permutation: Learned, Actnorm: true}))
	f.Fuzz(func(t *testing.T, file []byte) {
		m, memory, err := readMeasured(file)
		if memory > mostFor(file) {
			t.Errorf("a file of %d bytes took %d bytes of memory", len(file), memory)
		}
		if err != nil {
			return
		}
		draws, err := m.Sample(make([]float64, m.shape.M), 3, 1)
		if err == nil && draws.Check() != nil {
			t.Errorf("the model draws what is not finite: %v", draws.Check())
		}
	})
}

// TestAHostileHeaderTakesNoMemory: settings that ask for the largest networks,
// with a file of a few kilobytes.
func TestAHostileHeaderTakesNoMemory(t *testing.T) {
	good := untrained(t, Settings{Coupling: Spline})
	length := binary.LittleEndian.Uint64(good)
	for _, c := range [][2]string{
		{`\"Width\":4`, `\"Width\":16384`},
		{`\"Nominal\":5`, `\"Nominal\":16384`},
		{`\"Blocks\":2`, `\"Blocks\":1000`},
		{`\"Layers\":2`, `\"Layers\":2048`},
		{`\"Bins\":8`, `\"Bins\":500`},
		{`\"Blocks\":2,\"Layers\":2,\"Width\":4,\"Latent\":2,\"Nominal\":5`, `\"Blocks\":64,\"Layers\":64,\"Width\":16384,\"Latent\":2,\"Nominal\":16384`},
		{`\"Blocks\":2`, `\"Blocks\":9000000000000000000`},
		{`\"Latent\":2,\"Nominal\":5`, `\"Latent\":9223372036854775807,\"Nominal\":16`},
	} {
		header := strings.Replace(string(good[8:8+length]), c[0], c[1], 1)
		if header == string(good[8:8+length]) {
			t.Fatalf("the header has no %s: %s", c[0], header)
		}
		file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		file = append(append(file, header...), good[8+length:]...)
		m, memory, err := readMeasured(file)
		if err == nil || memory > mostFor(file) {
			t.Errorf("%s: model %v, error %v, %d bytes of memory", c[1], m, err, memory)
		}
	}
}
