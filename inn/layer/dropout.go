package layer

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A PerceptronPass runs rows through a perceptron that stands for itself, not
// inside a coupling, and takes gradients back. It serves one goroutine at a
// time.
type PerceptronPass struct{ pass *perceptronPass }

// NewPass makes room for passes of at most rows rows.
func (m Perceptron) NewPass(rows int) *PerceptronPass {
	return &PerceptronPass{m.newPass(rows, nil, nil)}
}

// DropOut makes every later Forward set each output of a hidden layer to 0 with
// probability p, drawn from rng, and multiply the others by 1/(1-p) (Srivastava
// et al. 2014). With p = 0 nothing is dropped any more.
func (p *PerceptronPass) DropOut(probability float64, rng *rand.Rand) {
	if !(probability >= 0 && probability < 1) {
		panic(fmt.Sprintf("layer: dropout with probability %v", probability))
	}
	q := p.pass
	q.drop, q.rng = float32(probability), rng
	if probability > 0 && q.masks == nil {
		for _, h := range q.out[:len(q.out)-1] {
			q.masks = append(q.masks, tensor.New(h.Rows, h.Cols))
		}
	}
}

// In is where the caller writes the input of the next Forward.
func (p *PerceptronPass) In(rows int) tensor.Mat { return head(p.pass.in, rows) }

// Forward computes the outputs of the rows in In. The caller may replace them
// by their gradient and call Backward.
func (p *PerceptronPass) Forward(w []float32, rows int) tensor.Mat { return p.pass.forward(w, rows) }

// Backward takes the gradient that stands in the outputs back: it adds that of
// the parameters to g, and returns that of the input, which it writes to In.
func (p *PerceptronPass) Backward(w, g []float32, rows int) tensor.Mat {
	return p.pass.backward(w, g, rows)
}

// dropOut draws the mask of hidden layer i and applies it to its outputs h. From one
// that is dropped to the next it is a geometric number of steps.
func (p *perceptronPass) dropOut(i int, h tensor.Mat) {
	mask := head(p.masks[i], h.Rows)
	keep := 1 / (1 - p.drop)
	for k := range mask.Data {
		mask.Data[k] = keep
	}
	perLog := 1 / math.Log1p(-float64(p.drop))
	step := func() int { return int(min(math.Log(1-p.rng.Float64())*perLog, float64(len(mask.Data)))) }
	for k := step(); k < len(mask.Data); k += 1 + step() {
		mask.Data[k] = 0
	}
	multiply(h, mask)
}

func multiply(x, factors tensor.Mat) {
	for i := range x.Rows {
		row := x.Row(i)
		for j, f := range factors.Row(i) {
			row[j] *= f
		}
	}
}

func scale(x tensor.Mat, f float32) {
	for i := range x.Rows {
		row := x.Row(i)
		for j := range row {
			row[j] *= f
		}
	}
}
