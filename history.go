package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// What is kept of the cells typed, besides those of the running session.
const (
	historyCells = 10_000
	historyBytes = 8 << 20
)

// A history is the cells typed in a terminal, oldest first: a file with a JSON
// string in each line. Every cell is appended at once, so that a console that
// is killed has kept it, and consoles that run at the same time keep all
// theirs. It is the line editor's source of history.
type history struct {
	file  string // "": nothing is kept
	cells []string
}

// openHistory reads a history and shortens a file that has grown too long. Its
// error says why the file cannot be used; the history then lasts for a session.
func openHistory(file string) (*history, error) {
	h := &history{}
	if file == "" {
		return h, errors.New("there is no folder for it")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return h, err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return h, err
	}
	f.Close()
	h.file = file
	text, err := os.ReadFile(file)
	if err != nil {
		return h, err
	}
	for line := range bytes.Lines(text) {
		var cell string
		if json.Unmarshal(line, &cell) == nil && cell != "" { // the last may be cut off by a crash
			h.cells = append(h.cells, cell)
		}
	}
	size := 0
	for i := len(h.cells) - 1; i >= 0; i-- {
		size += len(h.cells[i])
		if size > historyBytes || len(h.cells)-i > historyCells {
			h.cells = h.cells[i+1:]
			return h, h.shorten()
		}
	}
	return h, nil
}

// shorten replaces the file, whole or not at all, by the cells that are kept.
func (h *history) shorten() error {
	f, err := os.CreateTemp(filepath.Dir(h.file), ".repl-history-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there after the rename
	for _, cell := range h.cells {
		if _, err = f.Write(historyLine(cell)); err != nil {
			break
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), h.file)
}

func historyLine(cell string) []byte {
	line, err := json.Marshal(cell)
	if err != nil { // no string does that
		panic(err)
	}
	return append(line, '\n')
}

// Write adds a cell, if it is not the last one again.
func (h *history) Write(cell string) (int, error) {
	cell = strings.TrimSpace(cell)
	if cell == "" || len(h.cells) > 0 && h.cells[len(h.cells)-1] == cell {
		return len(h.cells), nil
	}
	h.cells = append(h.cells, cell)
	if h.file == "" {
		return len(h.cells), nil
	}
	f, err := os.OpenFile(h.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(historyLine(cell))
		err = errors.Join(err, f.Close())
	}
	return len(h.cells), err
}

// GetLine is the i-th cell.
func (h *history) GetLine(i int) (string, error) {
	if i < 0 || i >= len(h.cells) {
		return "", fmt.Errorf("history: %w: cell %d of %d", fs.ErrNotExist, i, len(h.cells))
	}
	return h.cells[i], nil
}

// Len is the number of cells.
func (h *history) Len() int { return len(h.cells) }

// Dump is all of them.
func (h *history) Dump() any { return h.cells }
