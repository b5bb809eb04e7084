package jupyter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestConnectionFileErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := taken.Addr().(*net.TCPAddr).Port
	file := func(change, to string) string {
		good := fmt.Sprintf(`{"transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256",
			"shell_port": %d, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}`, busy)
		if !strings.Contains(good, change) {
			t.Fatalf("%s is not in the file", change)
		}
		return strings.Replace(good, change, to, 1)
	}
	for name, c := range map[string]struct{ file, want string }{
		"broken JSON":     {file("{", "["), "is not the JSON that Jupyter writes"},
		"a word as port":  {file(`"hb_port": 5`, `"hb_port": "five"`), "hb_port"},
		"no key":          {file(`"key": "k", `, ""), `has no "key"`},
		"no ip":           {file(`"ip": "127.0.0.1", `, ""), `has no "ip"`},
		"a port left out": {file(`, "hb_port": 5`, ""), "hb_port must be from 1 to 65535, not 0"},
		"a large port":    {file(`"hb_port": 5`, `"hb_port": 65536`), "not 65536"},
		"the same port":   {file(`"hb_port": 5`, `"hb_port": 4`), "control_port and hb_port are both 4"},
		"transport":       {file("tcp", "pgm"), `transport "pgm" is not one of tcp and ipc`},
		"scheme":          {file("hmac-sha256", "hmac-crc32"), `signature scheme "hmac-crc32" is not one of hmac-md5`},
		"encryption":      {file(`"key": "k"`, `"key": "k", "curve_publickey": "p", "curve_secretkey": "s"`), "asks for encryption by CurveZMQ"},
		"not an address":  {file("127.0.0.1", "no such host.invalid"), "cannot listen on shell_port"},
		"port in use":     {file("{", "{"), fmt.Sprintf("shell_port 127.0.0.1:%d is in use by another program", busy)},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kernel-1.json")
			if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			err := Serve(context.Background(), path, &fake{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "jupyter: ") {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	if err := Serve(context.Background(), filepath.Join(t.TempDir(), "none.json"), &fake{}); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("a missing file gave %v", err)
	}
}

// A port that cannot be had closes those that could.
func TestPortsAreReleased(t *testing.T) {
	c := freePorts(t)
	taken, err := c.listen(c.ports()[4])
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := newServer(t.Context(), c, &fake{}, ""); err == nil {
		t.Fatal("a server without its heartbeat")
	}
	for _, p := range c.ports()[:4] {
		l, err := c.listen(p)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}

// triedPorts counts those that freePorts has tried.
var triedPorts atomic.Int64

// freePorts is a connection whose ports nobody uses. They are below those that the system
// gives to whoever asks for any, which could be taken before a server listens, and other
// ones in each process.
func freePorts(t *testing.T) *connection {
	t.Helper()
	var ports []int
	for len(ports) < 5 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+(int64(os.Getpid())*100+triedPorts.Add(1))%12_000))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	key := "a key"
	return &connection{Transport: "tcp", IP: "127.0.0.1", Key: &key, SignatureScheme: "hmac-sha256",
		ShellPort: ports[0], IOPubPort: ports[1], StdinPort: ports[2], ControlPort: ports[3], HeartbeatPort: ports[4]}
}
