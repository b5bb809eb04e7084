package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/innkeeper-notebook/innkeeper/install"
	"github.com/innkeeper-notebook/innkeeper/kernel/notebook"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// run executes a notebook without Jupyter.
func run(ctx context.Context, args []string) error {
	var o notebook.Options
	fs := flags("run", "notebook.ipynb")
	fs.StringVar(&o.Output, "o", "", "write the executed notebook to this `file` (default: notebook.executed.ipynb)")
	fs.BoolVar(&o.InPlace, "inplace", false, "write the outputs into the notebook itself")
	fs.StringVar(&o.HTML, "html", "", "write the page to this `file` (default: notebook.html)")
	fs.Func("p", "set a `name=value` of the cell tagged \"parameters\"; may be repeated", func(s string) error {
		p, err := notebook.ParseParameter(s)
		o.Parameters = append(o.Parameters, p)
		return err
	})
	path, err := parse(fs, args, "notebook.ipynb")
	if err != nil {
		return err
	}
	s, err := session.New()
	if err != nil {
		return err
	}
	o.Progress = os.Stderr
	return notebook.Run(ctx, path, s, &o)
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
	fs.StringVar(&o.Prefix, "prefix", "", "use share/jupyter/kernels in this `folder`, not the user's own")
	fs.BoolVar(&o.SysPrefix, "sys-prefix", false, "use that of the Python on the PATH, such as the active virtual environment")
	return &o
}
