// Package metric measures posteriors: how much a measurement tells of each
// parameter, and whether the stated uncertainty is true.
//
// Most measures ask an inn.Posterior for draws at the measurements of a test
// set and compare them with the parameters that made those measurements; they
// never ask who made the draws. The test pairs must come from the prior and
// the simulator that the posterior was made for, and must not have trained it.
//
//	Recovered       how much of each parameter is recovered
//	MAPError        how far the likeliest x is from the truth (Table 1)
//	Resimulated     how far s(x) is from y over the posterior (Table 2)
//	ResimulatedMAP  the same at the likeliest x (Table 1)
//	Calibration     whether intervals hold the truth as often as they claim
//	SBC             whether the truth's ranks are uniform, parameter by parameter
//	Coverage, TARP  whether regions of all parameters together hold the truth
//	Predictive      whether simulations at the draws look like those at the truth
//	Compare         re-simulation and calibration of several methods side by side
//
// SBC, Coverage, TARP and Predictive say with a probability P whether the posterior
// is wrong; Calibration gives what chance alone makes of an exact one. A posterior
// can pass one and fail another: SBC and Calibration do not see wrong
// correlations, Resimulated and Predictive do not see what makes no difference to
// y, MAPError does not see a wrong width.
//
// C2ST and MMD compare two sets of draws, for example those of a posterior and of
// a reference for the same measurement.
//
// The result is a table that shows itself (HTML, String) and holds the numbers
// behind it for figures.
package metric
