package main

const module = "github.com/innkeeper-notebook/innkeeper"

// patterns name the packages that get tables, as go list takes them.
var patterns = []string{
	"std",

	"gonum.org/v1/gonum/...",

	"gonum.org/v1/plot",
	"gonum.org/v1/plot/font",
	"gonum.org/v1/plot/palette",
	"gonum.org/v1/plot/palette/brewer",
	"gonum.org/v1/plot/palette/moreland",
	"gonum.org/v1/plot/plotter",
	"gonum.org/v1/plot/plotutil",
	"gonum.org/v1/plot/text",
	"gonum.org/v1/plot/vg",
	"gonum.org/v1/plot/vg/draw",
	"gonum.org/v1/plot/vg/vgimg",
	"gonum.org/v1/plot/vg/vgsvg",

	module + "/inn/...",
	module + "/kernel/nb",
	module + "/kernel/widget",
}

// leftOut are packages that a pattern matches but cells do not get, with the
// reason. Packages with an "internal" or "vendor" folder in their path, and
// those of innkeeper whose name ends in "test", are left out as well.
var leftOut = map[string]string{
	"gonum.org/v1/gonum":                        "exports nothing",
	"gonum.org/v1/gonum/blas/testblas":          "is for the tests of other packages",
	"gonum.org/v1/gonum/graph/encoding/dot":     dotted,
	"gonum.org/v1/gonum/graph/encoding/graphql": dotted,
	"gonum.org/v1/gonum/graph/formats/dot/fuzz": "is for the tests of another package",
	"gonum.org/v1/gonum/graph/testgraph":        "is for the tests of other packages",
	"gonum.org/v1/gonum/integrate/testquad":     "is for the tests of other packages",
	"gonum.org/v1/gonum/lapack/testlapack":      "is for the tests of other packages",
	"embed":                                     "works only with a //go:embed line at compile time",
	"expvar":                                    "publishes the process's command line on the default HTTP server when linked in",
	"log/syslog":                                "does not exist on Windows",
	"net/http/pprof":                            "publishes profiles on the default HTTP server when linked in",
	"plugin":                                    "loads code built by the very same toolchain, and not everywhere",
	"runtime/cgo":                               "is the runtime's side of cgo",
	"runtime/coverage":                          "writes the coverage of binaries built with -cover",
	"runtime/race":                              "is the race detector's runtime",
	"syscall":                                   "differs from system to system; os covers what a cell needs",
	"time/tzdata":                               "exports nothing and adds 450 kB of time zones",
	"unsafe":                                    "the interpreter's memory is not the program's",
	module + "/inn/coverage":                    "is behind the Warning of draws",
	module + "/inn/file":                        "is behind Save and Load, and would take the name file",
}

// leftOutNames are exported names that a table does not have, with the reason.
var leftOutNames = map[string]map[string]string{
	"testing": {
		"CoverBlock":         testMain,
		"Cover":              testMain,
		"Init":               testMain,
		"InternalBenchmark":  testMain,
		"InternalExample":    testMain,
		"InternalFuzzTarget": testMain,
		"InternalTest":       testMain,
		"M":                  testMain,
		"Main":               testMain,
		"MainStart":          testMain,
		"RegisterCover":      testMain,
		"RunBenchmarks":      testMain,
		"RunExamples":        testMain,
		"RunTests":           testMain,
	},
}

const dotted = "asks nodes and edges for methods one by one, which it does not see of a cell's"

const testMain = "is called by the main function that go test writes"

// replaced are functions whose place another one of package stdlib takes.
var replaced = map[string]map[string]string{
	"os": {"Exit": "osExit"},
	"gonum.org/v1/plot/plotter": {
		"NewXErrorBars": "newXErrorBars",
		"NewYErrorBars": "newYErrorBars",
	},
	"gonum.org/v1/plot/plotutil": {
		"AddXErrorBars": "addXErrorBars",
		"AddYErrorBars": "addYErrorBars",
	},
}
