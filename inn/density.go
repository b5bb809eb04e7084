package inn

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// LogDensity is ln q(x | y), in the units of x, by the change of variables of
// equation 3:
//
//	q(x | y) = p(z) |det ∂f/∂x|,   [y, z] = f(x).
//
// As it stands this holds on the surface f_y(x) = y alone, where an INN's draws
// lie, and says nothing of other x. But training gives y an error of NoiseY
// normalised units, and with it there is a density everywhere:
//
//	q(x | y) = N(y; f_y(x), NoiseY²) N(f_z(x); 0, 1) |det ∂f/∂x|.
//
// This is the density of x = f⁻¹(y + NoiseY ε, z), its integral over x is 1, and on
// the surface it is equation 3's times the constant N(0; 0, NoiseY²). Settings.Noise takes
// the place of NoiseY where it is set.
//
// Padding enters as in training, too: with the noise NoisePad on the side of y, and on
// the side of x, where it is [x, x₀] whose density f gives, integrated out:
//
//	q(x | y) = ∫ N(y; f_y, NoiseY²) N(pad; 0, NoisePad²) N(f_z; 0, 1) |det ∂f/∂[x, x₀]| dx₀.
//
// Without padding of x (Settings.Nominal is D) the value is exact. With it the integral
// is one over the padding near the one most likely, by importance sampling with the
// same numbers for every x, so that the value is smooth in x. It is good to some per cent
// where the network is nearly linear over NoisePad, as the loss of the reconstruction
// wants it, and far from all draws to less. One x
// costs as much as some hundred draws.
//
// Sample leaves the noise of y and of the padding away: its draws are narrower by that
// much, and lie on a surface if Latent is less than D. Only of a network that was trained by
// WeightLikelihood with Settings.Noise are they with the noise of y.
//
// It is an error if NoiseY is None, or NoisePad and there is padding.
func (m *Model) LogDensity(x, y []float64) (float64, error) {
	if err := vector("x", x, m.x.Vars); err != nil {
		return 0, err
	}
	logs, err := m.LogDensities(&Samples{Vars: m.x.Vars, Data: x}, y)
	if err != nil {
		return 0, err
	}
	return logs[0], nil
}

// LogDensities is LogDensity of every row of xs, on all processors.
func (m *Model) LogDensities(xs *Samples, y []float64) ([]float64, error) {
	yn, err := m.measurement(y)
	if err != nil {
		return nil, err
	}
	if err := table("x", xs, m.x.Vars); err != nil {
		return nil, err
	}
	d := &density{Model: m, y: yn}
	if err := d.prepare(); err != nil {
		return nil, err
	}
	per := sampleRows // of xs, a task
	if d.noise != nil {
		per = 4 // each takes passes of its own
	}
	logs := make([]float64, xs.Len())
	return logs, m.parallel((len(logs)+per-1)/per, func(pass layer.Pass, room tensor.Mat, i int) error {
		lo := i * per
		rows := &Samples{Vars: m.x.Vars, Data: xs.Data[lo*m.shape.D : min(lo+per, len(logs))*m.shape.D]}
		to := logs[lo:][:rows.Len()]
		p := &densityPass{d, pass, room, make([]float32, sampleRows)}
		if d.noise == nil {
			p.plain(rows, to)
		} else {
			for k := range to {
				to[k] = p.padded(rows.Row(k))
			}
		}
		for k, v := range to {
			if math.IsNaN(v) {
				return fmt.Errorf("inn: ln q(x | y) is %v at x = %v: it lies too far from the training pairs, or training failed", v, rows.Row(k))
			}
			to[k] -= d.x.logSlope(rows.Row(k))
		}
		return nil
	})
}

// A density is what the density of every x for one y has in common.
type density struct {
	*Model
	y     []float32 // normalised
	sd    []float64 // of the N columns of [y, padding, z]
	log   float64   // of the normalisation of a normal with those
	noise []float64 // a row for every draw of the padding of x, in units of its normal
	// normal is the logarithm of what the same draws give for a normal, in place of
	// 0: divided by it, the integral of anything near a normal has less error.
	normal float64
}

// The draws of the importance sampling are of a mixture of normals of the same
// centre and shape in several sizes: the wide ones bound the weights where the integrand
// has longer tails than a normal (Hesterberg 1995, "defensive" mixtures).
const densityDraws = 250

var densitySizes = [10]float64{1, 1, 1, 1, 1, 1.7, 1.7, 1.7, 3, 3} // in turn

func squareOf(v []float64) float64 {
	sum := 0.0
	for _, e := range v {
		sum += e * e
	}
	return sum
}

// logMixture is the logarithm of the mixture's density at a squared distance from
// the centre, in units of the normal of size 1 and up to that one's constant.
func logMixture(square float64, dim int) float64 {
	var logs [len(densitySizes)]float64
	for k, size := range densitySizes {
		logs[k] = -0.5*square/(size*size) - float64(dim)*math.Log(size)
	}
	return logMean(logs[:])
}

func (d *density) prepare() error {
	o, s := &d.settings, d.shape
	noise := d.Model.noise()
	if slices.Contains(noise, 0) || s.N > s.M+s.K && o.NoisePad == 0 {
		return fmt.Errorf("inn: a network trained with no noise on y or on the padding has its draws on a surface and no density: set Settings.NoiseY and NoisePad")
	}
	zLo, zHi := s.z()
	for j := range zHi {
		sd := 1.0
		if j < s.M {
			sd = noise[j]
		} else if j < zLo {
			sd = o.NoisePad
		}
		d.sd = append(d.sd, sd)
		d.log -= math.Log(sd) + 0.5*math.Log(2*math.Pi)
	}
	if pad := s.N - s.D; pad > 0 {
		rng := RNG(o.Seed, streamDensity)
		d.noise = make([]float64, densityDraws*pad)
		for i := range d.noise {
			d.noise[i] = densitySizes[i/pad%len(densitySizes)] * rng.NormFloat64()
		}
		logs := make([]float64, densityDraws)
		for i := range logs {
			square := squareOf(d.noise[i*pad : (i+1)*pad])
			logs[i] = -0.5*square - logMixture(square, pad)
		}
		d.normal = logMean(logs)
	}
	return nil
}

// A densityPass computes densities on one goroutine.
type densityPass struct {
	*density
	pass   layer.Pass
	room   tensor.Mat
	logdet []float32
}

// forward takes n rows that the caller wrote to the room forwards.
func (p *densityPass) forward(n int) {
	clear(p.logdet[:n])
	p.pass.Forward(p.weights, p.room.Slice(0, n, 0, p.shape.N), p.logdet[:n])
}

// residual is ([y, pad, z] - what they should be)/sd of row i, after forward.
func (p *densityPass) residual(i, j int) float64 {
	v := float64(p.room.Row(i)[j])
	if j < p.shape.M {
		v -= float64(p.y[j])
	}
	return v / p.sd[j]
}

// joint is ln q([x, x₀] | y) of row i, after forward.
func (p *densityPass) joint(i int) float64 {
	return p.log - 0.5*p.square(i) + float64(p.logdet[i])
}

func (p *densityPass) square(i int) (sum float64) {
	for j := range p.sd {
		r := p.residual(i, j)
		sum += r * r
	}
	return sum
}

// plain is for networks without padding of x.
func (p *densityPass) plain(xs *Samples, to []float64) {
	for i := range to {
		p.x.apply(p.room.Row(i), xs.Row(i))
	}
	p.forward(len(to))
	for i := range to {
		to[i] = p.joint(i)
	}
}

// padded integrates over the padding x₀. With r the residuals and R = ∂r/∂x₀ where
// |r|² is least, the integrand is about a normal of precision RᵀR around that x₀;
// draws around it are weighted by the ratio of the integrand to their density.
func (p *densityPass) padded(x []float64) float64 {
	pad := p.shape.N - p.shape.D
	xn := make([]float32, p.shape.D)
	p.x.apply(xn, x)
	at := make([]float64, pad)
	var precision mat.Cholesky
	const steps = 10
	for step := 1; ; step++ {
		down, ok := p.descend(xn, at, &precision)
		if !ok {
			return math.Inf(-1)
		}
		if step == steps || mat.Dot(down, down) == 0 || !p.improve(xn, at, down) {
			break
		}
	}
	// x₀ = at + U⁻¹ ε with precision UᵀU.
	var upper mat.TriDense
	precision.UTo(&upper)
	logs := make([]float64, 0, densityDraws)
	draw := mat.NewVecDense(pad, nil)
	for lo := 0; lo < densityDraws; lo += sampleRows {
		n := min(sampleRows, densityDraws-lo)
		for i := range n {
			if draw.SolveVec(&upper, mat.NewVecDense(pad, p.noise[(lo+i)*pad:(lo+i+1)*pad])) != nil {
				return math.Inf(-1)
			}
			p.set(i, xn, at, draw, 1)
		}
		p.forward(n)
		for i := range n {
			square := squareOf(p.noise[(lo+i)*pad : (lo+i+1)*pad])
			logs = append(logs, p.joint(i)-logMixture(square, pad))
		}
	}
	return logMean(logs) - p.normal + 0.5*float64(pad)*math.Log(2*math.Pi) - 0.5*precision.LogDet()
}

// set writes [x, at + scale·by] to row i of the room.
func (p *densityPass) set(i int, x []float32, at []float64, by mat.Vector, scale float64) {
	row := p.room.Row(i)
	copy(row, x)
	for j, v := range at {
		row[p.shape.D+j] = float32(v + scale*by.AtVec(j))
	}
}

// descend is a Gauss-Newton step of |r|² from the padding at, with R by central
// differences; RᵀR is left in precision.
func (p *densityPass) descend(x []float32, at []float64, precision *mat.Cholesky) (step *mat.VecDense, ok bool) {
	const h = 1e-2 // the rounding of float32, divided by NoiseY, calls for a long one
	pad, n := len(at), p.shape.N
	jac, base := mat.NewDense(n, pad, nil), mat.NewVecDense(n, nil)
	unit := mat.NewVecDense(pad, nil)
	const per = sampleRows / 2
	for lo := 0; lo < pad; lo += per {
		k := min(per, pad-lo)
		for i := range k {
			unit.SetVec(lo+i, 1)
			p.set(2*i, x, at, unit, h)
			p.set(2*i+1, x, at, unit, -h)
			unit.Zero()
		}
		p.forward(2 * k)
		for j := range n {
			for i := range k {
				jac.Set(j, lo+i, (p.residual(2*i, j)-p.residual(2*i+1, j))/(2*h))
			}
		}
	}
	p.set(0, x, at, unit, 0)
	p.forward(1)
	for j := range n {
		base.SetVec(j, p.residual(0, j))
	}
	var square mat.SymDense
	square.SymOuterK(1, jac.T())
	step = mat.NewVecDense(pad, nil)
	step.MulVec(jac.T(), base)
	if !precision.Factorize(&square) || precision.SolveVecTo(step, step) != nil {
		return nil, false
	}
	step.ScaleVec(-1, step)
	return step, true
}

// improve moves the padding by the step, or a part of it, where |r|² is least, and
// says whether that was worth it.
func (p *densityPass) improve(x []float32, at []float64, step *mat.VecDense) bool {
	scales := []float64{0, 1, 0.5, 0.25, 0.1, 0.03, 0.01}
	for i, s := range scales {
		p.set(i, x, at, step, s)
	}
	p.forward(len(scales))
	best, first := 0, p.square(0)
	for i := range scales {
		if p.square(i) < p.square(best) {
			best = i
		}
	}
	least := p.square(best)
	for j := range at {
		at[j] += scales[best] * step.AtVec(j)
	}
	return least < first-1e-2
}

// logMean is ln of the mean of the exponentials.
func logMean(logs []float64) float64 {
	most, sum := math.Inf(-1), 0.0
	for _, v := range logs {
		most = max(most, v)
	}
	if math.IsInf(most, 0) {
		return most
	}
	for _, v := range logs {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum/float64(len(logs)))
}
