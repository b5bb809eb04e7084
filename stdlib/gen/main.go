// Command gen writes the interpreter's symbol tables, and the documentation of
// what they hold, into a folder:
//
//	go run ./gen DIR
//
// A package that does not compile is named on standard error, the tables of
// the others are written, and the exit status is 1.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen DIR")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// generate writes one table per package into dir, the list of what they do
// not have or say, and the documentation, and removes files that no package has any
// more.
func generate(dir string) error {
	wanted, pkgs, broken, err := load()
	if err != nil {
		return err
	}
	var kept []string
	skipped, runes := map[string][]string{}, map[string][]string{}
	for _, pkg := range pkgs {
		t := newTable(pkg)
		if len(t.skipped) > 0 {
			skipped[pkg.Path()] = t.skipped
		}
		if len(t.runes) > 0 {
			runes[pkg.Path()] = t.runes
		}
		name := filepath.Join(dir, t.fileName())
		src, err := t.source()
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, src, 0o644); err != nil {
			return err
		}
		kept = append(kept, name)
	}
	src, err := namesSource(skipped, runes)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "names.go"), src, 0o644); err != nil {
		return err
	}
	archive, own, err := docs(wanted, pkgs)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "docs"), 0o755); err != nil {
		return err
	}
	for name, text := range own {
		name = filepath.Join(dir, "docs", name)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
		kept = append(kept, name)
	}
	if err := os.WriteFile(filepath.Join(dir, "docs.zip"), archive, 0o644); err != nil {
		return err
	}
	for _, pattern := range []string{"sym_*.go", "docs/*.txt"} {
		old, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, name := range old {
			if !slices.Contains(kept, name) {
				if err := os.Remove(name); err != nil {
					return err
				}
			}
		}
	}
	if len(broken) > 0 {
		for _, b := range broken {
			fmt.Fprintln(os.Stderr, b)
		}
		return fmt.Errorf("no tables for %d packages that do not compile (above)", len(broken))
	}
	return nil
}
