package install

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// A Finding is one sentence of a doctor.
type Finding struct {
	State State
	Text  string
}

// A State says how good what was found is.
type State int

// Something is as it should be, is worth knowing, or is wrong.
const (
	Right State = iota
	Note
	Wrong
)

// Check looks at what innkeeper needs of Jupyter: a kernelspec that starts
// this binary, and a JupyterLab for innkeeper lab. It starts the JupyterLabs
// that it finds for their versions, and changes nothing.
func Check(ctx context.Context) []Finding {
	return append(checkSpecs(), checkLabs(ctx)...)
}

func checkSpecs() []Finding {
	var list []Finding
	var prefixes []string
	if p, err := sysPrefix(); err == nil { // not above bin where the PATH has shims, as pyenv's
		prefixes = append(prefixes, p)
	}
	paths := dataPaths(prefixes...)
	for _, f := range specs(paths) {
		list = append(list, f.check())
	}
	if len(list) == 0 {
		return []Finding{{Wrong, fmt.Sprintf("Jupyter does not know the kernel, for none of %s has kernels/%s: run innkeeper install",
			strings.Join(paths, ", "), KernelName)}}
	}
	return list
}

func (f found) check() Finding {
	const again = ": run innkeeper install"
	if f.err != nil {
		return Finding{Wrong, fmt.Sprintf("the kernelspec in %s starts no kernel, for %v", f.dir, cause(f.err)) + again}
	}
	binary, err := exec.LookPath(f.binary)
	switch {
	case err != nil:
		return Finding{Wrong, fmt.Sprintf("the kernelspec in %s starts %s, which cannot be run (%v)", f.dir, f.binary, lookCause(err)) + again}
	case !thisBinary(binary):
		return Finding{Wrong, fmt.Sprintf("the kernelspec in %s starts %s, which is another innkeeper than this one", f.dir, binary) + again}
	}
	return Finding{Right, fmt.Sprintf("Jupyter's kernelspec in %s starts this innkeeper", f.dir)}
}

// lookCause is what exec.LookPath found wrong, without the name.
func lookCause(err error) error {
	if e, ok := err.(*exec.Error); ok {
		return cause(e.Err)
	}
	return cause(err)
}

func checkLabs(ctx context.Context) []Finding {
	var list []Finding
	public := false
	if path, err := exec.LookPath("jupyter-lab"); err == nil {
		version, err := labVersion(ctx, path)
		switch {
		case err != nil:
			list = append(list, Finding{Note, fmt.Sprintf("%s does not start (%v), so innkeeper lab uses a private JupyterLab", path, err)})
		case major(version) < 4:
			list = append(list, Finding{Note, fmt.Sprintf("%s is JupyterLab %s, older than 4, so innkeeper lab uses a private one", path, version)})
		default:
			public = true
			list = append(list, Finding{Right, fmt.Sprintf("%s is JupyterLab %s", path, version)})
		}
	}
	return append(list, checkPrivateLab(ctx, public)...)
}

// checkPrivateLab looks at the environment that innkeeper lab makes where there
// is no other JupyterLab, and at what it would make it with.
func checkPrivateLab(ctx context.Context, public bool) []Finding {
	env, err := labEnv()
	if err != nil {
		return []Finding{{Wrong, err.Error()}}
	}
	if _, err := os.Stat(env); err == nil {
		version, err := labVersion(ctx, envPython(env), "-m", "jupyterlab")
		switch {
		case err == nil:
			return []Finding{{Right, fmt.Sprintf("the private JupyterLab %s in %s works", version, env)}}
		case public:
			return []Finding{{Note, fmt.Sprintf("the private JupyterLab in %s does not start (%v), and is not needed", env, err)}}
		}
		return []Finding{{Wrong, fmt.Sprintf("the private JupyterLab in %s does not start (%v): run innkeeper lab, which makes it anew", env, err)}}
	}
	if public {
		return nil
	}
	python, err := findPython(ctx)
	if err != nil {
		return []Finding{{Wrong, fmt.Sprintf("there is no JupyterLab: %v", strings.TrimPrefix(err.Error(), "install: "))}}
	}
	return []Finding{{Note, fmt.Sprintf("there is no JupyterLab yet: innkeeper lab makes a private one with %s", python)}}
}
