package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A connection is what a connection file says. The file is only ever read.
type connection struct {
	Transport       string  `json:"transport"` // "tcp" or "ipc"
	IP              string  `json:"ip"`        // of an interface; for ipc the path that the socket files' names begin with
	Key             *string `json:"key"`       // an empty one turns signatures off
	SignatureScheme string  `json:"signature_scheme"`
	ShellPort       int     `json:"shell_port"`
	IOPubPort       int     `json:"iopub_port"`
	StdinPort       int     `json:"stdin_port"`
	ControlPort     int     `json:"control_port"`
	HeartbeatPort   int     `json:"hb_port"`
	Curve           string  `json:"curve_secretkey"` // jupyter_client's transport_encryption
}

func readConnection(path string) (*connection, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("jupyter: cannot read the connection file: %w", err)
	}
	c := connection{Transport: "tcp", SignatureScheme: "hmac-sha256"}
	name := filepath.Base(path)
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("jupyter: connection file %s is not the JSON that Jupyter writes: %w", name, err)
	}
	switch {
	case c.Transport != "tcp" && c.Transport != "ipc":
		return nil, fmt.Errorf("jupyter: connection file %s: transport %q is not one of tcp and ipc", name, c.Transport)
	case c.IP == "":
		return nil, fmt.Errorf("jupyter: connection file %s has no \"ip\"", name)
	case c.Key == nil:
		return nil, fmt.Errorf("jupyter: connection file %s has no \"key\"; without signatures it must be \"\"", name)
	case c.Curve != "":
		return nil, fmt.Errorf("jupyter: connection file %s asks for encryption by CurveZMQ, which this kernel has not: set transport_encryption to disabled", name)
	}
	seen := map[int]string{}
	for _, p := range c.ports() {
		if p.port < 1 || p.port > 65535 {
			return nil, fmt.Errorf("jupyter: connection file %s: %s must be from 1 to 65535, not %d", name, p.field, p.port)
		}
		if other := seen[p.port]; other != "" {
			return nil, fmt.Errorf("jupyter: connection file %s: %s and %s are both %d", name, other, p.field, p.port)
		}
		seen[p.port] = p.field
	}
	return &c, nil
}

type port struct {
	field string
	port  int
}

func (c *connection) ports() []port {
	return []port{{"shell_port", c.ShellPort}, {"iopub_port", c.IOPubPort}, {"stdin_port", c.StdinPort},
		{"control_port", c.ControlPort}, {"hb_port", c.HeartbeatPort}}
}

// listen opens one of the ports on the interface that the file names.
func (c *connection) listen(p port) (net.Listener, error) {
	network, address := "tcp", net.JoinHostPort(c.IP, strconv.Itoa(p.port))
	switch {
	case c.Transport == "ipc":
		network, address = "unix", fmt.Sprintf("%s-%d", c.IP, p.port)
	case c.IP == "*": // ZeroMQ's name of every interface
		address = net.JoinHostPort("", strconv.Itoa(p.port))
	case strings.HasPrefix(c.IP, "["):
		address = c.IP + ":" + strconv.Itoa(p.port)
	}
	l, err := net.Listen(network, address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("jupyter: %s %s is in use by another program; start the kernel again to get other ports", p.field, address)
	}
	return nil, fmt.Errorf("jupyter: cannot listen on %s: %w", p.field, err)
}
