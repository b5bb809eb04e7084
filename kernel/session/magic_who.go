package session

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// who lists what the session has.
func (s *Session) who(string) error {
	s.mu.Lock()
	pkg := s.checkedBefore(s.mine().plan.at)
	s.mu.Unlock()
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for _, kind := range []string{"variable", "constant", "function", "type"} {
		for _, n := range pkg.Scope().Names() {
			if c := candidate(pkg.Scope().Lookup(n), nil); c.Kind == kind && !strings.Contains(n, mark) {
				fmt.Fprintf(w, "%s\t%s\t%s\n", c.Text, c.Kind, c.Type)
			}
		}
	}
	return w.Flush()
}
