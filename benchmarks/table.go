package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// header says what the figures were taken on and with.
func header(w io.Writer, versions [competitors]string, processors int, processor bool, others float64) {
	fmt.Fprintf(w, "%s, commit %s, on %d processors (%s), %s.\n", time.Now().Format("2 January 2006"), commit(), processors, model(), runtime.Version())
	fmt.Fprintf(w, "Here: %s, no C library. Peer: %s.\n", versions[ours], versions[eager])
	if processor {
		fmt.Fprintln(w, "One thread each; seconds are the processor's.")
	}
	fmt.Fprintf(w, "Other processes took %.0f %% of the processors meanwhile.\n\n", 100*others)
}

// rows writes the table; a rate's best and worst rounds come with its median.
func rows(w io.Writer, races []race) {
	fmt.Fprintln(w, "| network | work | here, a second | share of peak | 1 to 2 workers | eager | here / eager | compile | here / compile | MB here, eager, compile |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range races {
		share := "-"
		if o := r.perCount(); o > 0 && r.peak > 0 {
			share = fmt.Sprintf("%.0f %%", 100*o*r.rate[ours]/r.peak)
		}
		scaling := fmt.Sprintf("%.2f", r.rate[ours]/r.rate[oursOne])
		if r.Processor {
			scaling = "-"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %.0f, %.0f, %.0f |\n",
			r.Name, r.work, r.speed(ours), share, scaling,
			r.speed(eager), r.over(eager), r.speed(compiled), r.over(compiled),
			r.memory[ours], r.memory[eager], r.memory[compiled])
	}
	fmt.Fprint(w, "\nThe peer's fastest settings: ")
	for i, r := range races {
		if i > 0 {
			fmt.Fprint(w, "; ")
		}
		fmt.Fprintf(w, "%s %s: %s", r.Name, r.work, r.note[eager])
		if note := r.note[compiled]; note != "" {
			fmt.Fprint(w, ", ", note)
		}
	}
	fmt.Fprintln(w, ".")
}

// perCount is how many floating-point operations one count is.
func (r race) perCount() float64 {
	switch r.work {
	case "train":
		return r.operations()
	case "sample":
		return r.operationsOfDraw()
	}
	return 2 * 500 * 500 * 5 * float64(r.D)
}

// over is how many times faster innkeeper is than a competitor.
func (r race) over(i int) string {
	if r.rate[i] == 0 {
		return "-"
	}
	return fmt.Sprintf("**%.2f**", r.rate[ours]/r.rate[i])
}

func (r race) speed(i int) string {
	if r.rate[i] == 0 { // no competitor
		return "-"
	}
	f := func(v float64) string {
		switch {
		case v >= 1e4:
			return fmt.Sprintf("%.0fk", v/1e3)
		case v >= 100:
			return fmt.Sprintf("%.0f", v)
		}
		return fmt.Sprintf("%.3g", v)
	}
	return fmt.Sprintf("%s (%s-%s)", f(r.rate[i]), f(r.spread[i][0]), f(r.spread[i][1]))
}

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return string(bytes.TrimSpace(out))
}

// model is the processor's name.
func model() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(rest, "\t :"))
		}
	}
	return runtime.GOARCH
}

// busy is how long the processors together have worked since the system
// started, 0 where the system does not tell.
func busy() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	var user, nice, system int64
	fmt.Sscanf(string(text), "cpu %d %d %d", &user, &nice, &system)
	return time.Duration(user+nice+system) * time.Second / 100
}

// own is how long this process has run on a processor, in steps of 10 ms.
func own() time.Duration {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / 100
}
