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

// A storedScaling is a scaling in the metadata.
type storedScaling struct {
	Vars     []metaVar
	Mean, SD []float64
}

func toStored(s *scaling) storedScaling { return storedScaling{toMeta(s.Vars), s.Mean, s.SD} }

func (s storedScaling) scaling(what string, n int) (*scaling, error) {
	if len(s.Vars) != n || len(s.Mean) != n || len(s.SD) != n {
		return nil, fmt.Errorf("the normalisation of %s has %d names, %d means and %d deviations, want %d each", what, len(s.Vars), len(s.Mean), len(s.SD), n)
	}
	for i := range n {
		if !(s.SD[i] > 0) || math.IsInf(s.SD[i], 0) || math.IsNaN(s.Mean[i]) || math.IsInf(s.Mean[i], 0) {
			return nil, fmt.Errorf("the normalisation of %s is %v ± %v for %s", what, s.Mean[i], s.SD[i], s.Vars[i].Name)
		}
	}
	return &scaling{fromMeta(s.Vars), s.Mean, s.SD}, nil
}

// A part is one tensor of a network: where it lies among the weights or, of a
// permutation, its places.
type part struct {
	name   string
	shape  []int
	at, n  int   // weights [at, at+n)
	places []int // of a permutation
}

// parts lists the tensors of a network in the order of its weights.
func parts(prefix string, net layer.Sequence, at int) (list []part) {
	for i, l := range net {
		name := fmt.Sprintf("%s%d.", prefix, i)
		switch l := l.(type) {
		case layer.Sequence:
			list = append(list, parts(name, l, at)...)
		case layer.Permutation:
			list = append(list, part{name: name + "permutation", shape: []int{len(l)}, places: l})
		case layer.Coupling:
			from := at
			for k := range len(l.Net.Sizes) - 1 {
				in, out := l.Net.Sizes[k], l.Net.Sizes[k+1]
				list = append(list,
					part{name: fmt.Sprintf("%s%d.weight", name, k), shape: []int{in, out}, at: from, n: in * out},
					part{name: fmt.Sprintf("%s%d.bias", name, k), shape: []int{out}, at: from + in*out, n: out})
				from += (in + 1) * out
			}
		default:
			panic(fmt.Sprintf("inn: a network with a %T cannot be saved", l))
		}
		at += l.Params()
	}
	return list
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
		header := map[string]any{"__metadata__": map[string]string{
			"format": storeFormat, "settings": string(settings), "x": string(x), "y": string(y), "seen": string(seen),
		}}
		var data []byte
		for _, p := range parts("", m.net, 0) {
			from, kind := len(data), "F32"
			for _, v := range m.weights[p.at : p.at+p.n] {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
			}
			if p.places != nil {
				kind = "I32"
				for _, v := range p.places {
					data = binary.LittleEndian.AppendUint32(data, uint32(v))
				}
			}
			header[p.name] = tensorEntry{kind, p.shape, [2]int{from, len(data)}}
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
	var prefix [8]byte
	if _, err := io.ReadFull(f, prefix[:]); err != nil {
		return nil, errors.New("this is no safetensors file: it is too short")
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader || int64(length)+8 > info.Size() {
		return nil, errors.New("this is no safetensors file: its header does not fit into it")
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(f, text); err != nil {
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
	return m, m.fill(f, entries, int64(length)+8, info.Size())
}

// emptyModel makes the network that the metadata describe.
func emptyModel(meta map[string]string) (*Model, error) {
	var settings Settings
	var x, y storedScaling
	var seen fence
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
	if err := settings.check(d, n); err != nil {
		return nil, err
	}
	if err := seen.check(n); err != nil {
		return nil, err
	}
	const most = 1 << 14
	if settings.Width > most || settings.Nominal > most || settings.Blocks > 1000 || settings.Layers > 1000 || settings.Blocks*settings.Nominal > 1<<20 {
		return nil, fmt.Errorf("its network has %d blocks of %d layers, %d wide, on %d columns: that is too big to be true", settings.Blocks, settings.Layers, settings.Width, settings.Nominal)
	}
	s := shape{d, n, settings.Latent, settings.Nominal}
	return &Model{shape: s, settings: settings, x: xs, y: ys, fence: &seen, net: newNet(s, &settings)}, nil
}

// fill reads the weights, after it has checked that they are there.
func (m *Model) fill(f io.ReaderAt, entries map[string]json.RawMessage, from, size int64) error {
	list := parts("", m.net, 0)
	if want := 4 * int64(m.net.Params()); size-from < want {
		return fmt.Errorf("it has %d bytes of weights, want at least %d: it is cut off", size-from, want)
	}
	m.weights = make([]float32, m.net.Params())
	for _, p := range list {
		var e tensorEntry
		if json.Unmarshal(entries[p.name], &e) != nil {
			return fmt.Errorf("it has no tensor %s", p.name)
		}
		n := 1
		for _, k := range p.shape {
			n *= k
		}
		if !slices.Equal(e.Shape, p.shape) || e.Offsets[1]-e.Offsets[0] != 4*n || e.Offsets[0] < 0 || from+int64(e.Offsets[1]) > size {
			return fmt.Errorf("tensor %s has the shape %v and the place %v, want %v", p.name, e.Shape, e.Offsets, p.shape)
		}
		raw := make([]byte, 4*n)
		if _, err := f.ReadAt(raw, from+int64(e.Offsets[0])); err != nil {
			return fmt.Errorf("tensor %s: %w", p.name, err)
		}
		for i := range n {
			bits := binary.LittleEndian.Uint32(raw[4*i:])
			if p.places != nil {
				if int(bits) != p.places[i] {
					return fmt.Errorf("tensor %s is another permutation than seed %d makes", p.name, m.settings.Seed)
				}
				continue
			}
			v := math.Float32frombits(bits)
			if v != v || math.IsInf(float64(v), 0) {
				return fmt.Errorf("tensor %s has %v at %d", p.name, v, i)
			}
			m.weights[p.at+i] = v
		}
	}
	return nil
}
