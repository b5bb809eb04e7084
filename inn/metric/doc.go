// Package metric measures posteriors: how much a measurement tells of each
// parameter, and whether the stated uncertainty is true.
//
// Every measure asks an inn.Posterior for draws at the measurements of a test
// set and compares them with the parameters that made those measurements; it
// never asks who made the draws. The test pairs must come from the prior and
// the simulator that the posterior was made for, and must not have trained it.
//
// The result is a table that shows itself (HTML, String) and holds the numbers
// behind it for figures.
package metric
