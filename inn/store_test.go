package inn_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

func saved(t *testing.T) (*inn.Model, string) {
	t.Helper()
	pairs, err := linear.Pairs(300, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inn.Train(pairs, &inn.Settings{Steps: 5, Width: 8, Blocks: 2, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	return m, path
}

func TestAModelComesBackAsItWas(t *testing.T) {
	m, path := saved(t)
	again, err := inn.LoadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Sample([]float64{0.3, 0.1}, 500, 2)
	if err != nil {
		t.Fatal(err)
	}
	b, err := again.Sample([]float64{0.3, 0.1}, 500, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Data, b.Data) || !slices.Equal(a.Vars, b.Vars) {
		t.Error("the loaded model draws something else")
	}
	second := path + "2"
	if err := again.Save(second); err != nil {
		t.Fatal(err)
	}
	one, _ := os.ReadFile(path)
	two, _ := os.ReadFile(second)
	if !bytes.Equal(one, two) {
		t.Error("saved again, the file is another")
	}
}

func TestABadFileIsAnError(t *testing.T) {
	_, path := saved(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	length := binary.LittleEndian.Uint64(good)
	change := func(from, to string) []byte {
		header := strings.Replace(string(good[8:8+length]), from, to, 1)
		if header == string(good[8:8+length]) {
			t.Fatalf("the header has no %q: %s", from, header)
		}
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		return append(append(b, header...), good[8+length:]...)
	}
	long := slices.Clone(good)
	binary.LittleEndian.PutUint64(long, 1<<62)
	nan := slices.Clone(good)
	binary.LittleEndian.PutUint32(nan[len(nan)-4:], math.Float32bits(float32(math.NaN())))
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":          {nil, "too short"},
		"length":         {long, "header does not fit"},
		"no JSON":        {change(`{"`, `["`), "no JSON"},
		"another format": {change("innkeeper INN 1", "something else!"), "not a model that innkeeper saved"},
		"a cINN":         {change("innkeeper INN 1", "innkeeper cINN 1"), "method.LoadCINN reads it"},
		"cut off":        {good[:len(good)-100], "cut off"},
		"no such tensor": {change(`"0.0.0.weight"`, `"0.0.0.wait"`), "no tensor 0.0.0.weight"},
		"shape":          {change(`"shape":[8]`, `"shape":[9]`), "the shape [9]"},
		"NaN":            {nan, "NaN"},
		"huge":           {change(`\"Width\":8`, `\"Width\":8000000`), "Settings.Width is 8000000"},
		"large":          {change(`\"Width\":8`, `\"Width\":16000`), "bytes of weights"},
		"dtype":          {change(`"dtype":"F32"`, `"dtype":"F16"`), "has the type F16"},
		"offsets":        {change(`"data_offsets":[0,`, `"data_offsets":[-4,`), "the place [-4"},
		"far":            {change(`"data_offsets":[0,`, `"data_offsets":[9223372036854775807,`), "the place [9223372036854775807"},
		"coupling":       {change(`\"Coupling\":\"affine\"`, `\"Coupling\":\"magic\"`), `Settings.Coupling is "magic"`},
		"too much":       {append(slices.Clone(good), 0, 0, 0, 0), "bytes of weights"},
		"settings":       {change(`\"Blocks\":2`, `\"Blocks\":-2`), "Settings.Blocks is -2"},
		"seen":           {change(`\"Far\":`, `\"Fra\":`), "which measurements it was trained on"},
		"covered":        {change(`\"Pairs\":`, `\"Pears\":`), "how often its intervals held the truth"},
		"scaling":        {change(`\"SD\":[`, `\"SD\":[0,`), "deviations"},
	} {
		bad := filepath.Join(t.TempDir(), "bad.safetensors")
		if err := os.WriteFile(bad, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := inn.LoadModel(bad); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad.safetensors") {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
	if _, err := inn.LoadModel(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("a file that is not there is no error")
	}
}
