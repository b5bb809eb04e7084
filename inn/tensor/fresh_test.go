package tensor

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The assembly is what its generator writes.
func TestAssemblyIsFresh(t *testing.T) {
	download := exec.Command("go", "-C", "asm", "mod", "download")
	if out, err := download.CombinedOutput(); err != nil {
		t.Skipf("the generator's modules cannot be had: %v\n%s", err, out)
	}
	dir := t.TempDir()
	code, stubs := filepath.Join(dir, "kernels_amd64.s"), filepath.Join(dir, "kernels_stub_amd64.go")
	if out, err := exec.Command("go", "-C", "asm", "run", ".", "-out", code, "-stubs", stubs, "-pkg", "tensor").CombinedOutput(); err != nil {
		t.Fatalf("the generator fails: %v\n%s", err, out)
	}
	for _, made := range []string{code, stubs} {
		want, err := os.ReadFile(made)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Base(made))
		if err != nil {
			t.Fatal(err)
		}
		// The first lines repeat the command, with its file names.
		_, got, _ = bytes.Cut(got, []byte("\n"))
		_, want, _ = bytes.Cut(want, []byte("\n"))
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: go generate ./inn/tensor", filepath.Base(made))
		}
	}
}
