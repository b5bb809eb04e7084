package method

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/file"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

// A storedScaling is a scaling in the metadata.
type storedScaling struct {
	Vars    []inn.Var
	Columns []scale.Column
}

// Save writes the network to a safetensors file, whole or not at all: the weights, and as metadata
// the settings, the normalisation, the walls, the regression and the coverage. LoadCINN reads it.
func (c *CINN) Save(path string) error {
	settings := c.settings
	settings.Walls = nil // ±Inf is no JSON
	walls := make([][2]*float64, len(c.walls))
	for j := range walls {
		for side := range 2 {
			if v := c.walls[j][side]; !math.IsInf(v, 0) {
				walls[j][side] = &v
			}
		}
	}
	meta := map[string]string{"format": file.CINN}
	for name, v := range map[string]any{
		"settings": settings, "walls": walls, "seen": c.y.fence, "covered": c.covered, "base": c.base,
		"x": storedScaling{c.x.vars, c.x.columns}, "y": storedScaling{c.y.vars, c.y.columns},
	} {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("method: %w", err)
		}
		meta[name] = string(text)
	}
	if err := file.SaveNet(path, meta, c.net, c.weights); err != nil {
		return fmt.Errorf("method: %w", err)
	}
	return nil
}

// LoadCINN reads a network that CINN.Save wrote. A file of another kind, of another
// shape than its settings say, or with values that are not finite is an error.
func LoadCINN(path string) (*CINN, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("method: %s: %w", path, errors.Unwrap(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("method: %w", err)
	}
	c, err := readCINN(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("method: %s: %w", path, err)
	}
	return c, nil
}

func readCINN(f io.ReaderAt, size int64) (*CINN, error) {
	saved, err := file.OpenNet(f, size, file.CINN)
	if err != nil {
		return nil, err
	}
	var settings CINNSettings
	var walls [][2]*float64
	var seen scale.Fence
	var x, y storedScaling
	for name, to := range map[string]any{"settings": &settings, "walls": &walls, "seen": &seen, "x": &x, "y": &y} {
		if err := json.Unmarshal([]byte(saved.Meta[name]), to); err != nil {
			return nil, fmt.Errorf("its metadata %q: %w", name, err)
		}
	}
	c := &CINN{settings: settings}
	if c.x, err = x.scaling("parameters"); err != nil {
		return nil, err
	}
	if c.y, err = y.scaling("measurements"); err != nil {
		return nil, err
	}
	c.y.fence = &seen
	if err := seen.Check(len(y.Vars)); err != nil {
		return nil, err
	}
	for name, to := range map[string]any{"covered": &c.covered, "base": &c.base} {
		if text, ok := saved.Meta[name]; ok { // older files have neither
			if err := json.Unmarshal([]byte(text), to); err != nil {
				return nil, fmt.Errorf("its metadata %q: %w", name, err)
			}
		}
	}
	if c.base != nil {
		if err := c.base.check(len(x.Vars), len(y.Vars)); err != nil {
			return nil, err
		}
	}
	if c.covered != nil {
		if err := c.covered.Check(len(x.Vars)); err != nil {
			return nil, err
		}
	}
	if c.walls, err = wallsOf(walls, c.x.vars); err != nil {
		return nil, err
	}
	if _, err := settings.withDefaults(1, 1, 1); err != nil {
		return nil, err
	}
	// Every layer of a perceptron has a bias at least, and every block but the first a permutation.
	n := len(x.Vars) + len(y.Vars)
	if most := saved.Values(); int64(settings.Blocks)*int64(settings.Layers) > most || int64(settings.Blocks-1)*int64(n) > most {
		return nil, fmt.Errorf("it has %d numbers, too few for %d blocks of %d layers: it is cut off, or another network than its settings say", most, settings.Blocks, settings.Layers)
	}
	places := (settings.Blocks - 1) * n
	if len(x.Vars) == 1 {
		places = 0
	}
	c.net = c.newNet()
	if c.weights, err = saved.Weights(c.net, places); err != nil {
		return nil, err
	}
	return c, nil
}

// scaling is the scaling that was stored, of what.
func (s *storedScaling) scaling(what string) (*scaling, error) {
	if n := len(s.Vars); n < 1 || n > 1<<16 || len(s.Columns) != n {
		return nil, fmt.Errorf("it has %d %s and normalises %d", n, what, len(s.Columns))
	}
	for j, c := range s.Columns {
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Vars[j].Name, err)
		}
	}
	return &scaling{vars: s.Vars, columns: s.Columns}, nil
}

// wallsOf are walls in which nothing stands for ±Inf.
func wallsOf(stored [][2]*float64, vars []inn.Var) (Walls, error) {
	if len(stored) != 0 && len(stored) != len(vars) {
		return nil, fmt.Errorf("it has walls of %d parameters, want %d", len(stored), len(vars))
	}
	walls := make(Walls, len(stored))
	for j, s := range stored {
		walls[j] = [2]float64{math.Inf(-1), math.Inf(1)}
		for side, v := range s {
			if v != nil {
				walls[j][side] = *v
			}
		}
		if !(walls[j][0] < walls[j][1]) {
			return nil, fmt.Errorf("the walls of %s are %v and %v, want the lower one first", vars[j].Name, walls[j][0], walls[j][1])
		}
	}
	return walls, nil
}
