// Package shard makes training pairs in pieces that survive: a process that is
// killed costs the pieces under way, the same call goes on with the rest, and
// many processes, such as the tasks of a scheduler's array job, share the work.
//
// Pair i depends on the seed and on i alone, so shard s of S, the pairs
// ⌊s n/S⌋ to ⌊(s+1) n/S⌋ - 1, is the same whoever makes it and when. Each is
// written at once under its final name, as the NumPy archive with a checksum
// that inn's Pairs.Save writes, in a folder beside the file to be:
//
//	arm.npz.shards-5ad31fc2/0000.npz, 0000.npz.sha256, 0001.npz, ...
//
// What has its checksum is not made again. When all shards are there, whoever
// sees it first merges them into one file, the bytes of which are those of
// Problem.Pairs and Save, and removes the folder. Nothing is locked: processes
// that meet in one folder repeat some work at worst, and write the same bytes.
package shard

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// Settings are the settings of Make; nil means the defaults.
type Settings struct {
	Shards int               // default: 500 pairs or more each, at most 100
	Task   Task              // this process's share of the shards, default all of them
	Note   map[string]string // saved with the pairs, beside problem, pairs and seed
}

// A State is how far the work is when Make returns.
type State struct {
	Path         string // the file to be
	Shards, Done int    // how many there are to make, and how many there are
	Pairs        int    // in all shards together
	Merged       bool   // Path is written
	Already      bool   // Path was there before
}

// String says the state in a sentence.
func (s State) String() string {
	switch {
	case s.Already:
		return fmt.Sprintf("%s is there already, with these %d pairs; remove it to have it made again", s.Path, s.Pairs)
	case s.Merged:
		return fmt.Sprintf("wrote %s and %s.sha256: %d pairs", s.Path, s.Path, s.Pairs)
	}
	return fmt.Sprintf("%d of %d shards of %s are there; the last task to finish merges them. If no other task runs, give the same command again", s.Done, s.Shards, s.Path)
}

// most is a bound on shards that a folder can hold with ease.
const most = 100_000

// Make makes n pairs of the problem in shards and merges them into the file
// path, unless other tasks have shards yet to make. A file that holds just
// these pairs is left as it is, as the shards are, and one that holds others is an error; Make does not notice that a
// simulator was changed under the same name, settings and seed, unless
// Settings.Note says so. A damaged file is made anew. When a draw fails or the observer of package progress
// asks to stop, the finished shards stay, and the error is returned.
func Make(p inn.Problem, n int, seed uint64, path string, s *Settings) (State, error) {
	w, err := newWork(p, n, seed, path, s)
	if err != nil {
		return State{}, err
	}
	state := State{Path: path, Shards: w.shards, Pairs: n}
	if w.merged() {
		state.Merged, state.Already = true, true
		return state, w.clear()
	}
	if err := w.occupied(); err != nil {
		return State{}, err
	}
	err = w.run(&state)
	if errors.Is(err, errMerged) || errors.Is(err, fs.ErrNotExist) && w.merged() { // another process was faster
		err = nil
		state.Merged = true
	}
	if err != nil {
		return state, err
	}
	if state.Merged {
		state.Done = w.shards
		return state, w.clear()
	}
	return state, nil
}

// work is what one call of Make knows.
type work struct {
	problem   inn.Problem
	n, shards int
	seed      uint64
	path, dir string
	task      Task
	note      map[string]string

	mu   sync.Mutex
	seen [2]fs.FileInfo // of the file at path and its checksum that were last found to be others
}

func newWork(p inn.Problem, n int, seed uint64, path string, s *Settings) (*work, error) {
	if s == nil {
		s = &Settings{}
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	of := ""
	if p.Name != "" {
		of = fmt.Sprintf("problem %q: ", p.Name)
	}
	if n < 1 {
		return nil, fmt.Errorf("shard: %sasked for %d pairs, want at least 1", of, n)
	}
	w := &work{problem: p, n: n, shards: s.Shards, seed: seed, path: path, task: s.Task, note: maps.Clone(s.Note)}
	if w.shards == 0 {
		w.shards = min(100, (n+499)/500)
	}
	if w.shards < 1 || w.shards > min(n, most) {
		return nil, fmt.Errorf("shard: %sasked for %d shards of %d pairs, want 1 to %d", of, w.shards, n, min(n, most))
	}
	if err := w.task.check(); err != nil {
		return nil, err
	}
	if w.note == nil {
		w.note = map[string]string{}
	}
	w.note["problem"], w.note["pairs"], w.note["seed"] = p.Name, strconv.Itoa(n), strconv.FormatUint(seed, 10)
	// What decides the shards' content decides the folder's name: another
	// command for the same file keeps to itself.
	id, err := json.Marshal([]any{w.note, p.X, p.Y, w.shards})
	if err != nil {
		return nil, fmt.Errorf("shard: %s%w", of, err)
	}
	w.dir = fmt.Sprintf("%s.shards-%.4x", path, sha256.Sum256(id))
	return w, nil
}

// run makes this task's shards and, if then all are there, merges them.
func (w *work) run(state *State) error {
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return fmt.Errorf("shard: %w", err)
	}
	var mine []int
	for i := range w.shards {
		if w.task.has(i) && !w.made(i) {
			mine = append(mine, i)
		}
	}
	if w.task.Count <= 1 && len(mine) > 1 {
		// Two processes that make all shards of a folder begin in different places.
		at := rand.IntN(len(mine))
		mine = append(mine[at:len(mine):len(mine)], mine[:at]...)
	}
	if err := w.draw(mine); err != nil {
		state.Done, _ = w.count()
		return err
	}
	var err error
	if state.Done, err = w.count(); err != nil {
		return err
	}
	if state.Done < w.shards {
		if w.merged() { // and the shards are being removed
			return errMerged
		}
		return nil
	}
	if err := w.merge(); err != nil {
		return err
	}
	state.Merged = true
	return nil
}

// bounds are the first pair of shard i and the one after its last.
func (w *work) bounds(i int) (from, to int) {
	// i n/S without the product, which could overflow.
	cut := func(i int) int { return i*(w.n/w.shards) + i*(w.n%w.shards)/w.shards }
	return cut(i), cut(i + 1)
}

func (w *work) file(i int) string { return filepath.Join(w.dir, fmt.Sprintf("%04d.npz", i)) }

// shardNote is the note of shard i.
func (w *work) shardNote(i int) map[string]string {
	note := maps.Clone(w.note)
	from, to := w.bounds(i)
	note["shard"] = fmt.Sprintf("%d of %d, counted from 0", i, w.shards)
	note["rows"] = fmt.Sprintf("%d to %d, counted from 0", from, to-1)
	return note
}

// load reads the shard or merged file at path if it is whole, has its checksum
// and is what note says.
func load(path string, note map[string]string) (*inn.Pairs, error) {
	if _, err := os.Stat(path + ".sha256"); err != nil {
		return nil, err
	}
	found, err := inn.LoadNote(path)
	if err != nil {
		return nil, err
	}
	if !maps.Equal(found, note) {
		return nil, fmt.Errorf("shard: %s is of another simulation: %v", path, found)
	}
	return inn.LoadPairs(path)
}

// made says that shard i is there.
func (w *work) made(i int) bool {
	_, err := load(w.file(i), w.shardNote(i))
	return err == nil
}

// count lists the folder. A network file system may for a minute remember of a
// single name that it was not there, but not of a folder that it is asked for.
func (w *work) count() (int, error) {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return 0, fmt.Errorf("shard: %w", err)
	}
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	n := 0
	for i := range w.shards {
		if name := filepath.Base(w.file(i)); there[name] && there[name+".sha256"] {
			n++
		}
	}
	return n, nil
}

// merged says that the file at path is there and holds these pairs.
func (w *work) merged() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	var there [2]fs.FileInfo // nil where there is no file
	there[0], _ = os.Stat(w.path)
	there[1], _ = os.Stat(w.path + ".sha256")
	if there[0] == nil || sameFile(there[0], w.seen[0]) && sameFile(there[1], w.seen[1]) {
		return false
	}
	note, err := inn.LoadNote(w.path)
	if err != nil || !maps.Equal(note, w.note) {
		w.seen = there
		return false
	}
	if _, err := os.Stat(w.path + ".sha256"); err == nil {
		return true
	}
	// A process that merged it a second time was killed before the checksum was back.
	pairs, err := inn.LoadPairs(w.path)
	return err == nil && pairs.Save(w.path, w.note) == nil
}

// sameFile says that a file has neither been replaced nor written since.
func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime())
}

// occupied is an error when there are other pairs, or something else, in the place of the file.
func (w *work) occupied() error {
	info, err := os.Stat(w.path)
	if err != nil {
		return nil
	}
	if info.IsDir() {
		return fmt.Errorf("shard: %s is a folder: give the name of a file", w.path)
	}
	note, err := inn.LoadNote(w.path)
	if err != nil {
		if z, err := zip.OpenReader(w.path); err == nil {
			defer z.Close()
			if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "meta.json" }) {
				return fmt.Errorf("shard: %s holds something else than pairs: remove it, or give another name", w.path)
			}
		}
		return nil // damaged
	}
	if maps.Equal(note, w.note) { // made since
		return nil
	}
	var differ []string
	for _, key := range slices.Sorted(maps.Keys(w.note)) {
		if there, want := note[key], w.note[key]; there != want && key != "command" { // which says the others again
			if there == "" {
				there = "not said"
			}
			differ = append(differ, fmt.Sprintf("%s is %s there and %s here", key, there, want))
		}
	}
	if len(differ) == 0 {
		differ = append(differ, fmt.Sprintf("their note is %v", note))
	}
	return fmt.Errorf("shard: %s is there already and holds other pairs (%s): remove it, or give another name", w.path, strings.Join(differ, "; "))
}

// merge writes all shards into one file.
func (w *work) merge() error {
	all := &inn.Pairs{X: inn.NewSamples(w.problem.X, w.n), Y: inn.NewSamples(w.problem.Y, w.n)}
	for i := range w.shards {
		pairs, err := load(w.file(i), w.shardNote(i))
		if err != nil { // damaged since: whosever it is, it is made again
			if err := w.draw([]int{i}); err != nil {
				return err
			}
			if pairs, err = load(w.file(i), w.shardNote(i)); err != nil {
				return err
			}
		}
		from, to := w.bounds(i)
		copy(all.X.Data[from*len(w.problem.X):to*len(w.problem.X)], pairs.X.Data)
		copy(all.Y.Data[from*len(w.problem.Y):to*len(w.problem.Y)], pairs.Y.Data)
	}
	if w.merged() {
		return errMerged
	}
	return w.place(all, w.path, w.note)
}

// place saves pairs in a folder of their own among the shards, where what a
// killed process leaves is removed in the end, and then moves them to path. If
// the same pairs are there, they stay whole all the time. A damaged file's
// checksum stays until the new one replaces it: without it the file could be
// taken for whole, by another process that comes just then.
func (w *work) place(pairs *inn.Pairs, path string, note map[string]string) error {
	dir, err := os.MkdirTemp(w.dir, "new-")
	if err != nil {
		return fmt.Errorf("shard: %w", err)
	}
	defer os.Remove(dir)
	saved := filepath.Join(dir, filepath.Base(path))
	if err := pairs.Save(saved, note); err != nil {
		return err
	}
	for _, suffix := range []string{"", ".sha256"} {
		if err := os.Rename(saved+suffix, path+suffix); err != nil {
			return fmt.Errorf("shard: %w", err)
		}
	}
	return nil
}

// clear removes the folder of the shards.
func (w *work) clear() error {
	var err error
	for range 10 { // another process may still be writing into it
		if err = os.RemoveAll(w.dir); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("shard: %s is written, but the folder of its shards stays: %w", w.path, err)
}
