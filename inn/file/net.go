package file

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
)

// A saved network is a safetensors file (https://huggingface.co/docs/safetensors):
// the length of a JSON header, the header, and the tensors' bytes. Weights are
// stored as in×out matrices, biases and permutations as vectors; the metadata
// have the settings and the normalisation, so that other programs can run the
// network too.

// The formats of files: what networks are in them.
const (
	INN  = "innkeeper INN 1"
	CINN = "innkeeper cINN 1"
)

// readers are what reads each.
var readers = map[string]string{INN: "inn.LoadModel", CINN: "method.LoadCINN"}

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

// SaveNet writes a network with its weights and metadata, of which "format" says what it is. It adds
// the SHA-256 of the tensors' bytes.
func SaveNet(path string, meta map[string]string, net layer.Layer, weights []float32) error {
	header := map[string]any{}
	var data []byte
	for _, t := range net.Tensors() {
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
	meta = maps.Clone(meta)
	meta["sha256"] = fmt.Sprintf("%x", sha256.Sum256(data))
	header["__metadata__"] = meta
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 { // the tensors begin at a multiple of eight bytes
		text = append(text, ' ')
	}
	return Write(path, func(w io.Writer) error {
		if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		_, err := w.Write(data)
		return err
	})
}

// A Net is a file that SaveNet wrote, of which the header has been read.
type Net struct {
	Meta    map[string]string
	entries map[string]json.RawMessage
	data    *io.SectionReader
}

// OpenNet reads the header of a file of a given size and format. What the file says of lengths is
// compared with the size before memory is taken.
func OpenNet(f io.ReaderAt, size int64, format string) (*Net, error) {
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
	n := &Net{entries: map[string]json.RawMessage{}, data: io.NewSectionReader(f, int64(length)+8, size-int64(length)-8)}
	if err := json.Unmarshal(text, &n.entries); err != nil {
		return nil, errors.New("this is no safetensors file: its header is no JSON")
	}
	err := json.Unmarshal(n.entries["__metadata__"], &n.Meta)
	if reader := readers[n.Meta["format"]]; reader != readers[format] && reader != "" {
		return nil, fmt.Errorf("another kind of network is in this file: %s reads it", reader)
	}
	if err != nil || n.Meta["format"] != format {
		return nil, fmt.Errorf("this file has no %q in it: it is not a model that innkeeper saved", format)
	}
	return n, nil
}

// Values is how many numbers, of four bytes each, the tensors have.
func (n *Net) Values() int64 { return n.data.Size() / 4 }

// Weights reads the weights of a network with so many places in its permutations, after it has
// checked that the tensors are those of the network and that the bytes are there.
func (n *Net) Weights(net layer.Layer, places int) ([]float32, error) {
	if want := 4 * (int64(net.Params()) + int64(places)); n.data.Size() != want {
		return nil, fmt.Errorf("it has %d bytes of weights, want %d: it is cut off, or another network than its settings say", n.data.Size(), want)
	}
	all := make([]float32, net.Params())
	weights := all
	for _, t := range net.Tensors() {
		raw, err := n.tensor(t)
		if err != nil {
			return nil, err
		}
		for i, place := range t.Places {
			if int(binary.LittleEndian.Uint32(raw[4*i:])) != place {
				return nil, fmt.Errorf("tensor %s is another permutation than its seed makes", t.Name)
			}
		}
		if t.Places != nil {
			continue
		}
		for i := range weights[:t.Len()] {
			v := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			if v != v || math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("tensor %s has %v at %d", t.Name, v, i)
			}
			weights[i] = v
		}
		weights = weights[t.Len():]
	}
	if want, ok := n.Meta["sha256"]; ok { // older files have none
		sum := sha256.New()
		if _, err := io.Copy(sum, io.NewSectionReader(n.data, 0, n.data.Size())); err != nil {
			return nil, err
		}
		if got := fmt.Sprintf("%x", sum.Sum(nil)); got != want {
			return nil, fmt.Errorf("its weights have the SHA-256 %s, but were saved with %s: the file was changed or damaged", got, want)
		}
	}
	return all, nil
}

// tensor reads a tensor's bytes, if its entry in the header is as it must be.
func (n *Net) tensor(t layer.Tensor) ([]byte, error) {
	var e tensorEntry
	if json.Unmarshal(n.entries[t.Name], &e) != nil {
		return nil, fmt.Errorf("it has no tensor %s", t.Name)
	}
	size := 4 * int64(t.Len())
	if lo, hi := int64(e.Offsets[0]), int64(e.Offsets[1]); e.DType != dtype(t) || !slices.Equal(e.Shape, t.Shape) || lo < 0 || hi > n.data.Size() || hi-lo != size {
		return nil, fmt.Errorf("tensor %s has the type %s, the shape %v and the place %v, want %s, %v and %d bytes of the %d", t.Name, e.DType, e.Shape, e.Offsets, dtype(t), t.Shape, size, n.data.Size())
	}
	raw := make([]byte, size)
	_, err := n.data.ReadAt(raw, int64(e.Offsets[0]))
	return raw, err
}
