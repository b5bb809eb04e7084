package inn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/innkeeper-notebook/innkeeper/inn/coverage"
	"github.com/innkeeper-notebook/innkeeper/inn/file"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

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
	meta := map[string]string{"format": file.INN}
	for name, v := range map[string]any{"settings": m.settings.stored(), "x": toStored(m.x), "y": toStored(m.y), "seen": m.fence, "covered": m.covered} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		meta[name] = string(text)
	}
	return file.SaveNet(path, meta, m.net, m.weights)
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

// readModel reads a file of a given size.
func readModel(f io.ReaderAt, size int64) (*Model, error) {
	saved, err := file.OpenNet(f, size, file.INN)
	if err != nil {
		return nil, err
	}
	m, err := emptyModel(saved.Meta)
	if err != nil {
		return nil, err
	}
	m.weights, err = saved.Weights(m.net, (m.settings.Blocks-1)*m.shape.N)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// emptyModel makes the network that the metadata describe.
func emptyModel(meta map[string]string) (*Model, error) {
	var settings Settings
	var x, y storedScaling
	var seen scale.Fence
	var covered *coverage.Coverage
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
		if err := covered.Check(d); err != nil {
			return nil, err
		}
	}
	s := shape{d, n, settings.Latent, settings.Nominal}
	return &Model{shape: s, settings: settings, x: xs, y: ys, fence: &seen, covered: covered, net: newNet(s, &settings)}, nil
}
