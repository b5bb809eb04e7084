//go:build unix

package photon

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkMCML runs MCML and this package in turns, each on one core, and
// compares the processor time that they take a photon. INNKEEPER_MCML is
// MCML 1.2.2 or what reads its input file, built with cc -O3; its C source is
// public (omlc.org, github.com/lhvwang/MCML).
//
//	INNKEEPER_MCML=./mcml go test -run - -bench MCML -benchtime 7x ./inn/sim/photon
func BenchmarkMCML(b *testing.B) {
	program := os.Getenv("INNKEEPER_MCML")
	if program == "" {
		b.Skip("$INNKEEPER_MCML is not set")
	}
	for _, c := range []struct {
		name    string
		s       Stack
		photons int // of MCML in a turn
	}{
		{"slab", benchSlab, 1_000_000},
		{"slab-refraction", Stack{[]Layer{{MuA: 10, MuS: 90, G: 0.75, N: 1.4, D: 0.02}}, 1, 1}, 1_000_000},
		{"three-layers", stacks()["three layers"], 300_000},
		{"tissue", benchTissue, 100_000},
		{"indices", Stack{[]Layer{
			{MuA: 5, MuS: 150, G: 0.87, N: 1.3, D: 0.08},
			{MuA: 5, MuS: 150, G: 0.87, N: 1.5, D: 0.06},
			{MuA: 5, MuS: 150, G: 0.87, N: 1.38, D: 0.05}}, 1, 1.2}, 100_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			input := filepath.Join(b.TempDir(), "in.mci")
			if err := os.WriteFile(input, []byte(mci(c.s, c.photons)), 0o644); err != nil {
				b.Fatal(err)
			}
			var theirs, ours, run []float64 // photons a second
			for range b.N {
				cmd := exec.Command(program, input)
				cmd.Dir = b.TempDir()
				if words, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, words)
				}
				theirs = append(theirs, float64(c.photons)/cmd.ProcessState.UserTime().Seconds())
				start := userTime(b)
				if _, err := Exits([]Stack{c.s}, 5*c.photons, 1); err != nil {
					b.Fatal(err)
				}
				middle := userTime(b)
				if _, err := Run(c.s.Layers, c.s.Above, c.s.Below, c.photons, rand.New(rand.NewPCG(1, 2))); err != nil {
					b.Fatal(err)
				}
				ours = append(ours, 5*float64(c.photons)/(middle-start).Seconds())
				run = append(run, float64(c.photons)/(userTime(b)-middle).Seconds())
			}
			median := func(v []float64) float64 { slices.Sort(v); return v[len(v)/2] }
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(theirs)/1e6, "MCML-M/s")
			b.ReportMetric(median(run)/1e6, "Run-M/s")
			b.ReportMetric(median(ours)/1e6, "Exits-M/s")
			b.ReportMetric(median(ours)/median(theirs), "times-MCML")
		})
	}
}

// userTime is the processor time that this process took.
func userTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}

// mci is MCML's input file.
func mci(s Stack, photons int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "1.0\n1\nout.mco A\n%d\n0.01 0.01\n40 50 1\n%d\n%g\n", photons, len(s.Layers), s.Above)
	for _, l := range s.Layers {
		fmt.Fprintf(&text, "%g %g %g %g %g\n", l.N, l.MuA, l.MuS, l.G, l.D)
	}
	fmt.Fprintf(&text, "%g\n", s.Below)
	return text.String()
}
