package cube

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The header of a NumPy array is a Python dictionary with three known keys
// (numpy.lib.format); nothing of it is run.
var (
	npyDescr   = regexp.MustCompile(`'descr':\s*'([<>|=])([uif])(\d+)'`)
	npyFortran = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape':\s*\(([^)]*)\)`)
)

func readNPY(path string, layout Layout) (*Cube, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	header, data, err := npyParts(b)
	if err != nil {
		return nil, err
	}
	descr, fortran, shapes := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shapes == nil {
		return nil, fmt.Errorf("is an array of something else than numbers: %s", strings.TrimSpace(header))
	}
	var n [3]int
	axes := strings.Split(strings.TrimSuffix(strings.ReplaceAll(shapes[1], " ", ""), ","), ",")
	if len(axes) != 3 {
		return nil, fmt.Errorf("is an array of shape (%s); want rows, columns and bands", shapes[1])
	}
	for i, a := range axes {
		if n[i], err = strconv.Atoi(a); err != nil {
			return nil, fmt.Errorf("is an array of shape (%s)", shapes[1])
		}
	}
	size, _ := strconv.Atoi(descr[3])
	num := number{kind: descr[2][0], size: size, big: descr[1] == ">"}
	value, err := num.reader(data)
	if err != nil {
		return nil, err
	}
	if err := shape(n[0], n[1], n[2], size, int64(len(data))); err != nil {
		return nil, err
	}
	stride := [3]int{n[1] * n[2], n[2], 1}
	if fortran[1] == "True" {
		stride = [3]int{1, n[0], n[0] * n[1]}
	}
	if layout == BandsFirst {
		return order(n[1], n[2], n[0], stride[1], stride[2], stride[0], value), nil
	}
	return order(n[0], n[1], n[2], stride[0], stride[1], stride[2], value), nil
}

// npyParts cuts a file into its header's text and its data.
func npyParts(b []byte) (header string, data []byte, err error) {
	if len(b) < 12 || string(b[:6]) != "\x93NUMPY" {
		return "", nil, errors.New("is not a NumPy array")
	}
	from, length := 10, int(binary.LittleEndian.Uint16(b[8:]))
	if b[6] >= 2 {
		from, length = 12, int(binary.LittleEndian.Uint32(b[8:]))
	}
	if length > len(b)-from {
		return "", nil, errors.New("has a header that does not end")
	}
	return string(b[from : from+length]), b[from+length:], nil
}
