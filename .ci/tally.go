// Command tally reads the events of go test -json and of .ci/test's own checks.
// It prints a line for each package and check as it ends and all that a failed
// test printed; then what failed, what was skipped, and the counts. It exits with
// 1 if anything failed or nothing was run, and with CI=true also if anything was
// skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// An event is what cmd/test2json documents.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// A test is one test, subtest or check, or with an empty name a package.
type test struct {
	pkg, name, action string
	output            []string
}

func main() {
	start := time.Now()
	tests := map[[2]string]*test{}
	var ended []*test
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			os.Stdout.Write(line) // the go command's own words
			continue
		}
		key := [2]string{e.Package, e.Test}
		if tests[key] == nil || e.Action == "start" || e.Action == "run" { // what is run twice, once with the race detector, may fail once
			tests[key] = &test{pkg: strings.TrimPrefix(e.Package, "github.com/innkeeper-notebook/"), name: e.Test}
		}
		t := tests[key]
		switch e.Action {
		case "build-output":
			fmt.Print(e.Output)
		case "output":
			t.output = append(t.output, e.Output)
		case "pass", "fail", "skip":
			t.action = e.Action
			ended = append(ended, t)
			if t.name == "" && t.action != "skip" || t.pkg == "check" { // a package is skipped for having no tests
				fmt.Printf("%-4s %7.1f s  %s %s\n", t.action, e.Elapsed, t.pkg, t.name)
			}
		}
	}

	count := map[string]int{}
	var skipped, failed []string
	for i, t := range ended {
		if !counts(t, ended[:i]) {
			continue
		}
		count[t.action]++
		switch t.action {
		case "fail":
			fmt.Printf("\n--- FAIL: %s %s\n%s", t.pkg, t.name, strings.Join(t.output, ""))
			for _, u := range tests {
				if t.name == "" && u.pkg == t.pkg && u.action == "" { // it ran when the package crashed
					fmt.Print(strings.Join(u.output, ""))
				}
			}
			failed = append(failed, t.pkg+" "+t.name)
		case "skip":
			skipped = append(skipped, t.pkg+" "+t.name+": "+reason(t))
		}
	}
	fmt.Println()
	for _, list := range []struct {
		title string
		lines []string
	}{{"skipped", skipped}, {"failed", failed}} {
		for _, line := range list.lines {
			fmt.Printf("%s: %s\n", list.title, line)
		}
	}
	fmt.Printf("after %.0f s\n", time.Since(start).Seconds())
	fmt.Printf("%d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
	if count["fail"] > 0 || count["pass"] == 0 || os.Getenv("CI") == "true" && count["skip"] > 0 {
		os.Exit(1)
	}
}

// counts reports whether t counts by itself: a test with subtests, or a
// package, does only if it failed and none of them did, as when it crashed.
func counts(t *test, before []*test) bool {
	inner := 0
	for _, b := range before {
		if b.pkg == t.pkg && b.name != "" && (t.name == "" || strings.HasPrefix(b.name, t.name+"/")) {
			inner++
			if b.action == "fail" {
				return false
			}
		}
	}
	if t.name == "" {
		return t.action == "fail"
	}
	return inner == 0 || t.action == "fail"
}

// reason is what a test said of why it skipped itself.
func reason(t *test) string {
	var said []string
	for _, line := range t.output {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}
