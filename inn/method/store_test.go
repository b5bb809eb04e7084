package method

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// savedCINN is a network of a parameter with a wall on one side, one of decades and one without either, and its file.
func savedCINN(t testing.TB, s CINNSettings) (*CINN, []byte) {
	t.Helper()
	p := inn.Problem{X: inn.Vars("a [cm]", "b", "c"), Y: inn.Vars("u", "v"),
		Prior: func(rng *rand.Rand) []float64 {
			return []float64{rng.ExpFloat64(), math.Exp(3 * rng.NormFloat64()), rng.NormFloat64()}
		},
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			return []float64{x[0] + x[2], math.Log(x[1]) + rng.NormFloat64()}
		}}
	pairs, err := p.Pairs(500, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.Blocks, s.Width, s.Training = 2, 8, Training{Steps: 5, Seed: 3}
	c, err := TrainCINN(pairs, &s)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "c.safetensors")
	if err := c.Save(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return c, data
}

func TestACINNComesBackAsItWas(t *testing.T) {
	for _, coupling := range []inn.Coupling{inn.Spline, inn.Affine} {
		c, data := savedCINN(t, CINNSettings{Coupling: coupling})
		if w := c.Walls(); math.IsInf(w[0][0], 0) || !math.IsInf(w[2][0], -1) || c.x.columns[1].Width == 0 || c.base == nil || c.covered == nil {
			t.Fatalf("the test wants a wall, none, a bent column, a regression and a coverage: %v, %+v, %v, %v", w, c.x.columns, c.base, c.covered)
		}
		path := filepath.Join(t.TempDir(), "again.safetensors")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := LoadCINN(path)
		if err != nil {
			t.Fatal(err)
		}
		y := []float64{0.3, 40} // is warned of
		a, err := c.Sample(y, 500, 2)
		if err != nil {
			t.Fatal(err)
		}
		b, err := again.Sample(y, 500, 2)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Data, b.Data) || !slices.Equal(a.Vars, b.Vars) || a.Warning == "" || a.Warning != b.Warning || again.String() != c.String() {
			t.Errorf("%s: the loaded network draws something else, or warns with %q instead of %q", c, b.Warning, a.Warning)
		}
		p, err := c.LogDensity(a.Row(0), y)
		q, err2 := again.LogDensity(a.Row(0), y)
		if err != nil || err2 != nil || p != q {
			t.Errorf("the density is %v and %v, errors %v, %v", p, q, err, err2)
		}
		if err := again.Save(path); err != nil {
			t.Fatal(err)
		}
		if second, _ := os.ReadFile(path); !bytes.Equal(second, data) {
			t.Error("saved again, the file is another")
		}
	}
}

// changed is the file with another header.
func changed(t *testing.T, good []byte, from, to string) []byte {
	length := binary.LittleEndian.Uint64(good)
	header := strings.Replace(string(good[8:8+length]), from, to, 1)
	if header == string(good[8:8+length]) {
		t.Fatalf("the header has no %q: %s", from, header)
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), good[8+length:]...)
}

func TestABadFileOfACINNIsAnError(t *testing.T) {
	_, good := savedCINN(t, CINNSettings{})
	nan := slices.Clone(good)
	binary.LittleEndian.PutUint32(nan[len(nan)-4:], math.Float32bits(float32(math.NaN())))
	flipped := slices.Clone(good)
	flipped[len(flipped)-2] ^= 1 // of a weight
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"one bit":        {flipped, "the file was changed or damaged"},
		"empty":          {nil, "too short"},
		"another format": {changed(t, good, "innkeeper cINN 1", "something else!"), "not a model that innkeeper saved"},
		"an INN":         {changed(t, good, "innkeeper cINN 1", "innkeeper INN 1"), "inn.LoadModel reads it"},
		"cut off":        {good[:len(good)-100], "cut off"},
		"NaN":            {nan, "NaN"},
		"blocks":         {changed(t, good, `\"Blocks\":2`, `\"Blocks\":-2`), "CINNSettings.Blocks is -2"},
		"many blocks":    {changed(t, good, `\"Blocks\":2`, `\"Blocks\":16000000`), "too few for 16000000 blocks"},
		"many layers":    {changed(t, good, `\"Layers\":3`, `\"Layers\":16000000`), "16000000 layers"},
		"large":          {changed(t, good, `\"Width\":8`, `\"Width\":16000`), "bytes of weights"},
		"coupling":       {changed(t, good, `\"Coupling\":\"spline\"`, `\"Coupling\":\"magic\"`), `Coupling is "magic"`},
		"seed":           {changed(t, good, `\"Seed\":3`, `\"Seed\":4`), "another permutation"},
		"seen":           {changed(t, good, `\"Far\":`, `\"Fra\":`), "which measurements it was trained on"},
		"columns":        {changed(t, good, `\"Columns\":[`, `\"Columns\":[{},`), "normalises"},
		"regression":     {changed(t, good, `\"D\":3,\"M\":2`, `\"D\":4,\"M\":2`), "not one of 3 parameters and 2 measurements"},
		"coverage":       {changed(t, good, `\"Pairs\":`, `\"Pears\":`), "how often its intervals held the truth"},
		"walls reversed": {changed(t, good, `"walls":"[[0,null]`, `"walls":"[[0,-1]`), "want the lower one first"},
		"walls":          {changed(t, good, `"walls":"[[`, `"walls":"[[null,null],[`), "walls of 4 parameters"},
	} {
		path := filepath.Join(t.TempDir(), "bad.safetensors")
		if err := os.WriteFile(path, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCINN(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad.safetensors") {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
	if _, err := LoadCINN(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a file that is not there is no error: %v", err)
	}
}

// FuzzReadCINN: whatever the bytes, there is a network that draws or an error, and
// never more memory than the file's length gives reason for.
func FuzzReadCINN(f *testing.F) {
	for _, coupling := range []inn.Coupling{inn.Spline, inn.Affine} {
		_, data := savedCINN(f, CINNSettings{Coupling: coupling})
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c, err := readCINN(bytes.NewReader(data), int64(len(data)))
		runtime.ReadMemStats(&after)
		if memory := after.TotalAlloc - before.TotalAlloc; memory > 64<<20+100*uint64(len(data)) {
			t.Fatalf("%d bytes took %d of memory", len(data), memory)
		}
		if err != nil {
			return
		}
		if _, err := c.Sample(make([]float64, len(c.y.vars)), 2, 1); err != nil {
			t.Log(err) // draws may not be finite
		}
	})
}
