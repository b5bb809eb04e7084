// Package inn solves inverse problems with invertible neural networks
// (Ardizzone et al. 2018, "Analyzing Inverse Problems with Invertible Neural
// Networks").
//
// Hidden parameters x with a prior p(x) give measurements y = s(x). The
// network learns the forward process together with latent variables z that
// carry what y does not say of x,
//
//	[y, z] = f(x),   z ~ N(0, 1),
//
// and, being invertible, gives the posterior by running backwards: for a
// measurement y*, draw z and compute x = f⁻¹(y*, z) (equations 1 and 2).
//
// The way through the package is Problem, Pairs, Train, Model: describe the
// problem, draw pairs from it, train on them, sample the posterior.
package inn
