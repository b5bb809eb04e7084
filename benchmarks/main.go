// Command benchmarks trains and samples the paper's networks here and in
// PyTorch, in turns on the same cores, and prints a table. benchmarks/run
// installs what it needs and calls it.
//
// Every competitor is a process of its own that waits, idle, for requests on
// its standard input; peer.py speaks the same way. A round asks each of them in
// turn for the same few seconds of work, and the table shows the medians of the
// rounds, so that whatever else the machine does falls on all alike.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A Network is what both sides build, train and sample. peer.py reads it as
// JSON; its widths are those of FrEIA's GLOWCouplingBlock, one perceptron for s
// and t together.
type Network struct {
	Name                  string
	D, M, K, Nominal      int // x, y, z, and the row with its padding
	Blocks, Layers, Width int
	Batch                 int       // 0: not a network but the discrepancy alone
	Clamp                 float64   // of s
	Widths                []float64 // of the inverse multiquadratic kernels
	Pairs                 int
	Tune                  float64  // seconds for each setting that the peer tries
	Compilers             []string // modes of torch.compile to try
	Processor             bool     // count the processor's seconds, on one thread
}

// networks are those of the paper's appendix 8 as far as it tells, widths from
// the authors' code, and a ladder of widths of the medical one in batches of 500.
var networks = []Network{
	{Name: "mixture", D: 2, M: 4, K: 2, Nominal: 16, Blocks: 3, Layers: 3, Width: 64, Batch: 200},
	{Name: "kinematics", D: 4, M: 2, K: 4, Nominal: 10, Blocks: 6, Layers: 3, Width: 128, Batch: 200},
	{Name: "medical", D: 13, M: 8, K: 13, Nominal: 26, Blocks: 3, Layers: 4, Width: 128, Batch: 200},
	{Name: "astronomy", D: 19, M: 69, K: 17, Nominal: 86, Blocks: 5, Layers: 4, Width: 256, Batch: 500},
	{Name: "H=64", D: 13, M: 8, K: 13, Nominal: 26, Blocks: 3, Layers: 4, Width: 64, Batch: 500},
	{Name: "H=128", D: 13, M: 8, K: 13, Nominal: 26, Blocks: 3, Layers: 4, Width: 128, Batch: 500},
	{Name: "H=256", D: 13, M: 8, K: 13, Nominal: 26, Blocks: 3, Layers: 4, Width: 256, Batch: 500},
	{Name: "H=512", D: 13, M: 8, K: 13, Nominal: 26, Blocks: 3, Layers: 4, Width: 512, Batch: 500},
	{Name: "MMD 500x500", D: 16},
}

func main() {
	var (
		python  = flag.String("python", "python3", "a Python with requirements.txt")
		quick   = flag.Bool("quick", false, "one small network and the discrepancy, short rounds")
		rounds  = flag.Int("rounds", 8, "rounds, of which the first does not count")
		seconds = flag.Float64("seconds", 1.5, "of work in a round")
		shared  = flag.Bool("busy", false, "for a machine that others use too: one thread each, and the processor's seconds for the clock's")
		only    = flag.String("only", "", "networks, separated by commas; all if empty")
		noComp  = flag.Bool("eager", false, "leave torch.compile away, which takes a minute or two to compile a network")
		serve   = flag.String("serve", "", "used by the program itself: be the competitor for this network, with -workers")
		workers = flag.Int("workers", runtime.GOMAXPROCS(0), "with -serve")
	)
	flag.Parse()
	if *serve != "" {
		exit(compete(os.Stdin, os.Stdout, *serve, *workers))
		return
	}
	peer := filepath.Join("benchmarks", "peer.py")
	if _, err := os.Stat(peer); err != nil {
		exit(fmt.Errorf("benchmarks: run it from the top of the tree, where benchmarks/peer.py is: %w", err))
	}
	self, err := os.Executable()
	exit(err)
	modes := []string{"default", "max-autotune-no-cudagraphs"}
	tune, names := 1.0, strings.Split(*only, ",")
	if *quick {
		*rounds, *seconds, tune, modes = 6, 0.5, 0.2, modes[:1]
		if *only == "" {
			names = []string{"mixture", "MMD 500x500"}
		}
	}
	var (
		races    []race
		versions [competitors]string
		used     time.Duration
		from     = time.Now()
		busyFrom = busy()
	)
	for _, n := range networks {
		if names[0] != "" && !slices.Contains(names, n.Name) {
			continue
		}
		n.Clamp, n.Widths, n.Pairs, n.Tune, n.Compilers = 2, []float64{0.5, 1, 2}, 20000, tune, modes
		if n.Processor = *shared; n.Processor {
			*workers = 1
		}
		text, err := json.Marshal(n)
		exit(err)
		commands := [competitors][]string{
			ours:     {self, "-serve", string(text), "-workers", fmt.Sprint(*workers)},
			oursOne:  {self, "-serve", string(text), "-workers", "1"},
			eager:    {*python, peer, "eager", string(text)},
			compiled: {*python, peer, "compile", string(text)},
		}
		if *noComp {
			commands[compiled] = nil
		}
		fmt.Fprintln(os.Stderr, n.Name)
		rs, vs, took, err := run(n, commands, *rounds, *seconds, *workers)
		exit(err)
		races, versions, used = append(races, rs...), vs, used+took
		rows(os.Stderr, rs)
	}
	others := float64(busy()-busyFrom-used-own()) / float64(time.Since(from)) / float64(runtime.NumCPU())
	header(os.Stdout, versions, *workers, *shared, max(0, others))
	rows(os.Stdout, races)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
