package inn

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func samplePairs() (*Pairs, map[string]string) {
	x := NewSamples(Vars("a", "d [µm]"), 3)
	y := NewSamples(Vars("y1 [1/cm]"), 3)
	copy(x.Data, []float64{1, 2.5, -3, 1e-3, 1.0 / 3, 7})
	copy(y.Data, []float64{0.25, 0, -1})
	return &Pairs{x, y}, map[string]string{"problem": "arm", "command": "innkeeper simulate arm -n 3 -seed 4"}
}

func TestPairsSurviveTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "arm.npz")
	pairs, note := samplePairs()
	for range 2 { // the second time over an existing file
		if err := pairs.Save(path, note); err != nil {
			t.Fatal(err)
		}
	}
	got, err := LoadPairs(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.X.Vars, pairs.X.Vars) || !slices.Equal(got.Y.Vars, pairs.Y.Vars) {
		t.Errorf("variables %v, %v", got.X.Vars, got.Y.Vars)
	}
	for i, v := range pairs.X.Data {
		if got.X.Data[i] != float64(float32(v)) {
			t.Errorf("x value %d is %v, saved %v", i, got.X.Data[i], v)
		}
	}
	if !slices.Equal(got.Y.Data, pairs.Y.Data) {
		t.Errorf("y is %v, saved %v", got.Y.Data, pairs.Y.Data)
	}
	if n, err := LoadNote(path); err != nil || !maps.Equal(n, note) {
		t.Errorf("note %v, error %v", n, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); left != nil {
		t.Errorf("temporary files stay: %v", left)
	}
}

// What float32 does not hold is kept in float64: far from zero, large, small. The other
// side of the pairs stays float32.
func TestPairsThatWantFloat64(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wide.npz")
	for _, y := range [][]float64{{1e9, 1e9 + 1, 1e9 - 2.5}, {1e300, 1, -1e300}, {3e-50, 1e-50, -2e-50}, {0, 1, 1e-50}} {
		pairs, note := samplePairs()
		copy(pairs.Y.Data, y)
		if err := pairs.Save(path, note); err != nil {
			t.Fatal(err)
		}
		got, err := LoadPairs(path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Y.Data, y) || got.X.Data[4] != float64(float32(1.0/3)) {
			t.Errorf("y is %v, saved %v; x has %v for 1/3", got.Y.Data, y, got.X.Data[4])
		}
	}
}

// The bytes depend on the pairs and the note, and the checksum is in the form
// that sha256sum -c reads.
func TestSavedBytes(t *testing.T) {
	pairs, note := samplePairs()
	var files [2][]byte
	for i := range files {
		path := filepath.Join(t.TempDir(), "arm.npz")
		if err := pairs.Save(path, note); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = b
		sum, err := os.ReadFile(path + ".sha256")
		if want := fmt.Sprintf("%x  arm.npz\n", sha256.Sum256(b)); err != nil || string(sum) != want {
			t.Errorf("checksum file %q, want %q", sum, want)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two files of the same pairs differ")
	}
}

func TestSaveRefusesBadPairs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "arm.npz")
	good, note := samplePairs()
	if err := good.Save(path, note); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Pairs){
		"NaN":  func(p *Pairs) { p.X.Data[3] = math.NaN() },
		"rows": func(p *Pairs) { p.Y.Data = p.Y.Data[:2] },
	} {
		p, _ := samplePairs()
		spoil(p)
		if err := p.Save(path, note); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
	if err := (&Pairs{NewSamples(Vars("a"), 0), NewSamples(Vars("b"), 0)}).Save(path, nil); err == nil {
		t.Error("no pairs were saved")
	}
	if _, err := LoadPairs(path); err != nil {
		t.Errorf("the good file did not stay: %v", err)
	}
	if err := good.Save(filepath.Join(t.TempDir(), "no", "such", "arm.npz"), note); err == nil {
		t.Error("saved into a folder that is not there")
	}
}

// npyBytes is an array as numpy.save writes it.
func npyBytes(header string, body []byte) string {
	return fmt.Sprintf("\x93NUMPY\x01\x00%c%c%s", byte(len(header)), byte(len(header)>>8), header) + string(body)
}

func floats(n int) []byte { return make([]byte, 4*n) }

func TestLoadSaysWhatIsWrong(t *testing.T) {
	const (
		goodMeta = `{"format":"innkeeper pairs 1","x":[{"name":"a"},{"name":"b"}],"y":[{"name":"c"}],"note":{"command":"innkeeper simulate arm -n 3 -seed 4"}}`
		header   = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }\n"
	)
	array := func(shape string, n int) string { return npyBytes(fmt.Sprintf(header, shape), floats(n)) }
	goodX, goodY := array("3, 2", 6), array("3, 1", 3)
	nan := floats(3)
	copy(nan[4:], "\x00\x00\xc0\x7f")
	for _, c := range []struct {
		name, x, y, meta string
		want             string
	}{
		{"good", goodX, goodY, goodMeta, ""},
		{"no y", goodX, "", goodMeta, "no member y.npy"},
		{"no meta", goodX, goodY, "", ""},
		{"no meta, a vector", goodX, array("3,", 3), "", ""},
		{"no meta, a cube", array("3, 1, 2", 6), goodY, "", "shape [3 1 2], want rows and columns"},
		{"no meta, no columns", array("3, 0", 0), goodY, "", "shape [3 0], want rows and columns"},
		{"no meta, many columns", array("3, 4611686018427387904", 6), goodY, "", "want rows and columns"},
		{"no meta, short", array("3, 2", 5), goodY, "", "shape [3 2] in 20 bytes"},
		{"no meta, a number", npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", floats(1)), goodY, "", "x.npy"},
		{"no meta, whole numbers", strings.Replace(goodX, "f4", "i4", 1), goodY, "", "np.ascontiguousarray(x, dtype=np.float64)"},
		{"no meta, other names", "", goodY, "", "has no member x.npy: pairs are x.npy and y.npy"},
		{"bad meta", goodX, goodY, "{", "meta.json that is not understood"},
		{"another format", goodX, goodY, `{"format":"2"}`, `the format "2"`},
		{"not an array", "hello", goodY, goodMeta, "x.npy that is not a NumPy array"},
		{"header too long", goodX[:60], goodY, goodMeta, "x.npy that is not a NumPy array"},
		{"header is no dictionary", npyBytes("hello\n", nil), goodY, goodMeta, "x.npy that is not a NumPy array"},
		{"header without end", npyBytes("hello", nil), goodY, goodMeta, "x.npy that is not a NumPy array"},
		{"header out of order", npyBytes("}'shape': 'fortran_order': 'descr': \n", nil), goodY, goodMeta, "x.npy that is not a NumPy array"},
		{"version 2", "\x93NUMPY\x02\x00" + goodX[8:10] + "\x00\x00" + goodX[10:], goodY, goodMeta, ""},
		{"version 2 without end", "\x93NUMPY\x02\x00\xff\xff\xff\xff" + goodX[10:], goodY, goodMeta, "x.npy that is not a NumPy array"},
		{"version 3", "\x93NUMPY\x03\x00" + goodX[8:], goodY, goodMeta, "x.npy that is not a NumPy array"},
		{"half precision", strings.Replace(goodX, "f4", "f2", 1), goodY, goodMeta, "type <f2"},
		{"float64", strings.Replace(goodX, "f4", "f8", 1), goodY, goodMeta, "in 24 bytes"},
		{"Fortran order", strings.Replace(goodX, "False", "True", 1), goodY, goodMeta, "Fortran order true"},
		{"a vector", array("6,", 6), goodY, goodMeta, "shape [6], but names 2 columns"},
		{"other names", array("2, 3", 6), goodY, goodMeta, "shape [2 3], but names 2 columns"},
		{"no names", goodX, goodY, `{"format":"innkeeper pairs 1"}`, "names no columns of x.npy"},
		{"short", array("3, 2", 5), goodY, goodMeta, "shape [3 2] in 20 bytes"},
		{"long", array("3, 2", 8), goodY, goodMeta, "shape [3 2] in 32 bytes"},
		{"huge", array("4611686018427387904, 2", 6), goodY, goodMeta, "in 24 bytes"},
		{"negative", array("-3, 2", 6), goodY, goodMeta, "shape [-3 2]"},
		{"empty", array("0, 2", 0), array("0, 1", 0), goodMeta, "shape [0 2]"},
		{"lengths differ", goodX, array("2, 1", 2), goodMeta, "3 rows of x but 2 rows of y"},
		{"not finite", goodX, npyBytes(fmt.Sprintf(header, "3, 1"), nan), goodMeta, "row 1 has c = NaN"},
	} {
		path := filepath.Join(t.TempDir(), "arm.npz")
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, content := range map[string]string{"x.npy": c.x, "y.npy": c.y, "meta.json": c.meta} {
			if content != "" {
				w, _ := z.Create(name)
				io.WriteString(w, content)
			}
		}
		z.Close()
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		pairs, err := LoadPairs(path)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			} else if names := fmt.Sprint(pairs.X.Vars, pairs.Y.Vars); c.meta == "" && names != "[{x1 } {x2 }] [{y1 }]" {
				t.Errorf("%s: the columns are called %s", c.name, names)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one about %q", c.name, err, c.want)
			continue
		}
		if s := err.Error(); !strings.HasPrefix(s, "inn: "+path+" ") || strings.Contains(s, "; make it again with: innkeeper simulate arm -n 3 -seed 4 -o "+path) != (c.meta == goodMeta) {
			t.Errorf("%s: the error names no file or no remedy: %v", c.name, s)
		}
	}
}

func TestLoadDamagedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "arm.npz")
	pairs, note := samplePairs()
	if err := pairs.Save(path, note); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fails := func(what, want string) {
		t.Helper()
		if _, err := LoadPairs(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %q", what, err, want)
		}
	}
	// The checksum beside the file catches any change, and gives the command.
	other := slices.Clone(good)
	other[bytes.LastIndex(good, []byte("meta.json"))-34] ^= 1 // its time of day in the directory, which nothing reads
	os.WriteFile(path, other, 0o644)
	fails("a changed byte", "differs from its checksum in arm.npz.sha256")
	fails("a changed byte", note["command"]+" -o "+path)

	// Without it the archive's own checksums catch a change of the content.
	os.Remove(path + ".sha256")
	at := bytes.Index(good, []byte("x.npy")) + 8
	bad := slices.Clone(good)
	bad[at+20] ^= 0x10
	os.WriteFile(path, bad, 0o644)
	fails("a changed byte of x", "damaged x.npy")

	os.WriteFile(path, good[:len(good)/2], 0o644)
	fails("half a file", "is not a whole NPZ archive")
	os.WriteFile(path, nil, 0o644)
	fails("an empty file", "is not a whole NPZ archive")
	os.Remove(path)
	fails("no file", "there is no file "+path)

	// A member that claims more than deflate could have packed.
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.CreateRaw(&zip.FileHeader{Name: "meta.json", Method: zip.Deflate, CompressedSize64: 4, UncompressedSize64: 1 << 40, CRC32: crc32.ChecksumIEEE(nil)})
	w.Write([]byte("abcd"))
	z.Close()
	os.WriteFile(path, b.Bytes(), 0o644)
	fails("a huge claim", "1099511627776 bytes, from 4 compressed ones")
}

// Whatever an archive's array holds, loading it ends in pairs or an error.
func FuzzLoadArray(f *testing.F) {
	f.Add([]byte(npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n", floats(6))))
	f.Add([]byte(npyBytes("{'shape': (3, 2), 'descr': '<f4', 'fortran_order': False}\n", floats(6))))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{}\n"))
	f.Fuzz(func(t *testing.T, array []byte) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, _ := z.Create("x.npy")
		w.Write(array)
		z.Close()
		r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		s, err := readRows(r, "x.npy", Vars("a", "b"), true)
		if err == nil && s.Len() < 1 {
			t.Errorf("an array of %d bytes is %d rows", len(array), s.Len())
		}
		if s, err := readRows(r, "x.npy", nil, false); err == nil && s.Len() < 1 {
			t.Errorf("an array of %d bytes without names is %d rows", len(array), s.Len())
		}
	})
}
