package layer

import "github.com/innkeeper-notebook/innkeeper/inn/tensor"

// Mask sets forbidden weights to zero.
func (f IAF) Mask(w []float32) { f.mask(w) }

// Clone is a copy of x.
func Clone(x tensor.Mat) tensor.Mat { return clone(x) }
