package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/shard"
	"github.com/innkeeper-notebook/innkeeper/inn/sim"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/notebook"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// A simulation is what the command line asks for.
type simulation struct {
	problem string // a name, or notebook.ipynb:variable
	n       int
	seed    uint64
	path    string
	shards  int
	task    shard.Task
}

// simulate makes training pairs of a built-in problem, or of one in a
// notebook: all of them, or as one task of an array job its share.
func simulate(ctx context.Context, args []string) error {
	var s simulation
	fs := flags("simulate", "problem | notebook.ipynb:variable")
	fs.IntVar(&s.n, "n", 15000, "`pairs` to make")
	fs.Uint64Var(&s.seed, "seed", 1, "`seed` of every random draw")
	fs.StringVar(&s.path, "o", "", "`file` to write (default: problem.npz)")
	fs.IntVar(&s.shards, "shards", 0, "`number` of pieces, each kept once it is made (default: of 500 pairs or more, at most 100)")
	var err error
	if s.problem, err = parse(fs, args, "problem ("+strings.Join(sim.Problems(), ", ")+") or notebook.ipynb:variable"); err != nil {
		return err
	}
	if s.task, err = shard.ArrayTask(os.Getenv, s.shards); err != nil {
		return err
	}
	file, variable, ok := strings.Cut(s.problem, ".ipynb:")
	if s.path == "" {
		s.path = s.problem + ".npz"
		if ok {
			s.path = variable + ".npz"
		}
	}
	if ext := filepath.Ext(s.path); ext != ".npz" {
		return fmt.Errorf("-o %s: pairs are written as a NumPy archive: give a name that ends in .npz", s.path)
	}
	bar := newBar(os.Stderr)
	if ok {
		err = s.fromNotebook(ctx, file+".ipynb", variable, bar)
	} else {
		err = s.builtIn(ctx, bar)
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped; the finished shards stay, and the same command goes on with the others")
	}
	return err
}

// builtIn simulates a problem that has a name.
func (s *simulation) builtIn(ctx context.Context, bar *bar) error {
	p, note, err := sim.Find(s.problem, s.n, s.seed)
	if err != nil {
		return err
	}
	defer progress.Observe(func(r progress.Report) error {
		bar.report(r)
		return ctx.Err()
	})()
	state, err := shard.Make(p, s.n, s.seed, s.path, &shard.Settings{Shards: s.shards, Task: s.task, Note: note})
	if err != nil {
		return err
	}
	fmt.Println(state)
	return nil
}

// fromNotebook simulates a problem that the cells tagged "problem" make and
// keep in a variable. The pairs' note has the checksum of those cells, so that
// shards of changed cells are not taken for finished ones.
func (s *simulation) fromNotebook(ctx context.Context, path, variable string, bar *bar) error {
	nb, err := notebook.ReadFile(path)
	if err != nil {
		return err
	}
	if err := nb.CheckLanguage(); err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	in, err := session.New()
	if err != nil {
		return err
	}
	out := cellOutput{bar}
	sum := sha256.New()
	count := 0
	for _, c := range nb.Cells {
		if c.Type != "code" || !c.Tagged("problem") {
			continue
		}
		count++
		fmt.Fprintf(sum, "%d %s", len(c.Source), c.Source)
		if o := in.Execute(ctx, session.Cell{Number: count, Code: c.Source}, out); o.Err != nil {
			return fmt.Errorf("%s, cell %d of those tagged \"problem\": %w", path, count, o.Err)
		}
	}
	if count == 0 {
		return fmt.Errorf("%s has no code cell tagged \"problem\": tag those that make the problem %s", path, variable)
	}
	cell := fmt.Sprintf(`shard.Make(%s, %d, %d, %q, &shard.Settings{Shards: %d, Task: shard.Task{Index: %d, Count: %d}, Note: map[string]string{
		"cells": "%x", "command": %q}})`,
		variable, s.n, s.seed, s.path, s.shards, s.task.Index, s.task.Count, sum.Sum(nil),
		fmt.Sprintf("innkeeper simulate %s:%s -n %d -seed %d", filepath.Base(path), variable, s.n, s.seed))
	o := in.Execute(ctx, session.Cell{Number: count + 1, Code: cell}, out)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if o.Err != nil {
		return fmt.Errorf("%s, problem %s: %w", path, variable, o.Err)
	}
	fmt.Println(o.Value[display.Text])
	return nil
}
