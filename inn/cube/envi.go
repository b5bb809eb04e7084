package cube

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// enviTypes are the values of "data type" (ENVI header files, NV5 Geospatial).
var enviTypes = map[string]number{
	"1": {kind: 'u', size: 1}, "2": {kind: 'i', size: 2}, "3": {kind: 'i', size: 4},
	"4": {kind: 'f', size: 4}, "5": {kind: 'f', size: 8}, "12": {kind: 'u', size: 2}, "13": {kind: 'u', size: 4},
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
		return nil, fmt.Errorf("says data type = %q; want 1, 2, 3, 4, 5, 12 or 13", field["data type"])
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
	return c, c.enviWavelengths(field)
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
	text, ok := field["wavelength"]
	if !ok {
		return nil
	}
	scale := 1.0
	switch unit := strings.ToLower(field["wavelength units"]); {
	case strings.HasPrefix(unit, "micro"), unit == "um", unit == "µm":
		scale = 1000
	}
	for _, w := range strings.Split(strings.Trim(text, "{} \n"), ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
		if err != nil {
			return fmt.Errorf("has the wavelength %q", strings.TrimSpace(w))
		}
		c.Wavelengths = append(c.Wavelengths, v*scale)
	}
	if len(c.Wavelengths) != c.Bands {
		return fmt.Errorf("has %d wavelengths for %d bands", len(c.Wavelengths), c.Bands)
	}
	return nil
}
