package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/term"

	"github.com/innkeeper-notebook/innkeeper/install"
	"github.com/innkeeper-notebook/innkeeper/kernel/notebook"
)

// run executes a notebook or a script without Jupyter, in a process of its own,
// so that what kills the interpreter is an error with a reason.
func run(ctx context.Context, args []string) error {
	var o notebook.Options
	fs := flags("run", "notebook.ipynb | script.go [-- arguments of the script]")
	fs.StringVar(&o.Output, "o", "", "write the executed notebook to this `file` (default: notebook.executed.ipynb)")
	fs.BoolVar(&o.InPlace, "inplace", false, "write the outputs into the notebook itself")
	fs.StringVar(&o.HTML, "html", "", "write the page to this `file` (default: notebook.html)")
	memory := fs.Uint64("memory", 0, memoryUsage)
	fs.Func("p", "set a `name=value` of the cell tagged \"parameters\"; may be repeated", func(s string) error {
		p, err := notebook.ParseParameter(s)
		o.Parameters = append(o.Parameters, p)
		return err
	})
	var scripts []string // arguments after --
	if i := slices.Index(args, "--"); i >= 0 {
		args, scripts = args[:i], args[i+1:]
	}
	path, err := parse(fs, args, "file")
	if err != nil {
		return err
	}
	switch filepath.Ext(path) {
	case ".ipynb":
		if len(scripts) > 0 {
			return fmt.Errorf("%s is a notebook and takes no arguments: set its parameters with -p name=value", path)
		}
		return runNotebook(ctx, path, *memory, &o)
	case ".go":
		if fs.NFlag() > 0 {
			return fmt.Errorf("%s is a script, and flags of run are for notebooks: give the script its arguments after --", path)
		}
		return runScript(ctx, path, scripts)
	}
	return fmt.Errorf("%s is neither a notebook (.ipynb) nor a script (.go)", path)
}

func runNotebook(ctx context.Context, path string, memory uint64, o *notebook.Options) error {
	w, err := newWorker(process{memory: memory, dir: filepath.Dir(path)})
	if err != nil {
		return err
	}
	defer w.Close()
	o.Progress, o.Widgets = os.Stderr, w.Widgets
	return notebook.Run(ctx, path, w, o)
}

func runScript(ctx context.Context, path string, args []string) error {
	s, err := notebook.ReadScript(path)
	if err != nil {
		return err
	}
	stdin := io.Reader(os.Stdin)
	if term.IsTerminal(int(os.Stdin.Fd())) { // which lets no process of another group read
		stdin = struct{ io.Reader }{os.Stdin}
	}
	w, err := newWorker(process{args: append([]string{path}, args...), stdin: stdin})
	if err != nil {
		return err
	}
	defer w.Close()
	out := &terminal{out: os.Stdout, err: os.Stderr, columns: columns(os.Stdout)}
	defer out.end()
	return s.Run(ctx, w, out)
}

// lab opens a notebook in JupyterLab.
func lab(ctx context.Context, args []string) error {
	fs := flags("lab", "[notebook.ipynb]")
	quiet := fs.Bool("no-browser", false, "print the address instead of opening a browser")
	path, err := parse(fs, args, "[notebook.ipynb]")
	if err != nil {
		return err
	}
	var o install.LabOptions
	if *quiet {
		o.Args = []string{"--no-browser"}
	}
	return install.Lab(ctx, path, &o)
}

// installKernel makes the kernel known to Jupyter.
func installKernel(_ context.Context, args []string) error {
	fs := flags("install", "")
	o := prefixFlags(fs)
	fs.Uint64Var(&o.Memory, "memory", 0, memoryUsage)
	if _, err := parse(fs, args, ""); err != nil {
		return err
	}
	dir, err := install.Kernel(o)
	if err != nil {
		return err
	}
	fmt.Println("the kernel is installed in", dir)
	return nil
}

// uninstallKernel takes away what installKernel and lab installed.
func uninstallKernel(_ context.Context, args []string) error {
	fs := flags("uninstall", "")
	o := prefixFlags(fs)
	if _, err := parse(fs, args, ""); err != nil {
		return err
	}
	removed, err := install.Remove(o)
	for _, dir := range removed {
		fmt.Println("removed", dir)
	}
	if err == nil && len(removed) == 0 {
		fmt.Println("there was nothing to remove")
	}
	return err
}

// prefixFlags are the flags of install and uninstall.
func prefixFlags(fs *flag.FlagSet) *install.Options {
	var o install.Options
	fs.BoolVar(&o.User, "user", false, "use the user's own folder, as is done without flags")
	fs.Func("prefix", "use share/jupyter/kernels in this `folder`, not the user's own", func(folder string) error {
		if o.Prefix = folder; folder == "" {
			return errors.New("it is empty: give a folder")
		}
		return nil
	})
	fs.BoolVar(&o.SysPrefix, "sys-prefix", false, "use that of the Python on the PATH, such as the active virtual environment")
	return &o
}
