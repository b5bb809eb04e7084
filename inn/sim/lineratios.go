package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// LineRatios are somebody's measured line ratios: those of some of the lines of
// problem Cluster, corrected for reddening, relative to H beta = 1, with their
// standard errors. They show themselves as a table.
type LineRatios struct {
	Names        []string
	Ratio, Error []float64
}

// ReadLineRatios reads line ratios from a CSV file whose first row is
// line,ratio,error:
//
//	line,ratio,error
//	[O III] 5007,2.31,0.12
//	Halpha 6563,2.87,0.10
//
// Names are those of cluster.Lines; lines that were not measured are left out,
// or have no ratio. Rows that begin with # are comments. An unknown name, a line
// given twice, a ratio or error that is not positive, and ratios that look as if
// they were relative to H beta = 100 are errors that name the row.
func ReadLineRatios(path string) (*LineRatios, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("sim: cannot read line ratios: %w", err)
	}
	defer f.Close()
	r, err := parseLineRatios(f)
	if err != nil {
		return nil, fmt.Errorf("sim: %s: %w", path, err)
	}
	return r, nil
}

func parseLineRatios(r io.Reader) (*LineRatios, error) {
	in := csv.NewReader(io.LimitReader(r, 1<<20))
	in.Comment = '#'
	in.TrimLeadingSpace = true
	in.FieldsPerRecord = 3
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty; its first row is line,ratio,error")
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(header[i], "\ufeff")))
	}
	if err != nil || !slices.Equal(header, []string{"line", "ratio", "error"}) {
		return nil, fmt.Errorf("the first row is %q, want line,ratio,error", strings.Join(header, ","))
	}
	known := cluster.Lines()
	out := &LineRatios{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w; a row is line,ratio,error", err)
		}
		at, _ := in.FieldPos(0)
		name := strings.Join(strings.Fields(row[0]), " ")
		if !slices.ContainsFunc(known, func(l cluster.Line) bool { return l.Name == name }) {
			return nil, fmt.Errorf("row %d: there is no line %q; %s", at, name, nearestLines(name))
		}
		if slices.Contains(out.Names, name) {
			return nil, fmt.Errorf("row %d: %s is there twice", at, name)
		}
		if strings.TrimSpace(row[1]) == "" {
			continue
		}
		ratio, err := positive(row[1])
		if err != nil {
			return nil, fmt.Errorf("row %d: the ratio of %s is %w", at, name, err)
		}
		sd, err := positive(row[2])
		if err != nil {
			return nil, fmt.Errorf("row %d: the error of %s is %w", at, name, err)
		}
		out.Names, out.Ratio, out.Error = append(out.Names, name), append(out.Ratio, ratio), append(out.Error, sd)
	}
	if len(out.Names) == 0 {
		return nil, errors.New("there is no line with a ratio")
	}
	return out, out.check()
}

// positive reads a number with the decimal point of Go.
func positive(field string) (float64, error) {
	field = strings.TrimSpace(field)
	v, err := strconv.ParseFloat(field, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q, not a number such as 2.87", field)
	case math.IsNaN(v) || math.IsInf(v, 0) || v <= 0:
		return 0, fmt.Errorf("%s, want a positive number, not a logarithm (leave the row out for a line that was not detected)", field)
	}
	return v, nil
}

// check finds other units: hydrogen's lines have nearly the same ratios everywhere.
func (r *LineRatios) check() error {
	usual := map[string]float64{"Halpha 6563": 2.86, "Hgamma 4340": 0.47, "Hdelta 4102": 0.26}
	for i, name := range r.Names {
		want, ok := usual[name]
		switch {
		case !ok:
		case r.Ratio[i] > 30*want && r.Ratio[i] < 300*want:
			return fmt.Errorf("%s is %g times H beta, want about %g: these ratios are relative to H beta = 100, divide them by 100", name, r.Ratio[i], want)
		case r.Ratio[i] > 1.5*want || r.Ratio[i] < want/1.5:
			return fmt.Errorf("%s is %g times H beta, and %g without dust: correct the ratios for reddening, and check their units", name, r.Ratio[i], want)
		}
	}
	for i, name := range r.Names {
		if r.Ratio[i] > 50 {
			return fmt.Errorf("%s is %g times H beta, more than in any H II region: ratios are relative to H beta = 1", name, r.Ratio[i])
		}
	}
	return nil
}

// nearestLines names the lines of the same ion, or says where the names are.
func nearestLines(name string) string {
	// ion is the letters before the wavelength, however they are written: "oiii" of [O III]λ5007.
	ion := func(name string) string {
		if i := strings.IndexAny(name, "0123456789"); i >= 0 {
			name = name[:i]
		}
		return strings.NewReplacer("[", "", "]", "", " ", "", "-", "", "_", "", "λ", "").Replace(strings.ToLower(name))
	}
	var same []string
	for _, l := range cluster.Lines() {
		if ion(l.Name) == ion(name) {
			same = append(same, l.Name)
		}
	}
	if same == nil {
		return "cluster.Lines() has the names of all, for example Halpha 6563 and [O III] 5007"
	}
	return "of this ion there are " + strings.Join(same, ", ")
}

// Match makes of training pairs of problem Cluster what they would be had the
// same lines been measured with the same errors: y has the columns of these
// lines alone, in this order, with noise added to what the pairs have. A network
// trained on them has a posterior given these lines alone, that is, with the
// others marginalised out. It also returns the measurement in the form of y.
// An error below that of the pairs (0.04 dex) counts as that: our lines are not
// better known.
func (r *LineRatios) Match(pairs *inn.Pairs, seed uint64) (*inn.Pairs, []float64, error) {
	if err := pairs.Check(); err != nil {
		return nil, nil, err
	}
	columns, y, extra := make([]int, len(r.Names)), make([]float64, len(r.Names)), make([]float64, len(r.Names))
	var vars []inn.Var
	for i, name := range r.Names {
		j, err := pairs.Y.Index(name)
		if err != nil {
			return nil, nil, fmt.Errorf("sim: the pairs are not of problem cluster: %w", err)
		}
		columns[i] = j
		vars = append(vars, pairs.Y.Vars[j])
		y[i] = math.Log10(r.Ratio[i] + faintest)
		dex := r.Error[i] / (r.Ratio[i] + faintest) / math.Ln10
		extra[i] = math.Sqrt(max(0, dex*dex-clusterNoise*clusterNoise))
	}
	out := &inn.Pairs{X: pairs.X, Y: inn.NewSamples(vars, pairs.Len())}
	for n := range pairs.Len() {
		rng := inn.RNG(seed, uint64(n))
		for i, j := range columns {
			out.Y.Row(n)[i] = pairs.Y.Row(n)[j] + extra[i]*rng.NormFloat64()
		}
	}
	return out, y, nil
}

// String is the table as text.
func (r *LineRatios) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d lines relative to H beta\n", len(r.Names))
	for i, name := range r.Names {
		fmt.Fprintf(&b, "%-16s %8.4f ± %.4f\n", name, r.Ratio[i], r.Error[i])
	}
	return b.String()
}

// HTML is the same table for a notebook.
func (r *LineRatios) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<table><caption>%d lines relative to H beta</caption><thead><tr><th></th><th>ratio</th><th>error</th></tr></thead><tbody>", len(r.Names))
	for i, name := range r.Names {
		fmt.Fprintf(&b, "<tr><th>%s</th><td>%.4f</td><td>%.4f</td></tr>", html.EscapeString(name), r.Ratio[i], r.Error[i])
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
