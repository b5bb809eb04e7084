package shard

import (
	"fmt"
	"strconv"
)

// A Task is one process's share of the work: of Count tasks, number Index
// makes the shards Index, Index + Count, Index + 2 Count and so on. The zero
// Task makes them all.
type Task struct{ Index, Count int }

func (t Task) check() error {
	if t != (Task{}) && !(0 <= t.Index && t.Index < t.Count) {
		return fmt.Errorf("shard: task %d of %d: want an index from 0 to one less than the count", t.Index, t.Count)
	}
	return nil
}

func (t Task) has(shard int) bool { return t.Count < 2 || shard%t.Count == t.Index }

// ArrayTask is the task that the environment says this process is, in an array
// job of Slurm (SLURM_ARRAY_TASK_ID and its kin) or an indexed job of
// Kubernetes (JOB_COMPLETION_INDEX); the zero Task outside of both. Kubernetes
// does not tell a pod how many there are: shards, which must be given, is the
// number of completions, and each pod makes one.
func ArrayTask(getenv func(string) string, shards int) (Task, error) {
	if getenv("SLURM_ARRAY_TASK_ID") != "" {
		return slurmTask(getenv)
	}
	if getenv("JOB_COMPLETION_INDEX") == "" {
		return Task{}, nil
	}
	index, err := number(getenv, "JOB_COMPLETION_INDEX")
	if err != nil {
		return Task{}, err
	}
	if shards < 1 {
		return Task{}, fmt.Errorf("shard: in a job with JOB_COMPLETION_INDEX give the number of shards, which is the job's completions")
	}
	if index < 0 || index >= shards {
		return Task{}, fmt.Errorf("shard: JOB_COMPLETION_INDEX is %d, but there are %d shards: make as many as the job has completions", index, shards)
	}
	return Task{index, shards}, nil
}

func slurmTask(getenv func(string) string) (Task, error) {
	var v [4]int
	for i, name := range []string{"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"} {
		var err error
		if v[i], err = number(getenv, name); err != nil {
			return Task{}, err
		}
	}
	id, count, lowest, highest := v[0], v[1], v[2], v[3]
	// Of a list such as 1,5,6 a task does not know its place.
	step := 1
	if count > 1 {
		step = (highest - lowest) / (count - 1)
	}
	if count < 1 || step < 1 || lowest+(count-1)*step != highest || id < lowest || id > highest || (id-lowest)%step != 0 {
		return Task{}, fmt.Errorf("shard: the array job has %d tasks from %d to %d, this one is %d; want them evenly spaced. "+
			"To make what is missing, submit the whole array again: finished shards are skipped", count, lowest, highest, id)
	}
	return Task{(id - lowest) / step, count}, nil
}

func number(getenv func(string) string, name string) (int, error) {
	n, err := strconv.Atoi(getenv(name))
	if err != nil {
		return 0, fmt.Errorf("shard: the environment variable %s is %q, want a number", name, getenv(name))
	}
	return n, nil
}
