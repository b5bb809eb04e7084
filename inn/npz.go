package inn

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn/file"
)

// Pairs on disk are a NumPy archive (NPZ): a zip file with the members
//
//	x.npy      float32, n × D; float64 where a column needs it
//	y.npy      float32, n × M; the same
//	meta.json  what they are: names and units, and notes on where they come from
//
// and beside it, in the file of the same name and ".sha256", the archive's
// SHA-256 as the command sha256sum writes it.
//
// An archive without meta.json, as numpy.savez(path, x=x, y=y) writes, has names made of the numbers of its columns.

// pairsFormat is the value of "format" in meta.json.
const pairsFormat = "innkeeper pairs 1"

// epoch is the time of every member, so that the bytes depend on the content
// alone; a zip file knows none before it.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// meta is the content of meta.json.
type meta struct {
	Format string            `json:"format"`
	X      []metaVar         `json:"x"`
	Y      []metaVar         `json:"y"`
	Note   map[string]string `json:"note"`
}

type metaVar struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
}

func toMeta(vars []Var) []metaVar {
	m := make([]metaVar, len(vars))
	for i, v := range vars {
		m[i] = metaVar(v)
	}
	return m
}

func fromMeta(m []metaVar) []Var {
	vars := make([]Var, len(m))
	for i, v := range m {
		vars[i] = Var(v)
	}
	return vars
}

// Save writes the pairs and their checksum to path and path + ".sha256". The
// values are rounded to float32, but all x or all y stay float64 where a column would lose more
// than a thousandth of its standard deviation, or a value all of it. note may say where the pairs come from
// (problem, seed, settings, command); LoadNote gives it back. The same pairs
// and note make the same bytes. A file under that name is replaced at once or,
// when anything fails, stays as it is.
func (p *Pairs) Save(path string, note map[string]string) error {
	if err := p.Check(); err != nil {
		return err
	}
	if p.Len() == 0 {
		return fmt.Errorf("inn: there are no pairs to save to %s", path)
	}
	m, err := json.MarshalIndent(meta{pairsFormat, toMeta(p.X.Vars), toMeta(p.Y.Vars), note}, "", "\t")
	if err != nil {
		return fmt.Errorf("inn: saving pairs to %s: %w", path, err)
	}
	sum := sha256.New()
	err = file.Write(path, func(w io.Writer) error {
		z := zip.NewWriter(io.MultiWriter(w, sum))
		for _, member := range []struct {
			name  string
			write func(io.Writer) error
		}{
			{"x.npy", func(w io.Writer) error { return npy.Write(w, matrix(p.X)) }},
			{"y.npy", func(w io.Writer) error { return npy.Write(w, matrix(p.Y)) }},
			{"meta.json", func(w io.Writer) error { _, err := w.Write(append(m, '\n')); return err }},
		} {
			w, err := z.CreateHeader(&zip.FileHeader{Name: member.name, Method: zip.Deflate, Modified: epoch})
			if err != nil {
				return err
			}
			if err := member.write(w); err != nil {
				return err
			}
		}
		if err := z.Close(); err != nil {
			return err
		}
		// A checksum of the old file must not stay beside the new one.
		if err := os.Remove(path + ".sha256"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err == nil {
		err = file.Write(path+".sha256", func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%x  %s\n", sum.Sum(nil), filepath.Base(path))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("inn: saving pairs to %s: %w", path, err)
	}
	return nil
}

// matrix is the [][d]float32 of the samples, or float64, the form in which npyio writes
// a matrix.
func matrix(s *Samples) any {
	number := reflect.TypeFor[float32]()
	if !fits32(s) {
		number = reflect.TypeFor[float64]()
	}
	n, d := s.Len(), len(s.Vars)
	rows := reflect.MakeSlice(reflect.SliceOf(reflect.ArrayOf(d, number)), n, n)
	for i := range n {
		for j, v := range s.Row(i) {
			rows.Index(i).Index(j).SetFloat(v)
		}
	}
	return rows.Interface()
}

// fits32 reports whether float32 holds the samples: no value becomes zero or infinite,
// and none of a column changes by more than a thousandth of its standard deviation.
func fits32(s *Samples) bool {
	col := make([]float64, s.Len())
	for j := range s.Vars {
		most := 0.0
		for i := range col {
			v := s.Row(i)[j]
			rounded := float64(float32(v))
			if math.IsInf(rounded, 0) || rounded == 0 && v != 0 {
				return false
			}
			col[i], most = v, max(most, math.Abs(rounded-v))
		}
		if sd := stat.StdDev(col, nil); sd > 0 && most > sd/1000 {
			return false
		}
	}
	return true
}

// LoadPairs reads pairs that Save wrote. It checks the file against the
// checksum beside it, if there is one, against the archive's own, and what it
// says of its shapes, names and values; an error says which of these is wrong
// and, where that is known, how to make the file again.
//
// It also reads what NumPy writes by np.savez(path, x=x, y=y), with x of shape (n, D) and y of shape (n, M) or
// (n,), in float32 or float64: the parameters are then called x1, x2, ... and the measurements y1, y2, ...
func LoadPairs(path string) (*Pairs, error) {
	pairs, _, err := load(path)
	return pairs, err
}

// LoadNote reads the note with which the pairs in a file were saved, with the
// same checks as LoadPairs.
func LoadNote(path string) (map[string]string, error) {
	_, note, err := load(path)
	return note, err
}

func load(path string) (*Pairs, map[string]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("inn: there is no file %s; innkeeper simulate and Pairs.Save write such files", path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("inn: cannot read pairs: %w", err)
	}
	defer f.Close()
	pairs, note, err := read(f, path)
	if err != nil {
		return nil, nil, fmt.Errorf("inn: %s %w%s", path, err, remake(path, note))
	}
	return pairs, note, nil
}

// remake says how to make a file of pairs again, if its note does.
func remake(path string, note map[string]string) string {
	if note["command"] == "" {
		return ""
	}
	return fmt.Sprintf("; make it again with: %s -o %s", note["command"], path)
}

// read reads the archive. Its errors continue the sentence "FILE ...". The
// note comes back as soon as it is known, with or without an error.
func read(f *os.File, path string) (*Pairs, map[string]string, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot be read: %w", err)
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, nil, fmt.Errorf("is not a whole NPZ archive (%w)", err)
	}
	m, metaErr := readMeta(z) // first, for its note
	if err := verify(f, path); err != nil {
		return nil, m.Note, err
	}
	if metaErr != nil {
		return nil, nil, metaErr
	}
	named := m.Format != ""
	x, err := readRows(z, "x.npy", fromMeta(m.X), named)
	if err != nil {
		return nil, m.Note, err
	}
	y, err := readRows(z, "y.npy", fromMeta(m.Y), named)
	if err != nil {
		return nil, m.Note, err
	}
	pairs := &Pairs{X: x, Y: y}
	if err := pairs.Check(); err != nil {
		return nil, m.Note, fmt.Errorf("holds bad pairs: %s", strings.TrimPrefix(err.Error(), "inn: "))
	}
	return pairs, m.Note, nil
}

// verify compares the file with the checksum beside it, if there is one.
func verify(f io.ReadSeeker, path string) error {
	line, err := os.ReadFile(path + ".sha256")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("has a checksum that cannot be read (%w)", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	want, _, _ := strings.Cut(string(line), " ")
	if got := hex.EncodeToString(sum.Sum(nil)); got != strings.TrimSpace(want) {
		return fmt.Errorf("differs from its checksum in %s.sha256 (SHA-256 is %s): it was changed or damaged", filepath.Base(path), got)
	}
	return nil
}

// readMeta is the meta.json, or nothing where there is none.
func readMeta(z *zip.Reader) (meta, error) {
	var m meta
	if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "meta.json" }) {
		return m, nil
	}
	b, err := readMember(z, "meta.json")
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("has a meta.json that is not understood (%w)", err)
	}
	if m.Format != pairsFormat {
		return m, fmt.Errorf("has the format %q, not %q", m.Format, pairsFormat)
	}
	return m, nil
}

// readMember reads a member whole and checks its checksum. What the archive
// says of its size is believed only as far as deflate can compress.
func readMember(z *zip.Reader, name string) ([]byte, error) {
	const deflateMost = 1032 // bytes from one
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		if f.UncompressedSize64 > deflateMost*f.CompressedSize64+deflateMost {
			return nil, fmt.Errorf("says that its %s has %d bytes, from %d compressed ones, which cannot be", name, f.UncompressedSize64, f.CompressedSize64)
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("has a damaged %s (%w)", name, err)
		}
		defer r.Close()
		b, err := io.ReadAll(r) // fails at the end unless size and CRC are as the archive says
		if err != nil {
			return nil, fmt.Errorf("has a damaged %s (%w)", name, err)
		}
		return b, nil
	}
	return nil, fmt.Errorf("has no member %s: pairs are x.npy and y.npy, as np.savez(path, x=x, y=y) writes them, with x of shape (n, D) and y of shape (n, M)", name)
}

// readRows reads a matrix of float32 or float64 with a column for each variable; without names
// they get some, and one column may be a vector.
func readRows(z *zip.Reader, name string, vars []Var, named bool) (*Samples, error) {
	b, err := readMember(z, name)
	if err != nil {
		return nil, err
	}
	if named && len(vars) == 0 {
		return nil, fmt.Errorf("names no columns of %s", name)
	}
	r, header, err := npyHeader(b)
	if err != nil {
		return nil, fmt.Errorf("has a %s that is not a NumPy array (%w)", name, err)
	}
	d := r.Header.Descr
	size := map[string]int{"<f4": 4, "<f8": 8}[d.Type]
	if size == 0 || d.Fortran {
		return nil, fmt.Errorf("has a %s of type %s, Fortran order %t; want <f4 or <f8 in C order, as np.ascontiguousarray(%s, dtype=np.float64) is", name, d.Type, d.Fortran, strings.TrimSuffix(name, ".npy"))
	}
	if !named {
		if len(d.Shape) == 1 {
			d.Shape = append(slices.Clone(d.Shape), 1)
		}
		if len(d.Shape) != 2 || d.Shape[1] < 1 || d.Shape[1] > len(b) {
			return nil, fmt.Errorf("has a %s of shape %v, want rows and columns", name, d.Shape)
		}
		for j := range d.Shape[1] {
			vars = append(vars, Var{Name: fmt.Sprint(strings.TrimSuffix(name, ".npy"), j+1)})
		}
	}
	if len(d.Shape) != 2 || d.Shape[1] != len(vars) {
		return nil, fmt.Errorf("has a %s of shape %v, but names %d columns", name, d.Shape, len(vars))
	}
	// Dividing rather than multiplying: the shape may be anything.
	body := len(b) - header
	if n := d.Shape[0]; n < 1 || body%(size*len(vars)) != 0 || body/(size*len(vars)) != n {
		return nil, fmt.Errorf("has a %s of shape %v in %d bytes", name, d.Shape, body)
	}
	s := &Samples{Vars: vars}
	if size == 8 {
		err = r.Read(&s.Data)
	} else {
		var flat []float32
		err = r.Read(&flat)
		s.Data = make([]float64, len(flat))
		for i, v := range flat {
			s.Data[i] = float64(v)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("has a damaged %s (%w)", name, err)
	}
	return s, nil
}

// npyHeader opens an array and gives the length of its header. npyio believes
// the length that the header claims, and panics on one that is not a Python
// dictionary.
func npyHeader(b []byte) (r *npy.Reader, length int, err error) {
	switch {
	case len(b) >= 12 && b[6] == 1: // as numpy writes
		length = 10 + int(binary.LittleEndian.Uint16(b[8:]))
	case len(b) >= 12 && b[6] == 2: // as npyio writes
		length = 12 + int(binary.LittleEndian.Uint32(b[8:]))
	default:
		return nil, 0, errors.New("no header of version 1 or 2")
	}
	if length > len(b) {
		return nil, 0, errors.New("its header does not end")
	}
	defer func() {
		if recover() != nil {
			err = errors.New("its header is not understood")
		}
	}()
	r, err = npy.NewReader(bytes.NewReader(b))
	return r, length, err
}
