package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// listed is what go list says of one package.
type listed struct {
	ImportPath string
	Name       string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	Export     string // the file of export data; none when it does not compile
	DepOnly    bool   // no pattern names it
	Error      *struct{ Err string }
}

// load compiles the packages of the patterns and returns them and their types
// in the order of their paths, and a line about each one that does not compile.
func load() (wanted []listed, pkgs []*types.Package, broken []string, err error) {
	args := []string{"list", "-e", "-export", "-deps", "-json=ImportPath,Name,Dir,GoFiles,CgoFiles,Export,DepOnly,Error"}
	cmd := exec.Command("go", append(args, patterns...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	exports := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, nil, fmt.Errorf("go list: %w", err)
		}
		exports[l.ImportPath] = l.Export
		if !l.DepOnly && forCells(l) {
			wanted = append(wanted, l)
		}
	}
	slices.SortFunc(wanted, func(a, b listed) int { return cmp.Compare(a.ImportPath, b.ImportPath) })

	imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s does not compile", path)
		}
		return os.Open(exports[path])
	})
	for _, l := range wanted {
		if l.Export == "" {
			reason := "something it imports does not compile"
			if l.Error != nil {
				reason = strings.TrimSpace(l.Error.Err)
			}
			broken = append(broken, l.ImportPath+": "+reason)
			continue
		}
		pkg, err := imp.Import(l.ImportPath)
		if err != nil {
			return nil, nil, nil, err
		}
		pkgs = append(pkgs, pkg)
	}
	return wanted, pkgs, broken, nil
}

// forCells says whether a listed package gets a table.
func forCells(l listed) bool {
	if _, out := leftOut[l.ImportPath]; out {
		return false
	}
	for part := range strings.SplitSeq(l.ImportPath, "/") {
		if part == "internal" || part == "vendor" {
			return false
		}
	}
	own := strings.HasPrefix(l.ImportPath, module+"/")
	return l.Name != "main" && !(own && strings.HasSuffix(l.ImportPath, "test"))
}
