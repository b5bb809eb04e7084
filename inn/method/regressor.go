package method

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A regressor is what least squares say of parameters, given measurements:
//
//	x = A y + C cos(W y + φ) + b + L u,
//
// all of it normalised, with a lower triangular L such that u has about unit variance. The
// cosines are random features (Rahimi and Recht 2007). A network of u has the rest to
// learn, which of parameters and noise that are normal and a simulator that is linear is nothing.
//
// A parameter is left as it is where little is explained, and where how much is left depends on the
// measurement: a curve that is wrong by as much everywhere is a burden where the posterior is narrow.
// A parameter with walls wants nearly all explained, for what is a wall of x is none of u; and any where
// there are so many pairs that a network finds all but the narrowest posteriors itself.
type regressor struct {
	D, M     int
	A        []float64 // D × M
	B        []float64 // D
	L        []float64 // D × D
	Features int
	C        []float64 // D × Features
	W        []float64 // Features × M
	Phase    []float64 // Features
}

const (
	regressorMost     = 512     // measurements: it takes time as their cube
	regressorRows     = 1 << 16 // that are fitted
	regressorFeatures = 256     // that are tried
	regressorFew      = 8192    // rows for them
	regressorLeast    = 0.1     // share of a variance that is worth explaining
	regressorWalled   = 0.96    // and of a parameter with walls
	regressorMany     = 0.999   // and of any with
	regressorPairs    = 400     // pairs a parameter or more
	regressorUneven   = 0.2     // share of the variance of the residual's size that measurements may explain
	regressorRounding = 1e-10   // share of a variance that is rounding alone, and larger for larger values
	regressorFlat     = 1e-3    // of its width a residual keeps that follows from others
)

// newRegressor fits the first normalised rows, and gives the u of every row by a fit without that row.
// It returns nil if no parameter gains. It calls tick now and then.
func newRegressor(x, y tensor.Mat, walled []bool, rng *rand.Rand, tick func()) (*regressor, tensor.Mat) {
	n, d, m := min(x.Rows, regressorRows), x.Cols, y.Cols
	if m > regressorMost || n < 2*d {
		return nil, tensor.Mat{}
	}
	r := &regressor{D: d, M: m, A: make([]float64, d*m), B: make([]float64, d), L: make([]float64, d*d)}
	rest, ys := dense(rows(x, 0, n)), dense(rows(y, 0, n))
	center(rest, r.B)
	total := variances(rest)
	linear := leastSquares(rest, ys)
	tick()
	copy(r.A, linear.coefficients)
	linear.leave(rest, ys, r.B)

	few := min(n, regressorFew)
	first := rest.Slice(0, few, 0, d).(*mat.Dense)
	var cosines fit
	uneven := make([]float64, d)
	for _, width := range []float64{0.5, 1.5} { // of the kernel, in typical distances
		w, phase := randomFeatures(regressorFeatures, m, width, rng)
		f := features(ys.Slice(0, few, 0, m).(*mat.Dense), w, phase)
		if try := leastSquares(first, f); try.explains && (!cosines.explains || try.left < cosines.left) {
			cosines, r.Features, r.W, r.Phase = try, regressorFeatures, w, phase
		}
		tick()
		for j, share := range leastSquares(sizes(first), f).rest {
			uneven[j] = max(uneven[j], 1-share)
		}
		tick()
	}
	if cosines.explains {
		r.C = cosines.coefficients
		cosines.leave(first, features(ys.Slice(0, few, 0, m).(*mat.Dense), r.W, r.Phase), r.B)
		for i := few; i < n; i++ {
			f := features(ys.Slice(i, i+1, 0, m).(*mat.Dense), r.W, r.Phase).RawRowView(0)
			for j := range d {
				rest.Set(i, j, rest.At(i, j)-dot(r.C[j*r.Features:], f)+cosines.constant(j))
			}
		}
	}

	gain := false
	for j, left := range variances(rest) {
		least := regressorLeast
		switch {
		case x.Rows >= regressorPairs*d:
			least = regressorMany
		case walled[j]:
			least = regressorWalled
		}
		even := uneven[j] < regressorUneven || left < regressorRounding*total[j]
		if left < (1-least)*total[j] && even {
			gain = true
			continue
		}
		r.B[j] = 0
		clear(r.A[j*m : (j+1)*m])
		clear(r.C[j*r.Features : (j+1)*r.Features])
		for i := range n {
			rest.Set(i, j, float64(x.Row(i)[j]))
		}
	}
	if !gain {
		return nil, tensor.Mat{}
	}
	center(rest, r.B)
	var cov mat.SymDense
	cov.SymOuterK(1/float64(n), rest.T())
	shrink(&cov, n)
	r.factor(&cov)
	u := tensor.New(x.Rows, d)
	for i := range n {
		for j, v := range rest.RawRowView(i) {
			u.Row(i)[j] = float32(v)
		}
		r.whiten(u.Row(i))
	}
	at := make([]float64, d)
	for i := n; i < u.Rows; i++ { // that were not fitted
		copy(u.Row(i), x.Row(i))
		r.at(at, y.Row(i))
		r.apply(u.Row(i), at)
	}
	return r, u
}

func dense(a tensor.Mat) *mat.Dense {
	c := mat.NewDense(a.Rows, a.Cols, nil)
	for i := range a.Rows {
		for j, v := range a.Row(i) {
			c.Set(i, j, float64(v))
		}
	}
	return c
}

// center moves the columns' means to b.
func center(a *mat.Dense, b []float64) {
	n, d := a.Dims()
	for j := range d {
		mean := mat.Sum(a.ColView(j)) / float64(n)
		b[j] += mean
		for i := range n {
			a.Set(i, j, a.At(i, j)-mean)
		}
	}
}

// variances are those of columns whose means are 0.
func variances(a *mat.Dense) []float64 {
	n, d := a.Dims()
	v := make([]float64, d)
	for j := range d {
		norm := mat.Norm(a.ColView(j), 2)
		v[j] = norm * norm / float64(n)
	}
	return v
}

// sizes are the absolute values, less their means.
func sizes(a *mat.Dense) *mat.Dense {
	var s mat.Dense
	s.Apply(func(_, _ int, v float64) float64 { return math.Abs(v) }, a)
	_, d := s.Dims()
	center(&s, make([]float64, d))
	return &s
}

// randomFeatures are n frequencies of m values, with their phases, whose cosines make a
// Gaussian kernel of that width.
func randomFeatures(n, m int, width float64, rng *rand.Rand) (w, phase []float64) {
	w, phase = make([]float64, n*m), make([]float64, n)
	for i := range w {
		w[i] = rng.NormFloat64() / (width * math.Sqrt(float64(m)))
	}
	for i := range phase {
		phase[i] = 2 * math.Pi * rng.Float64()
	}
	return w, phase
}

// features are the cosines of every row.
func features(ys *mat.Dense, w, phase []float64) *mat.Dense {
	_, m := ys.Dims()
	var f mat.Dense
	f.Mul(ys, mat.NewDense(len(phase), m, w).T())
	f.Apply(func(_, k int, v float64) float64 { return math.Cos(v + phase[k]) }, &f)
	return &f
}

func dot(a, b []float64) (sum float64) {
	for k, v := range b {
		sum += a[k] * v
	}
	return sum
}

// A fit is a ridge regression of columns on others.
type fit struct {
	coefficients []float64 // columns × others; zeros where they explain too little
	explains     bool      // some column
	rest         []float64 // share of each column's variance that is left in rows that were not seen
	left         float64   // the sum of those variances

	means   []float64 // of the others
	vectors mat.Dense // their principal directions
	values  []float64 // and the variances along them
	penalty []float64 // of each column; 0 where coefficients are zeros
}

// leastSquares fits the columns of x, whose means are 0, by those of f and a constant, each with the
// penalty of the least generalised cross-validation (Golub, Heath and Wahba 1979).
func leastSquares(x, f *mat.Dense) fit {
	n, d := x.Dims()
	_, m := f.Dims()
	r := fit{coefficients: make([]float64, d*m), rest: make([]float64, d), means: make([]float64, m), penalty: make([]float64, d)}
	centred := mat.DenseCopyOf(f)
	center(centred, r.means)
	var g, c mat.Dense
	g.Mul(centred.T(), centred)
	g.Scale(1/float64(n), &g)
	var eig mat.EigenSym
	if !eig.Factorize(mat.NewSymDense(m, g.RawMatrix().Data), true) {
		for j := range r.rest {
			r.rest[j] = 1
		}
		return r
	}
	eig.VectorsTo(&r.vectors)
	r.values = eig.Values(nil)
	for i, v := range r.values {
		r.values[i] = max(v, 0)
	}
	c.Mul(centred.T(), x)
	c.Mul(r.vectors.T(), &c)
	c.Scale(1/float64(n), &c)
	for j, total := range variances(x) {
		column := mat.Col(nil, j, &c)
		var alpha float64
		alpha, r.rest[j] = ridge(r.values, column, total, n)
		if !(r.rest[j] < 1-regressorLeast) {
			r.left += total
			continue
		}
		r.explains, r.penalty[j] = true, alpha
		r.left += r.rest[j] * total
		for i := range column {
			column[i] /= r.values[i] + alpha
		}
		var a mat.VecDense
		a.MulVec(&r.vectors, mat.NewVecDense(m, column))
		copy(r.coefficients[j*m:], a.RawVector().Data)
	}
	return r
}

// ridge is the penalty α of a regression on principal components of these variances, with which
// a column of variance total has the covariances c over n rows, and the share of that variance that is
// left in rows that were not seen.
func ridge(values, c []float64, total float64, n int) (alpha, left float64) {
	left = 1
	for k := -16; k <= 4; k++ {
		a := values[len(values)-1] * math.Pow(10, float64(k)/2)
		rest, free := total, 1.0
		for i, v := range values {
			rest -= c[i] * c[i] * (v + 2*a) / ((v + a) * (v + a))
			free += v / (v + a)
		}
		if free /= float64(n); free < 1 {
			if score := max(rest, 0) / ((1 - free) * (1 - free)) / total; score < left {
				alpha, left = a, score
			}
		}
	}
	return alpha, left
}

// constant is what the fit of column j has besides its coefficients.
func (r *fit) constant(j int) float64 { return dot(r.coefficients[j*len(r.means):], r.means) }

// leave takes from the rows of x that were fitted what a fit to all other rows explains, and from
// b the constants.
func (r *fit) leave(x, f *mat.Dense, b []float64) {
	n, d := x.Dims()
	m := len(r.means)
	var explained mat.Dense
	explained.Mul(f, mat.NewDense(d, m, r.coefficients).T())
	for j := range d {
		constant := r.constant(j)
		b[j] -= constant
		for i := range n {
			x.Set(i, j, x.At(i, j)-explained.At(i, j)+constant)
		}
	}
	if n > 50*m { // no row has a say in its own fit
		return
	}
	var along mat.Dense
	along.Apply(func(_, k int, v float64) float64 { return v - r.means[k] }, f)
	along.Mul(&along, &r.vectors)
	for i := range n {
		for j, alpha := range r.penalty {
			if alpha == 0 {
				continue
			}
			own := 1.0 // how much of the fit at a row is due to the row, times n
			for k, v := range along.RawRowView(i) {
				own += v * v / (r.values[k] + alpha)
			}
			x.Set(i, j, x.At(i, j)/(1-min(own/float64(n), 0.9)))
		}
	}
}

// shrink moves the correlations of a covariance towards none by as much as those of n rows
// are uncertain (Schäfer and Strimmer 2005).
func shrink(cov *mat.SymDense, n int) {
	var noise, signal float64
	for j := range cov.SymmetricDim() {
		for i := range j {
			if scale := math.Sqrt(cov.At(i, i) * cov.At(j, j)); scale > 0 {
				r := cov.At(i, j) / scale
				signal += r * r
				noise += (1 - r*r) * (1 - r*r) / float64(n)
			}
		}
	}
	keep := 0.0
	if signal > noise {
		keep = 1 - noise/signal
	}
	for j := range cov.SymmetricDim() {
		for i := range j {
			cov.SetSym(i, j, keep*cov.At(i, j))
		}
	}
}

// factor makes L of the residuals' covariance, L Lᵀ.
func (r *regressor) factor(cov *mat.SymDense) {
	for j := range r.D {
		row := r.L[j*r.D:]
		for i := range j {
			row[i] = (cov.At(i, j) - dot(row, r.L[i*r.D:i*r.D+i])) / r.L[i*r.D+i]
		}
		least := max(regressorFlat*regressorFlat*cov.At(j, j), 1e-12)
		row[j] = math.Sqrt(max(cov.At(j, j)-dot(row, row[:j]), least))
	}
}

// at writes what measurements say of x to dst.
func (r *regressor) at(dst []float64, y []float32) {
	copy(dst, r.B)
	for j := range dst {
		for k, v := range y {
			dst[j] += r.A[j*r.M+k] * float64(v)
		}
	}
	for f := range r.Features {
		angle := r.Phase[f]
		for k, v := range y {
			angle += r.W[f*r.M+k] * float64(v)
		}
		cos := math.Cos(angle)
		for j := range dst {
			dst[j] += r.C[j*r.Features+f] * cos
		}
	}
}

// apply replaces x by u, where measurements say at.
func (r *regressor) apply(x []float32, at []float64) {
	for j := range x {
		x[j] = float32(float64(x[j]) - at[j])
	}
	r.whiten(x)
}

// whiten makes u of residuals.
func (r *regressor) whiten(x []float32) {
	for j := range x {
		u := float64(x[j])
		for k, v := range x[:j] {
			u -= r.L[j*r.D+k] * float64(v)
		}
		x[j] = float32(u / r.L[j*r.D+j])
	}
}

// undo replaces u by x.
func (r *regressor) undo(u []float32, at []float64) {
	for j := r.D - 1; j >= 0; j-- {
		x := at[j]
		for k, v := range u[:j+1] {
			x += r.L[j*r.D+k] * float64(v)
		}
		u[j] = float32(x)
	}
}

// logDet is ln|det ∂u/∂x|.
func (r *regressor) logDet() float64 {
	sum := 0.0
	for j := range r.D {
		sum -= math.Log(r.L[j*r.D+j])
	}
	return sum
}

// check is for a regression of d parameters and m measurements from a file.
func (r *regressor) check(d, m int) error {
	ok := r.D == d && r.M == m && len(r.A) == d*m && len(r.B) == d && len(r.L) == d*d &&
		r.Features >= 0 && r.Features <= regressorFeatures &&
		len(r.C) == d*r.Features && len(r.W) == m*r.Features && len(r.Phase) == r.Features
	for j := 0; ok && j < d; j++ {
		ok = r.L[j*d+j] > 0
	}
	if !ok {
		return fmt.Errorf("its regression is not one of %d parameters and %d measurements", d, m)
	}
	return nil
}
