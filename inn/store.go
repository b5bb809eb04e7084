package inn

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

// A saved model is a safetensors file (https://huggingface.co/docs/safetensors):
// the length of a JSON header, the header, and the tensors' bytes. Weights are
// stored as in×out matrices, biases and permutations as vectors; the metadata
// have the settings and the normalisation, so that other programs can run the
// network too.

// storeFormat is in the metadata of every file.
const storeFormat = "innkeeper INN 1"

// maxHeader is the longest header that is read.
const maxHeader = 1 << 24

// A tensorEntry is one tensor in the header.
type tensorEntry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// dtype is how the values of a tensor are stored.
func dtype(t layer.Tensor) string {
	if t.Places != nil {
		return "I32"
	}
	return "F32"
}

// A storedScaling is a scaling in the metadata.
type storedScaling struct {
	Vars      []metaVar
	Mean, SD  []float64
	At, Width []float64 `json:",omitempty"` // of files in which a column is bent
}

func toStored(s *scaling) storedScaling {
	stored, bent := storedScaling{Vars: toMeta(s.Vars)}, false
	for _, c := range s.Columns {
		stored.Mean, stored.SD = append(stored.Mean, c.Mean), append(stored.SD, c.SD)
		stored.At, stored.Width = append(stored.At, c.At), append(stored.Width, c.Width)
		bent = bent || c.Width > 0
	}
	if !bent {
		stored.At, stored.Width = nil, nil
	}
	return stored
}

func (s storedScaling) scaling(what string, n int) (*scaling, error) {
	if len(s.Vars) != n || len(s.Mean) != n || len(s.SD) != n {
		return nil, fmt.Errorf("the normalisation of %s has %d names, %d means and %d deviations, want %d each", what, len(s.Vars), len(s.Mean), len(s.SD), n)
	}
	if s.At == nil && s.Width == nil {
		s.At, s.Width = make([]float64, n), make([]float64, n)
	}
	if len(s.At) != n || len(s.Width) != n {
		return nil, fmt.Errorf("the normalisation of %s has %d places and %d widths, want %d each", what, len(s.At), len(s.Width), n)
	}
	c := &scaling{Vars: fromMeta(s.Vars)}
	for i := range n {
		column := scale.Column{Mean: s.Mean[i], SD: s.SD[i], At: s.At[i], Width: s.Width[i]}
		if err := column.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Vars[i].Name, err)
		}
		c.Columns = append(c.Columns, column)
	}
	return c, nil
}

// Save writes the model to a safetensors file, whole or not at all.
func (m *Model) Save(path string) error {
	return writeAtomic(path, func(w io.Writer) error {
		settings, err := json.Marshal(m.settings.stored())
		if err != nil {
			return err
		}
		x, err := json.Marshal(toStored(m.x))
		if err != nil {
			return err
		}
		y, err := json.Marshal(toStored(m.y))
		if err != nil {
			return err
		}
		seen, err := json.Marshal(m.fence)
		if err != nil {
			return err
		}
		covered, err := json.Marshal(m.covered)
		if err != nil {
			return err
		}
		header := map[string]any{"__metadata__": map[string]string{
			"format": storeFormat, "settings": string(settings), "x": string(x), "y": string(y), "seen": string(seen), "covered": string(covered),
		}}
		var data []byte
		weights := m.weights
		for _, t := range m.net.Tensors() {
			from := len(data)
			for _, v := range t.Places {
				data = binary.LittleEndian.AppendUint32(data, uint32(v))
			}
			if t.Places == nil {
				for _, v := range weights[:t.Len()] {
					data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
				}
				weights = weights[t.Len():]
			}
			header[t.Name] = tensorEntry{dtype(t), t.Shape, [2]int{from, len(data)}}
		}
		text, err := json.Marshal(header)
		if err != nil {
			return err
		}
		for len(text)%8 != 0 { // the tensors begin at a multiple of eight bytes
			text = append(text, ' ')
		}
		if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
}

// stored are the settings that a file keeps: all but what runs the training.
func (s Settings) stored() Settings {
	s.Workers = 1
	return s
}

// LoadModel reads a model that Save wrote. A file of another kind, of another
// shape than its settings say, or with values that are not finite is an error.
func LoadModel(path string) (*Model, error) {
	m, err := loadModel(path)
	if err != nil {
		return nil, fmt.Errorf("inn: %s: %w", path, err)
	}
	return m, nil
}

func loadModel(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return readModel(f, info.Size())
}

// readModel reads a file of a given size. What the file says of lengths is compared
// with that before memory is taken.
func readModel(f io.ReaderAt, size int64) (*Model, error) {
	var prefix [8]byte
	if _, err := f.ReadAt(prefix[:], 0); err != nil {
		return nil, errors.New("this is no safetensors file: it is too short")
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader || int64(length)+8 > size {
		return nil, errors.New("this is no safetensors file: its header does not fit into it")
	}
	text := make([]byte, length)
	if _, err := f.ReadAt(text, 8); err != nil {
		return nil, err
	}
	entries := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, errors.New("this is no safetensors file: its header is no JSON")
	}
	var meta map[string]string
	if json.Unmarshal(entries["__metadata__"], &meta) != nil || meta["format"] != storeFormat {
		return nil, fmt.Errorf("this file has no %q in it: it is not a model that innkeeper saved", storeFormat)
	}
	m, err := emptyModel(meta)
	if err != nil {
		return nil, err
	}
	return m, m.readWeights(io.NewSectionReader(f, int64(length)+8, size-int64(length)-8), entries)
}

// emptyModel makes the network that the metadata describe.
func emptyModel(meta map[string]string) (*Model, error) {
	var settings Settings
	var x, y storedScaling
	var seen scale.Fence
	var covered *coverage
	for name, to := range map[string]any{"settings": &settings, "x": &x, "y": &y, "seen": &seen} {
		if err := json.Unmarshal([]byte(meta[name]), to); err != nil {
			return nil, fmt.Errorf("its metadata %q: %w", name, err)
		}
	}
	d, n := len(x.Vars), len(y.Vars)
	if d < 1 || n < 1 || d > 1<<16 || n > 1<<16 {
		return nil, fmt.Errorf("it has %d parameters and %d measurements", d, n)
	}
	xs, err := x.scaling("x", d)
	if err != nil {
		return nil, err
	}
	ys, err := y.scaling("y", n)
	if err != nil {
		return nil, err
	}
	settings.fillArchitecture(d, n)
	if err := settings.check(d, n); err != nil {
		return nil, err
	}
	if err := seen.Check(n); err != nil {
		return nil, err
	}
	if text, ok := meta["covered"]; ok {
		if err := json.Unmarshal([]byte(text), &covered); err != nil {
			return nil, fmt.Errorf("its metadata \"covered\": %w", err)
		}
	}
	if covered != nil {
		if err := covered.check(d); err != nil {
			return nil, err
		}
	}
	s := shape{d, n, settings.Latent, settings.Nominal}
	return &Model{shape: s, settings: settings, x: xs, y: ys, fence: &seen, covered: covered, net: newNet(s, &settings)}, nil
}

// readWeights reads the tensors' bytes, after it has checked that they are there.
func (m *Model) readWeights(data *io.SectionReader, entries map[string]json.RawMessage) error {
	places := (m.settings.Blocks - 1) * m.shape.N // of the permutations
	if want := 4 * (int64(m.net.Params()) + int64(places)); data.Size() != want {
		return fmt.Errorf("it has %d bytes of weights, want %d: it is cut off, or another network than its settings say", data.Size(), want)
	}
	m.weights = make([]float32, m.net.Params())
	weights := m.weights
	for _, t := range m.net.Tensors() {
		raw, err := readTensor(data, t, entries[t.Name])
		if err != nil {
			return err
		}
		for i, place := range t.Places {
			if int(binary.LittleEndian.Uint32(raw[4*i:])) != place {
				return fmt.Errorf("tensor %s is another permutation than seed %d makes", t.Name, m.settings.Seed)
			}
		}
		if t.Places != nil {
			continue
		}
		for i := range weights[:t.Len()] {
			v := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			if v != v || math.IsInf(float64(v), 0) {
				return fmt.Errorf("tensor %s has %v at %d", t.Name, v, i)
			}
			weights[i] = v
		}
		weights = weights[t.Len():]
	}
	return nil
}

// readTensor reads a tensor's bytes, if its entry in the header is as it must be.
func readTensor(data *io.SectionReader, t layer.Tensor, entry json.RawMessage) ([]byte, error) {
	var e tensorEntry
	if json.Unmarshal(entry, &e) != nil {
		return nil, fmt.Errorf("it has no tensor %s", t.Name)
	}
	n := 4 * int64(t.Len())
	if lo, hi := int64(e.Offsets[0]), int64(e.Offsets[1]); e.DType != dtype(t) || !slices.Equal(e.Shape, t.Shape) || lo < 0 || hi > data.Size() || hi-lo != n {
		return nil, fmt.Errorf("tensor %s has the type %s, the shape %v and the place %v, want %s, %v and %d bytes of the %d", t.Name, e.DType, e.Shape, e.Offsets, dtype(t), t.Shape, n, data.Size())
	}
	raw := make([]byte, n)
	_, err := data.ReadAt(raw, int64(e.Offsets[0]))
	return raw, err
}
