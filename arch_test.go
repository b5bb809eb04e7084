package main

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/innkeeper-notebook/innkeeper"

// arrows are the imports of our own packages that each room may have, as
// ARCHITECTURE.md draws them. A folder below a room follows the room's rule.
var arrows = map[string]string{
	"kernel/jupyter":          "",
	"kernel/display":          "inn/plot/svg",
	"kernel/nb":               "kernel/display kernel/widget inn inn/metric inn/plot inn/progress",
	"kernel/session":          "kernel/display kernel/native kernel/native/wire kernel/nb stdlib inn/progress inn/rows",
	"kernel/native":           "kernel/native/wire",
	"kernel/session/suites":   "kernel/session kernel/display",
	"kernel/session/programs": "",
	"kernel/notebook":         "kernel/display kernel/session",
	"kernel/worker":           "kernel/display kernel/session kernel/widget",
	"kernel/widget":           "kernel/display",
	"inn":                     "inn/coverage inn/file inn/progress inn/rows inn/scale inn/tensor inn/layer inn/mmd inn/train",
	"inn/tensor":              "",
	"inn/layer":               "inn/tensor",
	"inn/file":                "inn/layer",
	"inn/layer/layertest":     "inn/layer inn/tensor",
	"inn/rows":                "",
	"inn/coverage":            "",
	"inn/scale":               "",
	"inn/mmd":                 "inn/tensor",
	"inn/train":               "inn/tensor inn/progress",
	"inn/sim":                 "inn inn/cube inn/progress inn/sim/photon inn/sim/cluster",
	"inn/sim/photon":          "",
	"inn/sim/cluster":         "",
	"inn/metric":              "inn inn/layer inn/progress inn/scale inn/tensor inn/train",
	"inn/method":              "inn inn/coverage inn/file inn/layer inn/mmd inn/scale inn/train inn/tensor inn/progress",
	"inn/plot":                "inn inn/cube inn/metric inn/scale inn/plot/svg",
	"inn/plot/svg":            "",
	"inn/progress":            "",
	"install":                 "",
	"inn/shard":               "inn inn/progress",
	"inn/cube":                "",
	"benchmarks":              "inn inn/mmd inn/tensor inn/train",
	"benchmarks/tasks":        "inn inn/layer inn/method inn/metric inn/tensor inn/train",
}

// only says which rooms may import some of the libraries.
var only = map[string]string{
	"github.com/traefik/yaegi":     "kernel/session stdlib", // the engine stays replaceable
	"github.com/go-zeromq/zmq4":    "kernel/jupyter",        // the transport stays replaceable
	"github.com/yuin/goldmark":     "kernel/notebook",
	"github.com/alecthomas/chroma": "kernel/notebook",
	"github.com/sbinet/npyio":      "inn",
	"github.com/reeflective":       "", // the repl command alone
}

func TestImportArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(strings.TrimPrefix(fields[0], module), "/")
		if room == "" || room == "stdlib" || strings.HasPrefix(room, "stdlib/") {
			continue // main joins the rooms; the symbol tables export them
		}
		name := room
		for name != "" && arrows[name] == "" {
			if _, ok := arrows[name]; ok {
				break
			}
			name = name[:max(0, strings.LastIndex(name, "/"))]
		}
		if _, ok := arrows[name]; !ok {
			t.Errorf("%s: no arrows are drawn for this folder; draw them here and in ARCHITECTURE.md", room)
			continue
		}
		seen[name] = true
		for _, path := range fields[1:] {
			if own, ok := strings.CutPrefix(path, module+"/"); ok {
				inside := own == room || strings.HasPrefix(own, name+"/") && name != "inn"
				if !inside && !strings.Contains(" "+arrows[name]+" ", " "+own+" ") {
					t.Errorf("%s imports %s; it may import: %s", room, own, arrows[name])
				}
			}
			for lib, rooms := range only {
				if strings.HasPrefix(path, lib) && !strings.Contains(" "+rooms+" ", " "+name+" ") {
					t.Errorf("%s imports %s, which only %s may import", room, path, rooms)
				}
			}
		}
	}
	for room := range arrows {
		if !seen[room] {
			t.Errorf("arrows are drawn for %s, which has no package", room)
		}
	}
}
