// Package plot draws the figures of an inverse problem: posteriors against
// prior and truth, the training's losses, spectra, and how much of each
// parameter is recovered. Every function works on any problem of that shape.
//
// A figure of one panel is gonum's *plot.Plot, to be changed further if
// wanted; a figure of several is a Figure. Both show themselves in a notebook,
// and both can be saved as SVG, PDF or PNG.
//
// Labels carry names and units as the problem gives them; a name such as
// v_hb is set with a subscript. The colours are of Okabe and Ito (2008), which
// the colour-blind can tell apart, in an order in which neighbours also differ
// in lightness; lines differ in dashes too, so that figures survive grey print.
package plot
