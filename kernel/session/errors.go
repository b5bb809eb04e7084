package session

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// CompileError is the name of the error of a cell that was not run.
const CompileError = "compile error"

// The names of other errors.
const (
	panicked    = "panic"
	interrupted = "interrupted"
	failed      = "error" // an error that the cell returned
)

// An Error is why a cell did not succeed. Traceback is for people: the message
// with places in cells and their source lines.
type Error struct {
	Name, Message string
	Traceback     []string
	Exit          *int // what the cell wanted its process to end with, if it did

	returned bool // a value of the cell is the error
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

// A FailureOutput is an output that is told of errors beside the cell that runs,
// such as the panic of a goroutine that the cell of this number started.
type FailureOutput interface {
	display.Output
	Failed(cell int, e *Error)
}

// Beside tells an output of an error beside the cell that runs: one that is no
// FailureOutput shows it.
func Beside(out display.Output, cell int, e *Error) {
	if f, ok := out.(FailureOutput); ok {
		f.Failed(cell, e)
		return
	}
	out.Stream("stderr", strings.Join(e.Traceback, "\n")+"\n")
}

// A problem is something wrong at a place in a cell.
type problem struct {
	pos token.Position // line and column, in bytes, of the cell
	msg string
}

// at is a problem at an offset of a cell.
func at(src string, offset int, msg string) problem {
	before := src[:offset]
	line := strings.Count(before, "\n")
	return problem{token.Position{Line: line + 1, Column: offset - (strings.LastIndexByte(before, '\n') + 1) + 1}, msg}
}

// maxProblems is how many problems of a cell are told.
const maxProblems = 10

// compileFailure is the error of a cell that was not run.
func (u *unit) compileFailure(problems []problem) *Error {
	slices.SortStableFunc(problems, func(a, b problem) int {
		if a.pos.Line != b.pos.Line {
			return a.pos.Line - b.pos.Line
		}
		return a.pos.Column - b.pos.Column
	})
	problems = slices.CompactFunc(problems, func(a, b problem) bool { return a.pos.Line == b.pos.Line && a.msg == b.msg })
	e := &Error{Name: CompileError}
	for i, p := range problems {
		if i == maxProblems {
			e.Traceback = append(e.Traceback, fmt.Sprintf("and %d more", len(problems)-i))
			break
		}
		where, excerpt := u.place(p.pos)
		if i == 0 {
			e.Message = fmt.Sprintf("%s: %s", where, p.msg)
		}
		e.Traceback = append(e.Traceback, fmt.Sprintf("%s: %s", where, p.msg))
		e.Traceback = append(e.Traceback, excerpt...)
	}
	return e
}

// place says where a position is, and gives the line of source there with a
// caret under the column.
func (u *unit) place(p token.Position) (where string, excerpt []string) {
	lines := strings.Split(strings.TrimRight(u.src, " \t\r\n"), "\n")
	if p.Line > len(lines) { // the parser found something missing at the end
		p.Line, p.Column = len(lines), len(lines[len(lines)-1])+1
	}
	if p.Line < 1 {
		return fmt.Sprintf("cell %d", u.number), nil
	}
	text := strings.TrimRight(lines[p.Line-1], "\r")
	before := text[:min(max(p.Column-1, 0), len(text))]
	where = fmt.Sprintf("cell %d, line %d, column %d", u.number, p.Line, utf8.RuneCountInString(before)+1)
	var pad strings.Builder
	for _, r := range before {
		if r != '\t' {
			r = ' '
		}
		pad.WriteRune(r)
	}
	return where, []string{"    " + text, "    " + pad.String() + "^"}
}

// line says where a position is, without the column, and gives its line.
func (u *unit) line(p token.Position) (where string, excerpt []string) {
	_, excerpt = u.place(p)
	if len(excerpt) == 0 {
		return fmt.Sprintf("cell %d", u.number), nil
	}
	return fmt.Sprintf("cell %d, line %d", u.number, p.Line), excerpt[:1]
}
