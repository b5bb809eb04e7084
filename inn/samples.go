package inn

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Samples are n draws of named quantities: of the prior, of the measurements,
// or of a posterior. They show themselves as a table of summaries.
type Samples struct {
	Vars []Var
	Data []float64 // row-major, len(Vars) values a draw

	// Warning is a sentence about why the draws may mislead, or empty.
	Warning string
}

// NewSamples makes room for n draws of vars, all zero.
func NewSamples(vars []Var, n int) *Samples {
	return &Samples{Vars: vars, Data: make([]float64, n*len(vars))}
}

// Len is the number of draws.
func (s *Samples) Len() int {
	if len(s.Vars) == 0 {
		return 0
	}
	return len(s.Data) / len(s.Vars)
}

// Row is draw i, sharing its memory with s.
func (s *Samples) Row(i int) []float64 {
	d := len(s.Vars)
	return s.Data[i*d : (i+1)*d : (i+1)*d]
}

// Col is a copy of the values of the variable called name.
func (s *Samples) Col(name string) ([]float64, error) {
	j, err := s.Index(name)
	if err != nil {
		return nil, err
	}
	col := make([]float64, s.Len())
	for i := range col {
		col[i] = s.Data[i*len(s.Vars)+j]
	}
	return col, nil
}

// Index is the column of the variable called name.
func (s *Samples) Index(name string) (int, error) {
	for j, v := range s.Vars {
		if v.Name == name {
			return j, nil
		}
	}
	return 0, fmt.Errorf("inn: no variable %q; there are %s", name, names(s.Vars))
}

func (s *Samples) split(n int) (head, tail *Samples) {
	k := n * len(s.Vars)
	return &Samples{Vars: s.Vars, Data: s.Data[:k:k]}, &Samples{Vars: s.Vars, Data: s.Data[k:]}
}

// Check returns an error that names the first value that is not finite, or
// says that the data do not fill whole rows.
func (s *Samples) Check() error {
	d := len(s.Vars)
	if d == 0 || len(s.Data)%d != 0 {
		return fmt.Errorf("%d values do not fill rows of %d variables", len(s.Data), d)
	}
	for i, v := range s.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("row %d has %s = %v", i/d, s.Vars[i%d].Name, v)
		}
	}
	return nil
}

// summary is one line of the table that Samples show.
type summary struct {
	label              string
	mean, sd, lo, m, h float64
}

func (s *Samples) summaries() []summary {
	rows := make([]summary, len(s.Vars))
	for j, v := range s.Vars {
		col, _ := s.Col(v.Name)
		mean, sd := stat.MeanStdDev(col, nil)
		slices.Sort(col)
		q := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, col, nil) }
		rows[j] = summary{v.Label(), mean, sd, q(0.16), q(0.5), q(0.84)}
	}
	return rows
}

// digits writes v with four digits, or as many more as tell values apart that differ
// by a tenth of the standard deviation.
func (r summary) digits(v float64) string {
	n := 4
	if v != 0 && r.sd > 0 {
		n = min(max(n, int(math.Floor(math.Log10(math.Abs(v))))-int(math.Floor(math.Log10(r.sd)))+1), 17)
	}
	return strconv.FormatFloat(v, 'g', n, 64)
}

// String is the table as text: mean, standard deviation, median and the
// central 68 % interval of every variable.
func (s *Samples) String() string {
	if s.Len() < 2 {
		return fmt.Sprintf("%d draw of %s: %.4g", s.Len(), names(s.Vars), s.Data)
	}
	var b strings.Builder
	if s.Warning != "" {
		fmt.Fprintln(&b, s.Warning)
	}
	fmt.Fprintf(&b, "%d draws\n%-16s %10s %10s %10s %10s %10s\n", s.Len(), "", "mean", "sd", "16 %", "median", "84 %")
	for _, r := range s.summaries() {
		fmt.Fprintf(&b, "%-16s %10s %10.4g %10s %10s %10s\n", r.label, r.digits(r.mean), r.sd, r.digits(r.lo), r.digits(r.m), r.digits(r.h))
	}
	return b.String()
}

// HTML is the same table for a notebook.
func (s *Samples) HTML() string {
	if s.Len() < 2 {
		return "<pre>" + html.EscapeString(s.String()) + "</pre>"
	}
	var b strings.Builder
	if s.Warning != "" {
		fmt.Fprintf(&b, "<p><b>%s</b></p>", html.EscapeString(s.Warning))
	}
	fmt.Fprintf(&b, "<table><caption>%d draws</caption><thead><tr><th></th><th>mean</th><th>sd</th><th>16 %%</th><th>median</th><th>84 %%</th></tr></thead><tbody>", s.Len())
	for _, r := range s.summaries() {
		fmt.Fprintf(&b, "<tr><th>%s</th><td>%s</td><td>%.4g</td><td>%s</td><td>%s</td><td>%s</td></tr>",
			html.EscapeString(r.label), r.digits(r.mean), r.sd, r.digits(r.lo), r.digits(r.m), r.digits(r.h))
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
