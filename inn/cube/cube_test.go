package cube

import (
	"encoding/binary"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every image was written by somebody else's program: testdata/make.py.
func TestOpen(t *testing.T) {
	for _, c := range []struct {
		file   string
		layout Layout
		less   float32
		nm     []float64
	}{
		{"u2.npy", BandsLast, 0, nil},
		{"f8-fortran.npy", BandsLast, 100, nil},
		{"i4-big-first.npy", BandsFirst, 100, nil},
		{"i8.npy", BandsLast, 100, nil},
		{"u8-big.npy", BandsLast, 0, nil},
		{"f2.npy", BandsLast, 100, nil},
		{"u1.tif", 0, 0, nil},
		{"u2-big.tif", 0, 0, nil},
		{"f4-deflate.tif", 0, 100, nil},
		{"i2-samples.tif", 0, 100, nil},
		{"bsq.hdr", 0, 0, []float64{580, 470, 660, 560, 480}},
		{"bil.hdr", 0, 100, nil},
		{"bip.hdr", 0, 100, []float64{580, 470, 660, 560, 480}},
	} {
		cube, err := Open(filepath.Join("testdata", c.file), c.layout)
		if err != nil {
			t.Error(err)
			continue
		}
		if cube.Rows != 3 || cube.Cols != 4 || cube.Bands != 5 {
			t.Errorf("%s: %d rows, %d columns, %d bands", c.file, cube.Rows, cube.Cols, cube.Bands)
			continue
		}
		if fmt.Sprint(cube.Wavelengths) != fmt.Sprint(c.nm) {
			t.Errorf("%s: wavelengths %v, want %v", c.file, cube.Wavelengths, c.nm)
		}
		for i := range 3 {
			for j := range 4 {
				for b, got := range cube.Pixel(i, j) {
					if want := float32(40*b+10*i+j) - c.less; got != want {
						t.Fatalf("%s: row %d, column %d, band %d is %g, want %g", c.file, i, j, b, got, want)
					}
				}
			}
		}
	}
}

func TestPick(t *testing.T) {
	c, err := Open("testdata/bsq.hdr", 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.PickWavelengths([]float64{481, 580, 559}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Pixel(2, 1), []float32{40*4 + 21, 21, 40*3 + 21}; !slices.Equal(got, want) {
		t.Errorf("picked %v, want %v", got, want)
	}
	if !slices.Equal(p.Wavelengths, []float64{480, 580, 560}) {
		t.Errorf("wavelengths %v", p.Wavelengths)
	}
	if _, err := c.PickWavelengths([]float64{600}, 10); err == nil || !strings.Contains(err.Error(), "nearest is at 580 nm") {
		t.Errorf("error %v", err)
	}
	if _, err := c.Pick(5); err == nil || !strings.Contains(err.Error(), "no band 5, there are 0 to 4") {
		t.Errorf("error %v", err)
	}
	c.Wavelengths = nil
	if _, err := c.PickWavelengths([]float64{580}, 10); err == nil || !strings.Contains(err.Error(), "set Wavelengths or use Pick") {
		t.Errorf("error %v", err)
	}
}

// A masked image is read, says which pixels are missing, and shows them grey.
func TestMissing(t *testing.T) {
	b, err := os.ReadFile("testdata/f8-fortran.npy")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	write := func(missing ...int) {
		for _, at := range missing {
			binary.LittleEndian.PutUint64(b[len(b)-60*8+8*at:], math.Float64bits(math.NaN()))
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(0, 12*3+1) // the first index is the fastest: rows 0 and 1 of column 0, bands 0 and 3
	c, err := Open(path, BandsLast)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]bool, 12)
	want[0], want[4] = true, true
	if got := c.Missing(); !slices.Equal(got, want) {
		t.Errorf("missing are %v, want %v", got, want)
	}
	if got := c.String(); !strings.Contains(got, "3 rows, 4 columns and 5 bands; 2 of its 12 pixels are missing") {
		t.Errorf("shown as %q", got)
	}
	c.Wavelengths = []float64{580, 470, 660, 560, 480}
	for i := range c.Data {
		c.Data[i] += 100 // as it was written, above 0
	}
	m, err := c.RGB()
	if err != nil {
		t.Fatal(err)
	}
	if grey := (color.RGBA{0x90, 0x90, 0x90, 0xff}); m.At(0, 0) != grey || m.At(0, 1) != grey || m.At(1, 1) == grey || m.At(3, 2) == grey {
		t.Errorf("colours %v %v %v %v", m.At(0, 0), m.At(0, 1), m.At(1, 1), m.At(3, 2))
	}
	one := &Cube{Rows: 1, Cols: 1, Bands: 5, Data: []float32{1000, 1000, 1000, 1000, 1000}}
	r, err := c.Reflectance(one, nil)
	if err != nil || !slices.Equal(r.Missing(), want) {
		t.Errorf("reflectance: error %v", err)
	}
	one.Data[2] = float32(math.Inf(1))
	if _, err := c.Reflectance(one, nil); err == nil || !strings.Contains(err.Error(), "the one pixel of white") {
		t.Errorf("error %v", err)
	}
	all := make([]int, 12)
	for i := range all {
		all[i] = i
	}
	write(all...)
	if _, err := Open(path, BandsLast); err == nil || !strings.Contains(err.Error(), "every pixel has a value that is not finite") {
		t.Errorf("error %v", err)
	}
}

// A pixel outside of the image is not one of the next row.
func TestPixelOutside(t *testing.T) {
	c := &Cube{Rows: 20, Cols: 30, Bands: 2, Data: make([]float32, 1200)}
	for _, at := range [][2]int{{0, 35}, {100, 100}, {20, 0}, {-1, 5}, {1, -1}} {
		func() {
			defer func() {
				want := fmt.Sprintf("cube: there is no pixel at row %d, column %d: the image has rows 0 to 19 and columns 0 to 29", at[0], at[1])
				if r := recover(); r != want {
					t.Errorf("%v, want %q", r, want)
				}
			}()
			c.Pixel(at[0], at[1])
		}()
	}
}

// photometric is a little-endian TIFF with another photometric interpretation.
func photometric(file string, v byte) string {
	entry := "\x06\x01\x03\x00\x01\x00\x00\x00"
	return strings.ReplaceAll(file, entry+"\x01", entry+string(v))
}

// What a header says of the numbers is done to them.
func TestNumbersThatAreNoLight(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	dir := t.TempDir()
	nan := math.NaN()
	at := func(b, i, j int) float64 { return float64(40*b + 10*i + j) }
	for _, c := range []struct {
		name, content, data string
		want                func(b, i, j int) float64
	}{
		{"gains.hdr", read("bsq.hdr") + "data gain values = {1, 0.5,\n 2, 1, 1e-1}\ndata offset values = { -1, 0, 10, 0, 0.5 }\n", read("bsq.raw"),
			func(b, i, j int) float64 {
				return at(b, i, j)*[]float64{1, 0.5, 2, 1, 0.1}[b] + []float64{-1, 0, 10, 0, 0.5}[b]
			}},
		{"factor.hdr", read("bip.hdr") + "Reflectance Scale Factor = 10000.000000\n", read("bip.img"),
			func(b, i, j int) float64 { return (at(b, i, j) - 100) / 10000 }},
		{"all.hdr", read("bil.hdr") + "data ignore value = -99\ndata gain values = {2,2,2,2,2}\nreflectance scale factor = 4\n", read("bil.img"),
			func(b, i, j int) float64 {
				if b == 0 && i == 0 && j == 1 {
					return nan
				}
				return 2 * (at(b, i, j) - 100) / 4
			}},
		{"white.tif", photometric(read("u1.tif"), 0), "", func(b, i, j int) float64 { return 255 - at(b, i, j) }},
		{"white-signed.tif", photometric(read("i2-samples.tif"), 0), "", func(b, i, j int) float64 { return -1 - (at(b, i, j) - 100) }},
	} {
		path := filepath.Join(dir, c.name)
		for name, content := range map[string]string{path: c.content, strings.TrimSuffix(path, filepath.Ext(path)) + ".raw": c.data} {
			if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		cube, err := Open(path, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		for i := range 3 {
			for j := range 4 {
				for b, got := range cube.Pixel(i, j) {
					if want := float32(c.want(b, i, j)); math.Abs(float64(got-want)) > 1e-6*math.Abs(float64(want)) || math.IsNaN(float64(got)) != math.IsNaN(float64(want)) {
						t.Fatalf("%s: row %d, column %d, band %d is %g, want %g", c.name, i, j, b, got, want)
					}
				}
			}
		}
	}
}

// Every half-precision number, by its definition (IEEE 754).
func TestHalf(t *testing.T) {
	for h := range 1 << 15 {
		e, m := h>>10, float64(h&1023)
		want := math.Ldexp(1+m/1024, e-15)
		switch {
		case e == 0:
			want = math.Ldexp(m/1024, -14)
		case e == 31 && m == 0:
			want = math.Inf(1)
		case e == 31:
			want = math.NaN()
		}
		if got, minus := float64(half(uint16(h))), float64(half(uint16(h|1<<15))); !(got == want && minus == -want || math.IsNaN(got) && math.IsNaN(minus) && math.IsNaN(want)) {
			t.Fatalf("%x is %g and %g, want ± %g", h, got, minus, want)
		}
	}
}

// What is damaged, or not what it says, is an error that says so.
func TestBadFiles(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	npy, tif, hdr := read("u2.npy"), read("u1.tif"), read("bsq.hdr")
	for _, c := range []struct{ name, content, want string }{
		{"x.png", "", `not ".png"`},
		{"x.npy", "hello", "not a NumPy array"},
		{"x.npy", npy[:60], "does not end"},
		{"x.npy", npy[:len(npy)-1], "too few"},
		{"x.npy", strings.Replace(npy, "(3, 4, 5)", "(3, 20) ", 1), "shape (3, 20)"},
		{"x.npy", strings.Replace(npy, "(3, 4, 5)", "(9999999, 999999, 99)", 1), "99"},
		{"x.npy", strings.Replace(npy, "<u2", "|O8", 1), "something else than numbers"},
		{"x.npy", strings.Replace(npy, "<u2", "<u3", 1), "kind u in 3 bytes"},
		{"x.tif", "hello world", "not a TIFF"},
		{"x.tif", tif[:12], "cut off"},
		{"x.tif", tif[:260], "behind the end"},
		{"x.tif", read("lzw.tif"), "compressed by method 5"},
		{"x.tif", photometric(tif, 3), "numbers of colours"},
		{"x.tif", photometric(read("f4-deflate.tif"), 0), "least value is white"},
		{"x.hdr", "hello", "begin with ENVI"},
		{"y.hdr", hdr + "data gain values = { 1, 2 }\n", "has 2 data gain values for 5 bands"},
		{"y.hdr", hdr + "data offset values = { 1, 2, x, 4, 5 }\n", `says data offset values = "x", want a number`},
		{"y.hdr", hdr + "reflectance scale factor = 0\n", "says reflectance scale factor = 0"},
		{"x.hdr", strings.Replace(hdr, "lines = 3", "lines = many", 1), `lines = "many"`},
		{"x.hdr", strings.Replace(hdr, "data type = 12", "data type = 6", 1), `data type = "6"`},
		{"x.hdr", hdr, "without its data"},
		{"x.hdr", strings.ReplaceAll(hdr, "}", ""), "no }"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "y.raw"), []byte(read("bsq.raw")), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, 0); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "cube: ") {
			t.Errorf("%s: error %v, want one about %q", c.name, err, c.want)
		}
	}
}

// No file makes it panic.
func FuzzOpen(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, strings.TrimPrefix(filepath.Ext(file), "."))
	}
	f.Fuzz(func(t *testing.T, b []byte, ending string) {
		if ending != "npy" && ending != "tif" && ending != "hdr" {
			return
		}
		path := filepath.Join(t.TempDir(), "x."+ending)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "x.raw"), b, 0o644); err != nil {
			t.Fatal(err)
		}
		Open(path, BandsFirst)
	})
}
