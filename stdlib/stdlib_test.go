package stdlib_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha3"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/stdlib"
	"github.com/traefik/yaegi/interp"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/palette/brewer"
	"gonum.org/v1/plot/vg"
)

func newInterp(t testing.TB) (*interp.Interpreter, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	i := interp.New(interp.Options{Stdout: &out, Stderr: &out})
	if err := i.Use(stdlib.Symbols); err != nil {
		t.Fatal(err)
	}
	return i, &out
}

func TestEvaluate(t *testing.T) {
	for _, c := range []struct {
		imports, src string
		want         any // by the compiler
	}{
		{"math", `math.Sqrt(2) * math.Pi`, math.Sqrt(2) * math.Pi},
		{"math", `math.MaxInt - 1`, math.MaxInt - 1},
		{"math", `uint64(math.MaxUint64)`, uint64(math.MaxUint64)},
		{"math", `float32(math.MaxFloat32)`, float32(math.MaxFloat32)},
		{"math", `math.SmallestNonzeroFloat64`, math.SmallestNonzeroFloat64},
		{"math/rand/v2", `rand.New(rand.NewPCG(1, 2)).IntN(1_000_000)`, rand.New(rand.NewPCG(1, 2)).IntN(1_000_000)},
		{"strings", `strings.ToUpper("inn")`, "INN"},
		{"os", `string(os.PathSeparator)`, string(os.PathSeparator)},
		{"io/fs", `fs.ModeDir | 0o755`, fs.ModeDir | 0o755},
		{"time", `90 * time.Second`, "1m30s"},
		{"crypto/sha3", `sha3.Sum256([]byte("abc"))`, sha3.Sum256([]byte("abc"))},
		{"sort", `sort.IsSorted(sort.Reverse(sort.IntSlice([]int{3, 2, 1})))`, true},
		{"gonum.org/v1/gonum/mat", `mat.Det(mat.NewDense(2, 2, []float64{1, 2, 3, 5}))`, mat.Det(mat.NewDense(2, 2, []float64{1, 2, 3, 5}))},
		{"gonum.org/v1/gonum/stat", `stat.Mean([]float64{1, 2, 6}, nil)`, 3},
		{"gonum.org/v1/gonum/stat/distuv", `distuv.Normal{Mu: 1, Sigma: 2}.Quantile(0.5)`, 1},
		{"gonum.org/v1/gonum/integrate/quad", `math.Round(quad.Fixed(func(x float64) float64 { return x * x }, 0, 3, 10, nil, 0))`, 9},
		{"gonum.org/v1/gonum/optimize", `minimum()`, "3.000 <nil>"},
		{"gonum.org/v1/gonum/dsp/fourier", `fourier.NewFFT(4).Coefficients(nil, []float64{1, 0, 0, 0})`, "[(1+0i) (1+0i) (1+0i)]"},
		{"gonum.org/v1/gonum/spatial/r3", `r3.Cross(r3.Vec{X: 1}, r3.Vec{Y: 1}).Z`, 1},
		{"gonum.org/v1/gonum/num/quat", `quat.Abs(quat.Number{Real: 3, Imag: 4})`, 5},
		{"gonum.org/v1/plot/vg", `4 * vg.Inch`, 4 * vg.Inch},
		{"gonum.org/v1/plot/palette/brewer", `brewer.TypeSequential`, brewer.TypeSequential},
		{"github.com/innkeeper-notebook/innkeeper/inn", `inn.Problem{Name: "arm"}.Name`, "arm"},
	} {
		t.Run(c.imports, func(t *testing.T) {
			i, _ := newInterp(t)
			src := fmt.Sprintf("import (\n%q\n", c.imports)
			if c.imports != "math" {
				src += "\"math\"\n"
			}
			src += ")\n"
			if strings.HasPrefix(c.src, "minimum") {
				src += `import "fmt"
func minimum() string {
	r, err := optimize.Minimize(optimize.Problem{Func: func(x []float64) float64 { return (x[0] - 3) * (x[0] - 3) }},
		[]float64{0}, nil, &optimize.NelderMead{})
	return fmt.Sprintf("%.3f %v", r.X[0], err)
}`
			}
			if _, err := i.Eval(src); err != nil {
				t.Fatal(err)
			}
			v, err := i.Eval(c.src)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(v), fmt.Sprint(c.want); got != want {
				t.Errorf("%s = %s, want %s", c.src, got, want)
			}
		})
	}
}

// A plot of an interpreted type that implements a compiled interface.
func TestInterpretedInterface(t *testing.T) {
	i, _ := newInterp(t)
	_, err := i.Eval(`
import (
	"archive/zip"
	"bytes"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

type line struct{ n int }

func (l line) Len() int                    { return l.n }
func (l line) XY(i int) (float64, float64) { return float64(i), float64(i * i) }

func svg() string {
	p := plot.New()
	l, err := plotter.NewLine(line{5})
	if err != nil {
		panic(err)
	}
	p.Add(l)
	p.X.Label.Text = "time"
	w, err := p.WriterTo(4*vg.Inch, 3*vg.Inch, "svg")
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	w.WriteTo(&b)
	return b.String()
}
`)
	if err != nil {
		t.Fatal(err)
	}
	v, err := i.Eval("svg()")
	if err != nil {
		t.Fatal(err)
	}
	if s := v.String(); !strings.Contains(s, "<svg") || !strings.Contains(s, "time") {
		t.Errorf("no plot: %.200s", s)
	}
}

func TestExitDoesNotExit(t *testing.T) {
	i, _ := newInterp(t)
	_, err := i.Eval("import \"os\"\nfunc f() { os.Exit(3) }")
	if err == nil {
		_, err = i.Eval("f()")
	}
	p, ok := err.(interp.Panic)
	if !ok || p.Value != (stdlib.Exit{Code: 3}) {
		t.Errorf("os.Exit(3) gives %#v", err)
	}
}

// The interpreter looks for a type's wrapper under the type's own package path.
func TestKeys(t *testing.T) {
	wrappers := 0
	for key, symbols := range stdlib.Symbols {
		for name, v := range symbols {
			typ := v.Type()
			if key == "." || typ.Kind() != reflect.Pointer || !v.IsNil() {
				continue // not a type
			}
			typ = typ.Elem()
			if typ.Kind() != reflect.Interface || typ.Name() != name || typ.PkgPath() == "" {
				continue // no wrapper needed, or an alias
			}
			home := stdlib.Symbols[typ.PkgPath()+"/"+path.Base(key)]
			if typ.PkgPath() != path.Dir(key) {
				home = stdlib.Symbols[typ.PkgPath()+"/"+path.Base(typ.PkgPath())]
			}
			if !home["_"+name].IsValid() {
				t.Errorf("%s.%s has no wrapper under %s", key, name, typ.PkgPath())
			}
			wrappers++
		}
	}
	if wrappers < 200 {
		t.Errorf("only %d interfaces seen", wrappers)
	}
}

// TestFresh generates the tables anew and compares.
func TestFresh(t *testing.T) {
	const made = "go1.26"
	if v := runtime.Version(); !strings.HasPrefix(v, made) {
		t.Skipf("the tables are made with %s; this is %s", made, v)
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "./gen", dir).CombinedOutput(); err != nil {
		t.Fatalf("go run ./gen: %v\n%s", err, out)
	}
	read := func(dir string) map[string]string {
		files := map[string]string{}
		for _, pattern := range []string{"sym_*.go", "names.go", "docs/*.txt"} {
			names, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				files[filepath.Base(name)] = string(b)
			}
		}
		z, err := zip.OpenReader(filepath.Join(dir, "docs.zip"))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		files["docs.zip"] = z.Comment
		for _, f := range z.File { // the bytes of the archive are a matter of compress/flate
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			files["docs.zip: "+f.Name] = string(b)
		}
		return files
	}
	want, got := read(dir), read(".")
	if want["docs.zip"] != got["docs.zip"] { // another patch release of Go has other comments
		for _, files := range []map[string]string{want, got} {
			maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasPrefix(name, "docs.zip") })
		}
	}
	const again = "run go generate ./stdlib"
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is missing; %s", name, again)
		} else if got[name] != want[name] {
			t.Errorf("%s is not what gen makes now; %s", name, again)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is stale; %s", name, again)
		}
	}
}
