package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/sim"
)

// simulate makes training pairs of a built-in problem.
func simulate(ctx context.Context, args []string) error {
	fs := flags("simulate", "problem")
	n := fs.Int("n", 15000, "`pairs` to make")
	seed := fs.Uint64("seed", 1, "`seed` of every random draw")
	path := fs.String("o", "", "`file` to write (default: problem.npz)")
	problem, err := parse(fs, args, "problem ("+strings.Join(sim.Problems(), ", ")+")")
	if err != nil {
		return err
	}
	if *path == "" {
		*path = problem + ".npz"
	}
	defer progress.Observe(func(r progress.Report) error {
		end := ""
		if r.Ended {
			end = "\n"
		}
		fmt.Fprintf(os.Stderr, "\r%-70s%s", r, end)
		return ctx.Err()
	})()
	pairs, note, err := sim.Make(problem, *n, *seed)
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped; nothing is written")
	}
	if err != nil {
		return err
	}
	if err := pairs.Save(*path, note); err != nil {
		return err
	}
	fmt.Println("wrote", *path, "and", *path+".sha256")
	return nil
}
