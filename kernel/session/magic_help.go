package session

import (
	"fmt"
	"text/tabwriter"
)

// help tells what there is besides Go.
func (s *Session) help(string) error {
	fmt.Fprintln(s.stdout, "A cell is Go: imports, declarations and statements in any order; the last expression is shown.")
	fmt.Fprintln(s.stdout, "Packages need no import. Lines that are not Go:")
	fmt.Fprintln(s.stdout)
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for _, m := range magics() {
		fmt.Fprintf(w, "  %s\t%s\n", m.form, m.help)
	}
	fmt.Fprintf(w, "  name?\tsays what a name is, and name?? all of its comment; alone in its cell\n")
	return w.Flush()
}
