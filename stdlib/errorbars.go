package stdlib

import (
	"reflect"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
)

// What package plotter makes error bars of is an interface without a name,
// which the interpreter cannot make of a cell's value. Here it has one.
type (
	// XErrors are points with errors of x.
	XErrors interface {
		plotter.XYer
		plotter.XErrorer
	}
	// YErrors are points with errors of y.
	YErrors interface {
		plotter.XYer
		plotter.YErrorer
	}
)

func newXErrorBars(xerrs XErrors) (*plotter.XErrorBars, error) { return plotter.NewXErrorBars(xerrs) }
func newYErrorBars(yerrs YErrors) (*plotter.YErrorBars, error) { return plotter.NewYErrorBars(yerrs) }

func addXErrorBars(plt *plot.Plot, es ...XErrors) error {
	var all []interface {
		plotter.XYer
		plotter.XErrorer
	}
	for _, e := range es {
		all = append(all, e)
	}
	return plotutil.AddXErrorBars(plt, all...)
}

func addYErrorBars(plt *plot.Plot, es ...YErrors) error {
	var all []interface {
		plotter.XYer
		plotter.YErrorer
	}
	for _, e := range es {
		all = append(all, e)
	}
	return plotutil.AddYErrorBars(plt, all...)
}

type points struct {
	IValue any
	WLen   func() int
	WXY    func(int) (float64, float64)
}

func (p points) Len() int                    { return p.WLen() }
func (p points) XY(i int) (float64, float64) { return p.WXY(i) }

type (
	xErrors struct {
		points
		WXError func(int) (float64, float64)
	}
	yErrors struct {
		points
		WYError func(int) (float64, float64)
	}
)

func (e xErrors) XError(i int) (float64, float64) { return e.WXError(i) }
func (e yErrors) YError(i int) (float64, float64) { return e.WYError(i) }

func init() {
	Symbols[module+"stdlib/stdlib"] = map[string]reflect.Value{
		"XErrors":  reflect.ValueOf((*XErrors)(nil)),
		"YErrors":  reflect.ValueOf((*YErrors)(nil)),
		"_XErrors": reflect.ValueOf((*xErrors)(nil)),
		"_YErrors": reflect.ValueOf((*yErrors)(nil)),
	}
}
