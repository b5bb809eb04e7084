// Command innkeeper is a Jupyter kernel and scripting environment for Go with
// invertible neural networks built in.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/install"
	"github.com/innkeeper-notebook/innkeeper/kernel/notebook"
)

// A command is one verb of the command line.
type command struct {
	name, args, help string
	run              func(ctx context.Context, args []string) error
}

var commands = []command{
	{"lab", "[notebook.ipynb]", "open a notebook in JupyterLab, installing what is missing", lab},
	{"run", "file", "execute a notebook and write it with an HTML page beside it, or a .go script", run},
	{"repl", "", "run cells in this terminal", repl},
	{"simulate", "problem", "make training pairs of a built-in problem", simulate},
	{"install", "", "make the kernel known to Jupyter", installKernel},
	{"uninstall", "", "take the kernel away from Jupyter again", uninstallKernel},
	{"doctor", "", "say what is right and what is wrong with the installation", doctor},
	{"version", "", "say which innkeeper this is", version},
	{"kernel", "connection.json", "serve one notebook; Jupyter calls this", serveKernel},
	{"worker", "token", "run the cells of a kernel; the kernel calls this", serveWorker},
}

// errUsage ends a command whose flags were wrong: flag has already said how.
var errUsage = errors.New("usage")

func main() {
	ctx := context.Background()
	name, args := "help", []string(nil)
	if len(os.Args) > 1 {
		name, args = os.Args[1], os.Args[2:]
	}
	if name == "--version" {
		name = "version"
	}
	for _, c := range commands {
		if c.name != name {
			continue
		}
		if !slices.Contains([]string{"kernel", "worker", "uninstall"}, name) {
			for _, sentence := range install.Repair() {
				fmt.Fprintln(os.Stderr, "innkeeper:", sentence)
			}
		}
		if !slices.Contains([]string{"kernel", "worker", "repl"}, name) { // there the signal interrupts a cell
			var stop context.CancelFunc
			ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
			defer stop()
		}
		var exit *notebook.Exit
		switch err := c.run(ctx, args); {
		case err == nil, errors.Is(err, flag.ErrHelp):
		case errors.As(err, &exit): // a script's own
			os.Exit(exit.Code)
		case errors.Is(err, errUsage):
			os.Exit(2)
		default:
			fmt.Fprintln(os.Stderr, "innkeeper "+name+":", err)
			os.Exit(1)
		}
		return
	}
	if name == "help" || name == "-h" || name == "--help" {
		usage(os.Stdout)
		return
	}
	fmt.Fprintf(os.Stderr, "innkeeper: there is no command %q\n\n", name)
	usage(os.Stderr)
	os.Exit(2)
}

// version says what a report of a fault should name.
func version(_ context.Context, args []string) error {
	if _, err := parse(flags("version", ""), args, ""); err != nil {
		return err
	}
	fmt.Printf("innkeeper %s, %s, %s/%s, %s\n", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, tensor.Instructions())
	return nil
}

func usage(w *os.File) {
	fmt.Fprint(w, "innkeeper: Go notebooks with invertible neural networks\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  innkeeper %-30s %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	fmt.Fprint(w, "\n'innkeeper COMMAND -h' lists the flags of a command.\n")
}

// parse reads the flags of a command, which may stand before or after its one
// positional argument, and returns that argument.
func parse(fs *flag.FlagSet, args []string, positional string) (string, error) {
	var rest []string
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return "", err
			}
			return "", errUsage
		}
		if args = fs.Args(); len(args) > 0 {
			rest = append(rest, args[0])
			args = args[1:]
		}
	}
	optional := strings.HasPrefix(positional, "[") || positional == ""
	switch {
	case len(rest) == 0 && !optional:
		return "", fmt.Errorf("which %s? Try: innkeeper %s %s", positional, fs.Name(), positional)
	case len(rest) > 1 || len(rest) == 1 && positional == "":
		return "", fmt.Errorf("unexpected argument %q", rest[len(rest)-1])
	case len(rest) == 0:
		return "", nil
	}
	return rest[0], nil
}

// flags makes a flag set that prints its own usage line.
func flags(name, args string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "usage: innkeeper %s %s\n", name, strings.TrimSpace("[flags] "+args))
		fs.PrintDefaults()
	}
	return fs
}
