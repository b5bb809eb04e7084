package sim

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// An emulator gives the reflectance of a scene's tissues, and the variance that
// simulated photons give it, without simulating each.
type emulator struct {
	coefficients *mat.Dense // terms × (log reflectance, log relative variance of a photon) of the bands
}

// The tissues of a scene.
const (
	leastBlood   = 0.004
	leastScatter = 9.0
	mostScatter  = 36.0
)

const (
	emulatorSeed    = 1
	emulatorTissues = 800
	emulatorPhotons = 2000
	emulatorDegree  = 4 // of the polynomials in all variables together
)

// theEmulator is made when it is first wanted, and is that of every scene.
var theEmulator struct {
	sync.Mutex
	*emulator
}

func sceneEmulator() (*emulator, error) {
	theEmulator.Lock()
	defer theEmulator.Unlock()
	if theEmulator.emulator == nil {
		e, err := newEmulator()
		if err != nil {
			return nil, fmt.Errorf("sim: scene: %w", err)
		}
		theEmulator.emulator = e
	}
	return theEmulator.emulator, nil
}

// newEmulator simulates tissues and fits polynomials to them by least squares.
func newEmulator() (*emulator, error) {
	bands := len(bandCentres)
	terms := len((&fields{0.5, 0.05, 0.05, 20}).terms(nil))
	x, y := mat.NewDense(emulatorTissues, terms, nil), mat.NewDense(emulatorTissues, 2*bands, nil)
	task := progress.Start("tissues of the scene", emulatorTissues)
	defer task.End()
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range emulatorTissues {
		group.Go(func() error {
			rng := inn.RNG(emulatorSeed, uint64(i))
			var at [4]float64
			for k := range at {
				at[k] = math.Cos(math.Pi * rng.Float64()) // denser at the ends, where polynomials need it
			}
			f := fieldsOf(at)
			tissue := make([]float64, parameters)
			(&spot{fields: f}).write(tissue)
			r, variance, err := bandReflectances(tissue, emulatorPhotons, rng)
			if err != nil {
				return err
			}
			f.terms(x.RawRowView(i)[:0])
			// The logarithm of a mean with the relative variance v is v/2 too low.
			for b := range bands {
				relative := variance[b] / (r[b] * r[b])
				y.Set(i, b, math.Log(r[b])+relative/2)
				y.Set(i, bands+b, math.Log(relative*emulatorPhotons))
			}
			return task.Advance(1, nil)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var qr mat.QR
	qr.Factorize(x)
	e := &emulator{new(mat.Dense)}
	if err := qr.SolveTo(e.coefficients, false, y); err != nil {
		return nil, fmt.Errorf("fitting the reflectances: %w", err)
	}
	return e, nil
}

// at is the reflectance of the bands and the relative variance that it has with
// one photon a band.
func (e *emulator) at(f fields) (reflectances, variances [len(bandCentres)]float64) {
	var room [128]float64
	terms := f.terms(room[:0])
	for b := range bandCentres {
		for t, v := range terms {
			reflectances[b] += v * e.coefficients.At(t, b)
			variances[b] += v * e.coefficients.At(t, len(bandCentres)+b)
		}
		reflectances[b], variances[b] = math.Exp(reflectances[b]), math.Exp(variances[b])
	}
	return reflectances, variances
}

// scaled are s_O2, √v_hb and log a_mie, each from -1 to 1 over its range: the
// logarithm of the reflectance is nearly straight in √(absorption/scattering).
func (f *fields) scaled() [4]float64 {
	between := func(v, lo, hi float64) float64 { return 2*(v-lo)/(hi-lo) - 1 }
	blood := func(v float64) float64 {
		return between(math.Sqrt(v), math.Sqrt(leastBlood), math.Sqrt(maxBlood))
	}
	return [4]float64{between(f.oxygen, 0, 1), blood(f.blood), blood(f.deep), between(math.Log(f.scatter), math.Log(leastScatter), math.Log(mostScatter))}
}

// fieldsOf is the inverse of scaled.
func fieldsOf(at [4]float64) fields {
	between := func(t, lo, hi float64) float64 { return lo + (t+1)/2*(hi-lo) }
	blood := func(t float64) float64 {
		r := between(t, math.Sqrt(leastBlood), math.Sqrt(maxBlood))
		return r * r
	}
	return fields{between(at[0], 0, 1), blood(at[1]), blood(at[2]), math.Exp(between(at[3], math.Log(leastScatter), math.Log(mostScatter)))}
}

// terms appends the products of Chebyshev polynomials of the scaled fields.
func (f *fields) terms(to []float64) []float64 {
	var p [4][emulatorDegree + 1]float64
	for k, u := range f.scaled() {
		p[k][0], p[k][1] = 1, u
		for d := 2; d <= emulatorDegree; d++ {
			p[k][d] = 2*u*p[k][d-1] - p[k][d-2]
		}
	}
	for a := 0; a <= emulatorDegree; a++ {
		for b := 0; a+b <= emulatorDegree; b++ {
			for c := 0; a+b+c <= emulatorDegree; c++ {
				for d := 0; a+b+c+d <= emulatorDegree; d++ {
					to = append(to, p[0][a]*p[1][b]*p[2][c]*p[3][d])
				}
			}
		}
	}
	return to
}
