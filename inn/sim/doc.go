// Package sim holds simulators as inverse problems: functions that return an
// inn.Problem with named parameters and measurements, a prior and the forward
// process. Problems lists them for the command line.
package sim
