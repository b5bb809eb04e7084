package session

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/nb"
)

// question is a cell that asks what a name or a magic is, as in IPython:
// math.Hypot? Two question marks ask for all of its comment.
var question = regexp.MustCompile(`^\s*(%{0,2}[\pL_][\pL\d_.]*)(\?{1,2})\s*$`)

// ask answers a cell that is a question, on the front end's pager.
func (s *Session) ask(ctx context.Context, cell Cell, out display.Output) (o Outcome, asked bool) {
	m := question.FindStringSubmatch(cell.Code)
	if m == nil {
		return o, false
	}
	text, ok := s.Inspect(m[1], len(m[1]), len(m[2])-1)
	if !ok {
		message := "nothing is called " + m[1]
		if strings.HasPrefix(m[1], "%") {
			message = unknownMagic(m[1])
		}
		if near := nearest(m[1], slices.Values(s.allNames(s.state))); near != "" && !strings.Contains(m[1], ".") {
			message += "; did you mean " + near + "?"
		}
		return Outcome{Err: &Error{Name: failed, Message: message, Traceback: []string{message}}}, true
	}
	c := nb.NewCell(ctx, out)
	c.Page(text)
	return Outcome{Payload: c.Payload()}, true
}
