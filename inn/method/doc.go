// Package method holds the ways to a posterior that stand beside the INN:
// those that Ardizzone et al. 2018 compare it with (appendix, sections 2, 7 and
// 8), and the conditional INN that is used most today. All satisfy
// inn.Posterior, so that measures and figures treat them alike.
//
//	ABC        rejection sampling: keep the simulations that come near y
//	CINN       an invertible network of x with y as its condition, trained by
//	           maximum likelihood; rational-quadratic spline couplings or affine ones
//	INN        the INN of package inn where measurements have noise, which is
//	           made a parameter (TrainINN)
//	Point      the one best x, from a network trained by least squares
//	Dropout    the same with dropout at sampling, and a learned error
//	CVAE       conditional variational autoencoder, also with inverse
//	           autoregressive flow (cVAE-IAF)
//	CGAN       conditional generative adversarial network, small and large
//	Alternatives  a network for each kind of x, and one for how
//	           probable each kind is
//	Ensemble   the mixture of several networks, more cautious than one
//	Generator  a generator trained with the maximum mean discrepancy
//
// A network is trained by its Train function, on the same pairs as inn.Train:
//
//	m, err := method.TrainCINN(pairs, nil)
//	draws, err := m.Sample(y, 4096, 1)
//
// Named tells two of one method apart in tables and figures.
//
// Nil settings are the recipe of the paper's appendix, as far as it gives one.
// Parameters and measurements are normalised to mean 0 and variance 1 inside.
package method
