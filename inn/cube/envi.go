package cube

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
)

// enviTypes are the values of "data type" (ENVI header files, NV5 Geospatial).
var enviTypes = map[string]number{
	"1": {kind: 'u', size: 1}, "2": {kind: 'i', size: 2}, "3": {kind: 'i', size: 4},
	"4": {kind: 'f', size: 4}, "5": {kind: 'f', size: 8}, "12": {kind: 'u', size: 2}, "13": {kind: 'u', size: 4},
	"14": {kind: 'i', size: 8}, "15": {kind: 'u', size: 8},
}

func readENVI(path string) (*Cube, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	field, err := enviFields(string(b))
	if err != nil {
		return nil, err
	}
	var n [4]int
	for i, name := range []string{"lines", "samples", "bands", "header offset"} {
		text := field[name]
		if text == "" && i == 3 {
			text = "0"
		}
		if n[i], err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("says %s = %q, want a number", name, text)
		}
	}
	rows, cols, bands, offset := n[0], n[1], n[2], n[3]
	num, ok := enviTypes[field["data type"]]
	if !ok {
		return nil, fmt.Errorf("says data type = %q; want 1, 2, 3, 4, 5, 12, 13, 14 or 15", field["data type"])
	}
	num.big = field["byte order"] == "1"
	data, err := enviData(strings.TrimSuffix(path, path[len(path)-4:]))
	if err != nil {
		return nil, err
	}
	if offset < 0 || offset > len(data) {
		return nil, fmt.Errorf("says header offset = %d of %d bytes", offset, len(data))
	}
	data = data[offset:]
	if err := shape(rows, cols, bands, num.size, int64(len(data))); err != nil {
		return nil, err
	}
	value, err := num.reader(data)
	if err != nil {
		return nil, err
	}
	var c *Cube
	switch strings.ToLower(field["interleave"]) {
	case "bsq": // band after band
		c = order(rows, cols, bands, cols, 1, rows*cols, value)
	case "bil": // a line of every band, then the next line
		c = order(rows, cols, bands, cols*bands, 1, cols, value)
	case "bip": // pixel after pixel
		c = order(rows, cols, bands, cols*bands, bands, 1, value)
	default:
		return nil, fmt.Errorf("says interleave = %q; want bsq, bil or bip", field["interleave"])
	}
	if err := c.enviValues(field); err != nil {
		return nil, err
	}
	return c, c.enviWavelengths(field)
}

// enviValues makes of stored numbers v what the header says they are,
//
//	(gain v + offset) / scale factor,
//
// with a gain and an offset for each band, and NaN of the value that is to be ignored.
func (c *Cube) enviValues(field map[string]string) error {
	gains, err := c.enviBands(field, "data gain values", 1)
	if err != nil {
		return err
	}
	offsets, err := c.enviBands(field, "data offset values", 0)
	if err != nil {
		return err
	}
	factor, ignored := 1.0, math.NaN()
	for name, v := range map[string]*float64{"reflectance scale factor": &factor, "data ignore value": &ignored} {
		if text, ok := field[name]; ok {
			if *v, err = strconv.ParseFloat(text, 64); err != nil {
				return fmt.Errorf("says %s = %q, want a number", name, text)
			}
		}
	}
	if !(factor > 0) || math.IsInf(factor, 1) {
		return fmt.Errorf("says reflectance scale factor = %g, want more than 0", factor)
	}
	for i, v := range c.Data {
		b := i % c.Bands
		c.Data[i] = float32((gains[b]*float64(v) + offsets[b]) / factor)
		if v == float32(ignored) {
			c.Data[i] = float32(math.NaN())
		}
	}
	return nil
}

// enviBands are the numbers of a field in braces, one for each band.
func (c *Cube) enviBands(field map[string]string, name string, otherwise float64) ([]float64, error) {
	text, ok := field[name]
	if !ok {
		return slices.Repeat([]float64{otherwise}, c.Bands), nil
	}
	var values []float64
	for _, w := range strings.Split(strings.Trim(text, "{} \n"), ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
		if err != nil {
			return nil, fmt.Errorf("says %s = %q, want a number", name, strings.TrimSpace(w))
		}
		values = append(values, v)
	}
	if len(values) != c.Bands {
		return nil, fmt.Errorf("has %d %s for %d bands", len(values), name, c.Bands)
	}
	return values, nil
}

// enviFields reads "name = value" lines; a value in braces may go over several.
func enviFields(text string) (map[string]string, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	first, rest, _ := strings.Cut(text, "\n")
	if strings.TrimSpace(first) != "ENVI" {
		return nil, errors.New("does not begin with ENVI")
	}
	field := map[string]string{}
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		if strings.HasPrefix(value, "{") && !strings.Contains(value, "}") {
			more, after, closed := strings.Cut(rest, "}")
			if !closed {
				return nil, fmt.Errorf("has no } after %s", strings.TrimSpace(name))
			}
			value += more + "}"
			_, rest, _ = strings.Cut(after, "\n")
		}
		field[strings.ToLower(strings.TrimSpace(name))] = value
	}
	return field, nil
}

// enviData reads the data beside a header x.hdr: x, or x with a usual ending.
func enviData(stem string) ([]byte, error) {
	for _, ending := range []string{"", ".raw", ".img", ".dat", ".bsq", ".bil", ".bip"} {
		b, err := readFile(stem + ending)
		if !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return nil, errors.New("is a header without its data: no file of that name ends in .raw, .img, .dat, .bsq, .bil, .bip or nothing")
}

func (c *Cube) enviWavelengths(field map[string]string) error {
	if _, ok := field["wavelength"]; !ok {
		return nil
	}
	scale := 1.0
	switch unit := strings.ToLower(field["wavelength units"]); {
	case strings.HasPrefix(unit, "micro"), unit == "um", unit == "µm":
		scale = 1000
	}
	wavelengths, err := c.enviBands(field, "wavelength", 0)
	for b := range wavelengths {
		wavelengths[b] *= scale
	}
	c.Wavelengths = wavelengths
	return err
}
