package plot

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes in points; a browser shows a point as 4/3 pixels.
const (
	labelSize = vg.Length(9.5) // axis labels, legends
	tickSize  = vg.Length(8.5)
	pageWidth = vg.Length(672) // of a full row of panels: a notebook's output is about 900 pixels wide
)

var (
	ink  = color.Color(color.Black)
	grey = color.Color(color.Gray{0xd0}) // areas behind the data
)

// palette is by Okabe and Ito (2008): blue, vermillion, sky blue, green,
// orange, purple. CIE lightness 46, 54, 70, 58, 71, 62. Black is kept for the
// truth and for totals.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff},
	color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	color.RGBA{0x56, 0xb4, 0xe9, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff},
}

// dashes go with the palette, so that two lines differ without their colour.
// One more than the colours: 42 curves differ in one or the other.
var dashes = [][]vg.Length{
	nil,
	{6, 2.5},
	{1.5, 2},
	{7, 2, 1.5, 2},
	{3, 2},
	{9, 2.5, 4, 2.5},
	{5, 2, 1.5, 2, 1.5, 2},
}

// lineStyle is the style of curve i.
func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{Color: palette[i%len(palette)], Width: 1.5, Dashes: dashes[i%len(dashes)]}
}

// The lines of every figure that has them.
var (
	truthLine  = draw.LineStyle{Color: ink, Width: 1.2, Dashes: []vg.Length{5, 2.5}}
	spreadLine = draw.LineStyle{Color: color.Gray{0x90}, Width: 0.7}
	pointLine  = draw.LineStyle{Color: palette[1], Width: 1.2, Dashes: []vg.Length{7, 2, 1.5, 2}}
)

// textStyle is text of a size in our font.
func textStyle(size vg.Length) text.Style {
	return text.Style{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: subscripts{text.Plain{Fonts: font.DefaultCache}},
	}
}

// newPlot is an empty panel in our style.
func newPlot() *gonum.Plot {
	p := gonum.New()
	p.TextHandler = textStyle(labelSize).Handler
	p.Title.TextStyle = restyle(p.Title.TextStyle, labelSize)
	p.Title.Padding = 3
	p.Legend.TextStyle = restyle(p.Legend.TextStyle, labelSize)
	for _, a := range []*gonum.Axis{&p.X, &p.Y} {
		a.Label.TextStyle = restyle(a.Label.TextStyle, labelSize)
		a.Label.Padding = 2
		a.Tick.Label = restyle(a.Tick.Label, tickSize)
		a.Tick.Length = 4
		a.Tick.Marker = ticks{}
		a.Padding = 0
	}
	return p
}

// restyle keeps the alignment of s.
func restyle(s text.Style, size vg.Length) text.Style {
	t := textStyle(size)
	t.XAlign, t.YAlign, t.Rotation = s.XAlign, s.YAlign, s.Rotation
	return t
}

// ticks marks multiples of 1, 2 or 5 times a power of ten, two to five of
// them, and labels as many of these as the room holds beside each other. Where that is
// one, the last says how far it is from the first, such as "+4000", if there is room.
type ticks struct {
	room vg.Length // 0: enough
}

func (t ticks) Ticks(lo, hi float64) []gonum.Tick {
	step := math.Pow10(int(math.Floor(math.Log10((hi - lo) / 2))))
	for _, m := range []float64{5, 2} {
		if (hi-lo)/(step*m) >= 2 {
			step *= m
			break
		}
	}
	// Digits that tell neighbours apart.
	digits := max(10, int(math.Floor(math.Log10(max(math.Abs(lo), math.Abs(hi))/step)))+2)
	var marks []gonum.Tick
	var widest vg.Length
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+1e-9*step; k++ {
		label := number(k*step, digits)
		marks = append(marks, gonum.Tick{Value: k * step, Label: label})
		widest = max(widest, labelWidth(label))
	}
	if t.room > 0 {
		fit := max(1, int(t.room/(widest+tickSize)))
		every := (len(marks) + fit - 1) / fit
		for i := range marks {
			if i%every != 0 {
				marks[i].Label = ""
			}
		}
		if every > 1 && every >= len(marks) {
			first, last := marks[0], &marks[len(marks)-1]
			far := last.Value - first.Value
			label := "+" + number(math.Round(far/step)*step, 10)
			if float64(labelWidth(first.Label)+labelWidth(label))/2+float64(tickSize)/2 <= float64(t.room)*far/(hi-lo) {
				last.Label = label
			}
		}
	}
	return marks
}

func labelWidth(label string) vg.Length { return textStyle(tickSize).Width(label) }

// number is v as a tick label of so many digits, ten where nothing wants more: without the noise of float64, and with an
// exponent where that is shorter than many digits.
func number(v float64, digits int) string {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if r == 0 {
		return "0" // also for -0
	}
	plain := strconv.FormatFloat(r, 'f', -1, 64)
	significand, exponent, _ := strings.Cut(strconv.FormatFloat(r, 'e', -1, 64), "e")
	e, _ := strconv.Atoi(exponent)
	if short := fmt.Sprintf("%se%d", significand, e); len(plain) > 6 && len(short) < len(plain) {
		return short
	}
	return plain
}

// logTicks labels powers of ten, at most about eight of them; within less than
// two decades also twice and five times these.
type logTicks struct{}

func (logTicks) Ticks(lo, hi float64) []gonum.Tick {
	first, last := math.Floor(math.Log10(lo)), math.Ceil(math.Log10(hi))
	every := math.Ceil((last - first) / 8)
	fine := math.Log10(hi/lo) < 2
	var t []gonum.Tick
	for e := first; e <= last; e++ {
		for m := 1.0; m < 10; m++ {
			tick := gonum.Tick{Value: m * math.Pow(10, e)}
			if m == 1 && math.Mod(e-first, every) == 0 || fine && (m == 2 || m == 5) {
				tick.Label = number(tick.Value, 10)
			}
			if tick.Value >= lo && tick.Value <= hi {
				t = append(t, tick)
			}
		}
	}
	return t
}

// bare are the same ticks without labels.
type bare struct{ gonum.Ticker }

func (b bare) Ticks(lo, hi float64) []gonum.Tick {
	t := b.Ticker.Ticks(lo, hi)
	for i := range t {
		t[i].Label = ""
	}
	return t
}
