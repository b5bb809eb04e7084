//go:build !unix

package session

import (
	"errors"
	"os"
)

// A shellGroup is a command and all that it starts.
type shellGroup struct{}

func startShell(string, *os.File, *os.File) (*shellGroup, error) {
	return nil, errors.New("commands run on Unix systems only")
}

func (*shellGroup) wait() error { return nil }
func (*shellGroup) interrupt()  {}
func (*shellGroup) kill()       {}
