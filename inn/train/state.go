package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// State is what a training needs to go on where it was: places in memory, by
// name, that a checkpoint is written from and read into.
type State struct {
	vectors []vector
	numbers []numbers
	counts  []count
}

type vector struct {
	name   string
	values []float32
}

type numbers struct {
	name   string
	values []float64
}

type count struct {
	name string
	n    *int
}

// Vector adds the values of v.
func (s *State) Vector(name string, v []float32) { s.vectors = append(s.vectors, vector{name, v}) }

// Numbers adds the values of v.
func (s *State) Numbers(name string, v []float64) { s.numbers = append(s.numbers, numbers{name, v}) }

// Count adds a number that is counted with.
func (s *State) Count(name string, n *int) { s.counts = append(s.counts, count{name, n}) }

// A checkpoint file is the checkpointHeader as a line of JSON, the values as
// little-endian float32, float64 and int64 in its order, and the SHA-256 of all
// that.
type checkpointHeader struct {
	Format string
	Of     string
	Set    json.RawMessage `json:",omitempty"` // settings, to say how others differ
	Step   int             // for whoever looks into the file
	Parts  []checkpointPart
}

type checkpointPart struct {
	Name  string
	Type  string // "F32", "F64" or "I64"
	Count int
}

const checkpointFormat = "innkeeper checkpoint 1"

func (l *Loop) header() checkpointHeader {
	h := checkpointHeader{Format: checkpointFormat, Of: l.Of, Step: l.step}
	if l.Set != nil {
		h.Set, _ = json.Marshal(l.Set) // an infinite number has no text; then none are named
	}
	for _, v := range l.State.vectors {
		h.Parts = append(h.Parts, checkpointPart{v.name, "F32", len(v.values)})
	}
	for _, v := range l.State.numbers {
		h.Parts = append(h.Parts, checkpointPart{v.name, "F64", len(v.values)})
	}
	for _, v := range l.State.counts {
		h.Parts = append(h.Parts, checkpointPart{v.name, "I64", 1})
	}
	return h
}

// save writes the checkpoint, if one is wanted, whole or not at all.
func (l *Loop) save() error {
	if l.Checkpoint == "" || l.saved == l.step {
		return nil
	}
	text, err := json.Marshal(l.header())
	if err != nil {
		return err
	}
	data := append(text, '\n')
	for _, v := range l.State.vectors {
		for _, x := range v.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
		}
	}
	for _, v := range l.State.numbers {
		for _, x := range v.values {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
		}
	}
	for _, v := range l.State.counts {
		data = binary.LittleEndian.AppendUint64(data, uint64(*v.n))
	}
	sum := sha256.Sum256(data)
	if err := writeFile(l.Checkpoint, append(data, sum[:]...)); err != nil {
		return fmt.Errorf("the checkpoint cannot be written: %w", err)
	}
	l.saved = l.step
	return nil
}

// writeFile writes a file, whole or not at all. What a kill in the middle leaves
// behind has the file's name in it: see sweep.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), unfinished(path)+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func unfinished(path string) string { return "." + filepath.Base(path) + ".unfinished-" }

// sweep removes what killed trainings left of a file.
func sweep(path string) {
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished(path)) {
			os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

// resume reads the checkpoint, if there is one, into the state.
func (l *Loop) resume() error {
	sweep(l.Checkpoint)
	f, err := os.Open(l.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	defer f.Close()
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s %s; take it away, or give another Checkpoint", l.Checkpoint, fmt.Sprintf(format, args...))
	}
	want := l.header()
	size := int64(sha256.Size)
	for _, p := range want.Parts {
		size += int64(p.Count) * map[string]int64{"F32": 4, "F64": 8, "I64": 8}[p.Type]
	}
	// The header's length differs from ours by the digits of its step alone.
	text, err := json.Marshal(want)
	if err != nil {
		return err
	}
	most := size + int64(len(text)) + 32
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	line, values, found := bytes.Cut(data, []byte("\n"))
	var got checkpointHeader
	if !found || json.Unmarshal(line, &got) != nil || got.Format != checkpointFormat {
		return bad("is no checkpoint of a training")
	}
	if got.Of != want.Of {
		switch differ, known := differences(got.Set, want.Set); {
		case len(differ) > 0:
			return bad("is of other settings (%s)", strings.Join(differ, ", "))
		case known:
			return bad("is of other pairs")
		}
		return bad("is of other pairs or settings")
	}
	if int64(len(values)) != size {
		return bad("is cut off or has something behind its end")
	}
	sum := sha256.Sum256(data[:len(data)-sha256.Size])
	if !bytes.Equal(sum[:], data[len(data)-sha256.Size:]) {
		return bad("is damaged: its checksum differs")
	}
	got.Step, got.Set = want.Step, want.Set
	if again, err := json.Marshal(got); err != nil || !bytes.Equal(again, text) {
		return bad("has other parts than this training")
	}
	for _, v := range l.State.vectors {
		for i := range v.values {
			v.values[i] = math.Float32frombits(binary.LittleEndian.Uint32(values))
			values = values[4:]
		}
	}
	for _, v := range l.State.numbers {
		for i := range v.values {
			v.values[i] = math.Float64frombits(binary.LittleEndian.Uint64(values))
			values = values[8:]
		}
	}
	for _, v := range l.State.counts {
		*v.n = int(binary.LittleEndian.Uint64(values))
		values = values[8:]
	}
	if l.step < 0 || l.step > l.Steps {
		return bad("is at step %d of %d", l.step, l.Steps)
	}
	l.saved = l.step
	return nil
}

// differences names the settings of a checkpoint that are others here. Known says that both are there.
func differences(there, here json.RawMessage) (differ []string, known bool) {
	var a, b map[string]json.RawMessage
	if json.Unmarshal(there, &a) != nil || json.Unmarshal(here, &b) != nil {
		return nil, false
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if was := a[name]; !bytes.Equal(was, b[name]) {
			if was == nil {
				was = json.RawMessage("not set")
			}
			differ = append(differ, fmt.Sprintf("%s is %s there and %s here", name, was, b[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if b[name] == nil {
			differ = append(differ, fmt.Sprintf("%s is %s there and not set here", name, a[name]))
		}
	}
	return differ, true
}

// Fingerprint is a hash of what a training is of: settings and such as JSON,
// matrices by their values.
func Fingerprint(of ...any) string {
	h := sha256.New()
	for _, v := range of {
		if m, ok := v.(tensor.Mat); ok {
			fmt.Fprintln(h, m.Rows, m.Cols)
			var row []byte
			for i := range m.Rows {
				row = row[:0]
				for _, x := range m.Row(i) {
					row = binary.LittleEndian.AppendUint32(row, math.Float32bits(x))
				}
				h.Write(row)
			}
			continue
		}
		fmt.Fprintf(h, "%T ", v)
		if err := json.NewEncoder(h).Encode(v); err != nil {
			fmt.Fprintln(h, err) // an infinite number: as good as any other text
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
