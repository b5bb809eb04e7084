package tensor

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The assembly is what its generators write.
func TestAssemblyIsFresh(t *testing.T) {
	// The generators run here, whatever the tests are built for.
	run := func(args ...string) ([]byte, error) {
		cmd := exec.Command("go", append([]string{"-C", "asm"}, args...)...)
		cmd.Env = append(os.Environ(), "GOARCH=", "GOFLAGS=")
		return cmd.CombinedOutput()
	}
	if out, err := run("mod", "download"); err != nil {
		t.Skipf("the generators' modules cannot be had: %v\n%s", err, out)
	}
	dir := t.TempDir()
	for _, c := range []struct {
		generator, code, stubs string
		more                   []string
	}{
		{".", "kernels_amd64.s", "kernels_stub_amd64.go", []string{"-pkg", "tensor"}},
		{"./neon", "neon_arm64.s", "neon_stub_arm64.go", nil},
	} {
		code, stubs := filepath.Join(dir, c.code), filepath.Join(dir, c.stubs)
		if out, err := run(append([]string{"run", c.generator, "-out", code, "-stubs", stubs}, c.more...)...); err != nil {
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
}
