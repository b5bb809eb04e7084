package inn

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/innkeeper-notebook/innkeeper/inn/file"
)

// Save writes the draws as a table to path, which must end in ".csv": a line of
// names and then one for each draw, with as many digits as it takes to read the
// same values back. pandas.read_csv and numpy.genfromtxt(path, delimiter=",",
// names=True) read it, and every spreadsheet. Units and the warning are not in it.
// A file under that name is replaced at once or, when anything fails, stays as it is.
func (s *Samples) Save(path string) error {
	if filepath.Ext(path) != ".csv" {
		return fmt.Errorf("inn: draws are saved as a table of comma-separated values: give %s a name that ends in .csv", path)
	}
	if len(s.Vars) == 0 || len(s.Data)%len(s.Vars) != 0 {
		return fmt.Errorf("inn: saving draws to %s: %d values do not fill rows of %d variables", path, len(s.Data), len(s.Vars))
	}
	err := file.Write(path, func(w io.Writer) error {
		table := csv.NewWriter(w)
		line := make([]string, len(s.Vars))
		for j, v := range s.Vars {
			line[j] = v.Name
		}
		table.Write(line)
		for i := range s.Len() {
			for j, v := range s.Row(i) {
				line[j] = strconv.FormatFloat(v, 'g', -1, 64)
			}
			table.Write(line)
		}
		table.Flush()
		return table.Error()
	})
	if err != nil {
		return fmt.Errorf("inn: saving draws to %s: %w", path, err)
	}
	return nil
}
