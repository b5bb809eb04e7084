package layer

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Spline is a coupling whose columns [Lo, Hi) pass a monotone
// rational-quadratic spline each (Durkan et al. 2019, "Neural Spline Flows"),
// after an affine map that brings them to where the spline has its knots,
//
//	v_a = spline(u_a ⊙ exp(s) + t),   v_b = u_b.
//
// Between Bins+1 knots in [-Bound, Bound] the spline is the quotient of two
// quadratics with given slopes at the knots; outside it is the identity. A
// perceptron of the other columns, u_b, gives all parameters: s and t, and the
// widths and heights of the bins and the slopes of the inner knots. Columns of
// the row that no coupling changes serve as a condition.
type Spline struct {
	Width  int // of a row
	Lo, Hi int // the columns that change
	Net    Perceptron
	Clamp  float64 // soft limit of |s|, as in Coupling
	Bins   int
	Bound  float64
}

// The least width or height of a bin, as a share of the whole, and the least
// slope of an inner knot, of the authors' code.
const (
	leastBin   = 1e-3
	leastSlope = 1e-3
)

// slopeShift makes an inner slope 1 where the perceptron gives 0.
var slopeShift = math.Log(math.Expm1(1 - leastSlope))

// NewSpline makes a spline coupling whose perceptron has the given hidden widths.
func NewSpline(width, lo, hi int, hidden []int, act tensor.Activation, clamp float64, bins int, bound float64) Spline {
	if lo < 0 || hi <= lo || hi > width || hi-lo == width {
		panic(fmt.Sprintf("layer: a spline coupling of columns [%d, %d) of %d", lo, hi, width))
	}
	if bins < 1 || float64(bins)*leastBin >= 1 || !(bound > 0) {
		panic(fmt.Sprintf("layer: a spline of %d bins within ±%v", bins, bound))
	}
	sizes := append([]int{width - (hi - lo)}, hidden...)
	sizes = append(sizes, (hi-lo)*perColumn(bins))
	return Spline{width, lo, hi, Perceptron{sizes, act}, clamp, bins, bound}
}

// SplineBlock is a reversible block of two complementary spline couplings.
func SplineBlock(width int, hidden []int, act tensor.Activation, clamp float64, bins int, bound float64) Sequence {
	half := width / 2
	return Sequence{
		NewSpline(width, 0, half, hidden, act, clamp, bins, bound),
		NewSpline(width, half, width, hidden, act, clamp, bins, bound),
	}
}

// perColumn is the number of the perceptron's outputs for a column: s, t, the
// logits of Bins widths and of Bins heights, and Bins-1 slopes.
func perColumn(bins int) int { return 2 + 3*bins - 1 }

// Params are those of the perceptron.
func (c Spline) Params() int { return c.Net.Params() }

// Init initialises the perceptron.
func (c Spline) Init(w []float32, rng *rand.Rand) { c.Net.Init(w, rng) }

// Tensors are those of the perceptron.
func (c Spline) Tensors() []Tensor { return c.Net.Tensors() }

// NewPass makes a pass.
func (c Spline) NewPass(rows int, packed *Packed, s *Scratch) Pass {
	n := c.Hi - c.Lo
	p := &splinePass{Spline: c, net: c.Net.newPass(rows, packed, s), at: make([]splineAt, rows*n), shares: tensor.New(rows, n*2*c.Bins)}
	for i := range p.at {
		own := p.shares.Data[i*2*c.Bins:][:2*c.Bins]
		p.at[i].widths, p.at[i].heights = own[:c.Bins], own[c.Bins:]
	}
	return p
}

type splinePass struct {
	Spline
	net    *perceptronPass
	at     []splineAt // a row's columns one after the other
	shares tensor.Mat // widths and heights of each of these
}

// A splineAt is one value's spline, and where on it the value lies. The spline
// maps a = u exp(s) + t to v.
type splineAt struct {
	u, factor, clampSlope float64   // the affine map: u, exp(s), ds/draw
	widths, heights       []float32 // softmax of the logits
	bin                   int       // -1: outside
	w, h, xi, d0, d1      float64   // bin's width and height, where in it 0..1, slopes at its ends
	raw0, raw1            float64   // the perceptron's outputs for d0 and d1
}

// parameters are the perceptron's outputs for the columns that do not change; they
// make the shares.
func (p *splinePass) parameters(w []float32, x tensor.Mat) tensor.Mat {
	if x.Cols != p.Width {
		panic(fmt.Sprintf("layer: a spline coupling of width %d meets %d columns", p.Width, x.Cols))
	}
	for i := range x.Rows {
		row, in := x.Row(i), p.net.in.Row(i)
		copy(in[copy(in, row[:p.Lo]):], row[p.Hi:])
	}
	out := p.net.forward(w, x.Rows)
	n, k := p.Hi-p.Lo, perColumn(p.Bins)
	for i := range x.Rows {
		row := out.Row(i)
		for j := range n {
			q := &p.at[i*n+j]
			logits := row[j*k+2:]
			fromMost(q.widths, logits)
			fromMost(q.heights, logits[p.Bins:])
		}
		tensor.ExpOf(p.shares.Row(i))
		for j := range n {
			q := &p.at[i*n+j]
			normalise(q.widths)
			normalise(q.heights)
		}
	}
	return out
}

func (p *splinePass) Forward(w []float32, x tensor.Mat, logdet []float32) {
	p.run(w, x, logdet, 1, func(q *splineAt, raw []float32, u float64) float64 {
		q.u = u
		return p.spline(q, raw, u*q.factor+float64(raw[1]))
	})
}

func (p *splinePass) Inverse(w []float32, x tensor.Mat, logdet []float32) {
	p.run(w, x, logdet, -1, func(q *splineAt, raw []float32, v float64) float64 {
		q.u = (p.inverse(q, raw, v) - float64(raw[1])) / q.factor
		return q.u
	})
}

// run maps each value by f, given the perceptron's outputs for it, and adds sign times
// the logarithm of the forward slope to the row's log-determinant.
func (p *splinePass) run(w []float32, x tensor.Mat, logdet []float32, sign float64, f func(q *splineAt, raw []float32, value float64) float64) {
	out := p.parameters(w, x)
	n, k := p.Hi-p.Lo, perColumn(p.Bins)
	for i := range x.Rows {
		a, sum := x.Row(i)[p.Lo:p.Hi], 0.0
		for j := range a {
			raw, q := out.Row(i)[j*k:(j+1)*k], &p.at[i*n+j]
			s := p.affine(q, raw)
			a[j] = float32(f(q, raw, float64(a[j])))
			if logdet != nil {
				sum += s + q.logSlope()
			}
		}
		if logdet != nil {
			logdet[i] += float32(sign * sum)
		}
	}
}

// affine sets the affine map of q and returns s.
func (p *splinePass) affine(q *splineAt, raw []float32) (s float64) {
	r := float64(raw[0]) / p.Clamp
	s = p.Clamp * 2 / math.Pi * math.Atan(r)
	q.factor, q.clampSlope = math.Exp(s), 2/math.Pi/(1+r*r)
	return s
}

// spline is the spline's value at a.
func (p *splinePass) spline(q *splineAt, raw []float32, a float64) float64 {
	if !(math.Abs(a) < p.Bound) {
		q.bin = -1
		return a
	}
	x, y := -p.Bound, -p.Bound
	k := 0
	for ; k < p.Bins-1; k++ {
		w := p.size(q.widths[k])
		if a < x+w {
			break
		}
		x += w
		y += p.size(q.heights[k])
	}
	p.enter(q, raw, k)
	q.xi = min(max((a-x)/q.w, 0), 1)
	c := q.curve()
	return y + q.h*c.n/c.d
}

// inverse is the a whose value on the spline is v.
func (p *splinePass) inverse(q *splineAt, raw []float32, v float64) float64 {
	if !(math.Abs(v) < p.Bound) {
		q.bin = -1
		return v
	}
	x, y := -p.Bound, -p.Bound
	k := 0
	for ; k < p.Bins-1; k++ {
		h := p.size(q.heights[k])
		if v < y+h {
			break
		}
		y += h
		x += p.size(q.widths[k])
	}
	p.enter(q, raw, k)
	// The root of a quadratic in ξ (equations 6 to 8), in the form that does
	// not cancel.
	s := q.h / q.w
	rise, bend := v-y, q.d0+q.d1-2*s
	qa, qb, qc := q.h*(s-q.d0)+rise*bend, q.h*q.d0-rise*bend, -s*rise
	q.xi = min(max(2*qc/(-qb-math.Sqrt(max(0, qb*qb-4*qa*qc))), 0), 1)
	return x + q.w*q.xi
}

// size is the width or height of a bin with a given share.
func (p *splinePass) size(share float32) float64 {
	return 2 * p.Bound * (leastBin + (1-leastBin*float64(p.Bins))*float64(share))
}

// enter sets bin k of the spline.
func (p *splinePass) enter(q *splineAt, raw []float32, k int) {
	q.bin, q.w, q.h = k, p.size(q.widths[k]), p.size(q.heights[k])
	slopes := raw[2+2*p.Bins:]
	q.d0, q.d1 = 1, 1
	if k > 0 {
		q.raw0 = float64(slopes[k-1]) + slopeShift
		q.d0 = leastSlope + softplus(q.raw0)
	}
	if k < p.Bins-1 {
		q.raw1 = float64(slopes[k]) + slopeShift
		q.d1 = leastSlope + softplus(q.raw1)
	}
}

// A curve holds the terms of a bin at ξ (equations 4 and 5): the value is
// h·n/d above the bin's foot, the slope s²·m/d², with s = h/w.
type curve struct{ s, q, bend, n, d, m float64 }

func (q *splineAt) curve() curve {
	xi := q.xi
	c := curve{s: q.h / q.w, q: xi * (1 - xi)}
	c.bend = q.d0 + q.d1 - 2*c.s
	c.n = c.s*xi*xi + q.d0*c.q
	c.d = c.s + c.bend*c.q
	c.m = q.d1*xi*xi + 2*c.s*c.q + q.d0*(1-xi)*(1-xi)
	return c
}

// logSlope is the logarithm of the spline's slope at the value.
func (q *splineAt) logSlope() float64 {
	if q.bin < 0 {
		return 0
	}
	return q.curve().logSlope()
}

func (c curve) logSlope() float64 { return 2*math.Log(c.s) + math.Log(c.m) - 2*math.Log(c.d) }

// BackForward: with dv = f' du + ∂f/∂θ dθ, the parameters receive
// ∂L/∂v ∂f/∂θ + ∂L/∂logdet ∂(log f')/∂θ.
func (p *splinePass) BackForward(w, g []float32, dx tensor.Mat, dlogdet float32) {
	p.back(w, g, dx, func(q *splineAt, d float64, draw []float32) float64 {
		slope, curvature := q.slopes()
		p.gradient(q, d, float64(dlogdet), draw)
		da := d*slope + float64(dlogdet)*curvature
		// a = u exp(s) + t, and the log-determinant has s.
		draw[0] = float32((da*q.u*q.factor + float64(dlogdet)) * q.clampSlope)
		draw[1] = float32(da)
		return da * q.factor
	})
}

// BackInverse: from v = f(a) it follows that da = (dv - ∂f/∂θ dθ)/f', and the
// log-determinant is -log f'(a).
func (p *splinePass) BackInverse(w, g []float32, dx tensor.Mat, dlogdet float32) {
	p.back(w, g, dx, func(q *splineAt, d float64, draw []float32) float64 {
		slope, curvature := q.slopes()
		// u = (a - t) exp(-s), and the log-determinant has -s.
		da := d/q.factor - float64(dlogdet)*curvature
		p.gradient(q, -da/slope, -float64(dlogdet), draw)
		draw[0] = float32((-d*q.u - float64(dlogdet)) * q.clampSlope)
		draw[1] = float32(-d / q.factor)
		return da / slope
	})
}

// back calls f for each value with its gradient and those of the perceptron's
// outputs, all zero, and takes the gradients on.
func (p *splinePass) back(w, g []float32, dx tensor.Mat, f func(q *splineAt, d float64, draw []float32) float64) {
	dout := head(p.net.out[len(p.net.out)-1], dx.Rows)
	n, k := p.Hi-p.Lo, perColumn(p.Bins)
	for i := range dx.Rows {
		da := dx.Row(i)[p.Lo:p.Hi]
		clear(dout.Row(i))
		for j, d := range da {
			da[j] = float32(f(&p.at[i*n+j], float64(d), dout.Row(i)[j*k:(j+1)*k]))
		}
	}
	din := p.net.backward(w, g, dx.Rows)
	for i := range dx.Rows {
		row, d := dx.Row(i), din.Row(i)
		for j := range p.Lo {
			row[j] += d[j]
		}
		for j := p.Hi; j < p.Width; j++ {
			row[j] += d[j-p.Hi+p.Lo]
		}
	}
}

// slopes are the spline's slope f' at the value, and (log f')'.
func (q *splineAt) slopes() (slope, curvature float64) {
	if q.bin < 0 {
		return 1, 0
	}
	c := q.curve()
	return math.Exp(c.logSlope()), q.logSlopeXi(c) / q.w
}

// logSlopeXi is ∂(log f')/∂ξ.
func (q *splineAt) logSlopeXi(c curve) float64 {
	xi := q.xi
	return (2*q.d1*xi+2*c.s*(1-2*xi)-2*q.d0*(1-xi))/c.m - 2*c.bend*(1-2*xi)/c.d
}

// gradient adds dv·∂f/∂θ + dl·∂(log f')/∂θ to the gradient of the perceptron's
// outputs for the spline.
func (p *splinePass) gradient(q *splineAt, dv, dl float64, draw []float32) {
	if q.bin < 0 {
		return
	}
	c, xi := q.curve(), q.xi
	d2 := c.d * c.d
	// By ξ, s = h/w, the slopes at the ends, and h and the bin's foot directly.
	slope, _ := q.slopes()
	dXi := dv*slope*q.w + dl*q.logSlopeXi(c)
	dS := dv*q.h*(xi*xi*c.d-c.n*(1-2*c.q))/d2 + dl*(2/c.s+2*c.q/c.m-2*(1-2*c.q)/c.d)
	d0 := dv*q.h*c.q*(c.d-c.n)/d2 + dl*((1-xi)*(1-xi)/c.m-2*c.q/c.d)
	d1 := -dv*q.h*c.n*c.q/d2 + dl*(xi*xi/c.m-2*c.q/c.d)
	dH := dv*c.n/c.d + dS/q.w
	dW := -(dXi*xi + dS*c.s) / q.w
	// The foot of the bin is the sum of the bins before it.
	p.shareGradient(q.widths, q.bin, dW, -dXi/q.w, draw[2:2+p.Bins])
	p.shareGradient(q.heights, q.bin, dH, dv, draw[2+p.Bins:2+2*p.Bins])
	slopes := draw[2+2*p.Bins:]
	if q.bin > 0 {
		slopes[q.bin-1] += float32(d0 * sigmoid(q.raw0))
	}
	if q.bin < p.Bins-1 {
		slopes[q.bin] += float32(d1 * sigmoid(q.raw1))
	}
}

// shareGradient takes the gradient of the sizes, own for bin k and before for
// each bin before it, through the softmax to the logits.
func (p *splinePass) shareGradient(shares []float32, k int, own, before float64, dlogits []float32) {
	scale := 2 * p.Bound * (1 - leastBin*float64(p.Bins))
	mean := float64(shares[k]) * own
	for j := range k {
		mean += float64(shares[j]) * before
	}
	for j, share := range shares {
		d := 0.0
		switch {
		case j < k:
			d = before
		case j == k:
			d = own
		}
		dlogits[j] += float32(scale * float64(share) * (d - mean))
	}
}

// fromMost writes the first logits less their largest.
func fromMost(dst, logits []float32) {
	logits = logits[:len(dst)]
	most := logits[0]
	for _, v := range logits {
		most = max(most, v)
	}
	for j, v := range logits {
		dst[j] = v - most
	}
}

// normalise makes the sum of x 1.
func normalise(x []float32) {
	sum := float32(0)
	for _, v := range x {
		sum += v
	}
	for j := range x {
		x[j] /= sum
	}
}

func softplus(x float64) float64 { return max(x, 0) + math.Log(1+math.Exp(-math.Abs(x))) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
