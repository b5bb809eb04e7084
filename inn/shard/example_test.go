package shard_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/shard"
)

// Two tasks of an array job, one after the other.
func ExampleMake() {
	sum := inn.Problem{
		Name:     "sum",
		X:        inn.Vars("a", "b"),
		Y:        inn.Vars("s"),
		Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} },
	}
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sum.npz")
	for task := range 2 {
		state, err := shard.Make(sum, 1000, 1, path, &shard.Settings{Shards: 10, Task: shard.Task{Index: task, Count: 2}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(state.Done, "of", state.Shards, "shards; merged:", state.Merged)
	}
	pairs, err := inn.LoadPairs(path)
	fmt.Println(pairs.Len(), "pairs, error", err)
	// Output:
	// 5 of 10 shards; merged: false
	// 10 of 10 shards; merged: true
	// 1000 pairs, error <nil>
}
