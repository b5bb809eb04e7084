package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// A competitor is a process that answers requests.
type competitor struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Scanner
	hello Answer
	note  map[string]string // for each kind of work
}

// start starts a competitor and waits until it has tried its settings.
func start(argv []string) (*competitor, error) {
	c := &competitor{cmd: exec.Command(argv[0], argv[1:]...), note: map[string]string{}}
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("benchmarks: %w", err)
	}
	c.hello, err = c.answer()
	return c, err
}

// ask sends a request and waits for the answer.
func (c *competitor) ask(request string) (Answer, error) {
	if _, err := fmt.Fprintln(c.in, request); err != nil {
		return Answer{}, fmt.Errorf("benchmarks: %s: %w", c.cmd, err)
	}
	return c.answer()
}

func (c *competitor) answer() (a Answer, err error) {
	if !c.out.Scan() {
		return a, fmt.Errorf("benchmarks: %s ended early", c.cmd)
	}
	return a, json.Unmarshal(c.out.Bytes(), &a)
}

// end ends the process; the kernel says then how long it ran on a processor.
func (c *competitor) end() time.Duration {
	c.in.Close()
	c.cmd.Wait()
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}

// The competitors of a race, in the table's order.
const (
	ours    = iota // with every processor
	oursOne        // with one
	eager
	compiled
	competitors
)

// A race is one kind of work on one network.
type race struct {
	Network
	work   string                  // "train", "sample" or "mmd"
	rate   [competitors]float64    // medians, a second
	memory [competitors]float64    // peaks, MB
	note   [competitors]string     // settings
	peak   float64                 // median of the processors', floating-point operations a second
	spread [competitors][2]float64 // of rate, the slowest and fastest round
}

// run races the commands on one network; one that is nil is no competitor.
func run(n Network, commands [competitors][]string, rounds int, seconds float64, processors int) (races []race, versions [competitors]string, used time.Duration, err error) {
	var cs [competitors]*competitor
	defer func() {
		for _, c := range cs {
			if c != nil {
				used += c.end()
			}
		}
	}()
	for i, argv := range commands {
		if argv == nil {
			continue
		}
		if cs[i], err = start(argv); err != nil {
			return nil, versions, 0, err
		}
		versions[i] = cs[i].hello.Version
	}
	works := []string{"train", "sample"}
	if n.Batch == 0 {
		works = []string{"mmd"}
	}
	for _, work := range works {
		r := race{Network: n, work: work}
		var rates [competitors][]float64
		var peaks []float64
		for round := range rounds {
			for k := range competitors {
				i := (round + k) % competitors // nobody always follows the same one
				if cs[i] == nil {
					continue
				}
				a, err := cs[i].ask(fmt.Sprintf("%s %g", work, seconds))
				if err != nil {
					return nil, versions, 0, err
				}
				r.note[i] = a.Note
				if round > 0 {
					rates[i] = append(rates[i], float64(a.Count)/a.Seconds)
				}
			}
			peaks = append(peaks, peak(processors, seconds/4, n.Processor))
		}
		r.peak = median(peaks)
		for i, c := range cs {
			if c == nil {
				continue
			}
			r.rate[i] = median(rates[i])
			r.spread[i] = [2]float64{slices.Min(rates[i]), slices.Max(rates[i])}
			a, err := c.ask("memory")
			if err != nil {
				return nil, versions, 0, err
			}
			r.memory[i] = a.Memory
		}
		if work == "sample" {
			for i := range r.rate {
				r.rate[i] *= draws
				r.spread[i][0] *= draws
				r.spread[i][1] *= draws
			}
		}
		races = append(races, r)
	}
	return races, versions, 0, nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
