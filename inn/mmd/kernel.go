package mmd

import (
	"fmt"
	"math"
)

// A Kernel is a similarity k(u, v) of two samples. Its zero value is no kernel;
// the functions below make one.
type Kernel struct {
	Family Family
	Widths []float64 `json:",omitempty"` // h; k is the sum over them
}

// A Family is a form of kernels.
type Family string

// The families that the paper uses.
const (
	FamilyInverseMultiquadratic Family = "inverse multiquadratic"
	FamilyExponential           Family = "exponential"
	FamilyPower                 Family = "power"
)

// InverseMultiquadratic is k = Σ_h 1/(1 + |u-v|²/h²), one term for each width h
// (section 3.4). Its tails are heavy, so that outliers still feel a gradient.
func InverseMultiquadratic(widths ...float64) Kernel {
	return Kernel{FamilyInverseMultiquadratic, widths}
}

// Exponential is k = Σ_h exp(-|u-v|/h), with a peak that is sharp at any width
// (appendix 8.4, for z).
func Exponential(widths ...float64) Kernel { return Kernel{FamilyExponential, widths} }

// Power is k = -(Σ_j |u_j-v_j|^½)^½, that is -‖u-v‖ to the power ¼ in the
// quasi-norm of exponent ½ (appendix 8.4, for x). It has no width, and shows
// details of distributions of any size.
func Power() Kernel { return Kernel{Family: FamilyPower} }

// String is the kernel as it is called: "inverse multiquadratic [0.5 1 2]".
func (k Kernel) String() string {
	if k.Family == FamilyPower {
		return string(k.Family)
	}
	return fmt.Sprint(k.Family, " ", k.Widths)
}

// Check says what is wrong with a kernel.
func (k Kernel) Check() error {
	switch k.Family {
	case FamilyPower:
		if len(k.Widths) > 0 {
			return fmt.Errorf("a power kernel has no width, not %v", k.Widths)
		}
		return nil
	case FamilyInverseMultiquadratic, FamilyExponential:
		if len(k.Widths) == 0 {
			return fmt.Errorf("a kernel of the family %q has no width, want at least one", k.Family)
		}
		for _, h := range k.Widths {
			if !(h > 0) || math.IsInf(h, 0) {
				return fmt.Errorf("a kernel width is %v, want a positive number", h)
			}
		}
		return nil
	}
	return fmt.Errorf("the kernel's family is %q, want %q, %q or %q", k.Family, FamilyInverseMultiquadratic, FamilyExponential, FamilyPower)
}
