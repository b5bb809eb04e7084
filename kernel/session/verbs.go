package session

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// verbs prepares a format and its operands for package fmt, which sees boxes:
// the name of an operand's type, a width or precision of a cell's type, and
// operands that no verb uses are written into the format. Every verb then says
// which operand is its own. An error can be wrapped where wraps says so.
func verbs(format string, list []any, wraps bool) (string, []any) {
	list = openedAll(list)
	if !slices.ContainsFunc(list, strange) {
		return format, list
	}
	f := &formatReader{text: format, args: list, wraps: wraps}
	var b strings.Builder
	for f.at < len(format) {
		f.good = true
		n := strings.IndexByte(format[f.at:], '%')
		if n < 0 {
			b.WriteString(format[f.at:])
			break
		}
		b.WriteString(format[f.at : f.at+n])
		f.at += n + 1
		b.WriteString(f.verb())
	}
	if !f.ordered && f.arg < len(list) {
		var rest []string
		for _, a := range list[f.arg:] {
			if a == nil {
				rest = append(rest, "<nil>")
				continue
			}
			rest = append(rest, typeName(a)+"="+fmt.Sprintf("%v", a))
		}
		b.WriteString(literal("%!(EXTRA " + strings.Join(rest, ", ") + ")"))
	}
	if !f.numbered { // numbers keep package fmt from telling of extra operands
		list = nil
	}
	return b.String(), list
}

// strange reports whether package fmt does not know the name of a value's type.
func strange(v any) bool {
	if _, ok := out(v).(Box); ok {
		return true
	}
	t := reflect.TypeOf(v)
	return t != nil && nameOfType(t) != t.String()
}

// literal is a text as a part of a format.
func literal(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// A formatReader reads a format as package fmt does.
type formatReader struct {
	text    string
	args    []any
	at, arg int
	wraps   bool
	ordered bool // by numbers of operands in the format
	good    bool // so far, the operand that is named is there

	numbered bool // what is written has such numbers
}

// index reads the number of an operand, as in %[2]d, and reports whether one is
// there.
func (f *formatReader) index() bool {
	if f.at >= len(f.text) || f.text[f.at] != '[' {
		return false
	}
	f.ordered = true
	end := strings.IndexByte(f.text[f.at:], ']')
	if end < 0 {
		f.good = false
		f.at++
		return false
	}
	n, err := strconv.Atoi(f.text[f.at+1 : f.at+end])
	f.at += end + 1
	if err != nil || n < 1 || n > len(f.args) {
		f.good = false
		return err == nil
	}
	f.arg = n - 1
	return true
}

func (f *formatReader) digits() string {
	from := f.at
	for f.at < len(f.text) && f.text[f.at] >= '0' && f.text[f.at] <= '9' {
		f.at++
	}
	return f.text[from:f.at]
}

func (f *formatReader) next(c byte) bool {
	if f.at < len(f.text) && f.text[f.at] == c {
		f.at++
		return true
	}
	return false
}

// star is a width or precision that an operand gives: its number where it is of
// a cell's type, or else a star that says which.
func (f *formatReader) star() (text string, n int, known bool) {
	if f.arg >= len(f.args) {
		return "*", 0, false
	}
	a := f.args[f.arg]
	f.arg++
	if b, ok := out(a).(Box); ok {
		switch v := reflect.ValueOf(b.V); {
		case v.CanInt() && v.Int() <= 1e6 && v.Int() >= -1e6:
			return "", int(v.Int()), true
		case v.CanUint() && v.Uint() <= 1e6:
			return "", int(v.Uint()), true
		}
	}
	f.numbered = true
	return fmt.Sprintf("[%d]*", f.arg), 0, false
}

// verb reads what is behind a %, and writes it.
func (f *formatReader) verb() string {
	from := f.at
	for f.at < len(f.text) && strings.IndexByte("#0+- ", f.text[f.at]) >= 0 {
		f.at++
	}
	how := "%" + f.text[from:f.at]
	index := f.index()
	if f.next('*') {
		text, n, known := f.star()
		switch {
		case known && n < 0:
			text = "-" + strconv.Itoa(-n)
		case known && n > 0:
			text = strconv.Itoa(n)
		}
		how += text
		index = false
	} else if width := f.digits(); width != "" {
		how += width
		f.good = f.good && !index
	}
	if f.next('.') {
		f.good = f.good && !index
		index = f.index()
		if f.next('*') {
			text, n, known := f.star()
			switch {
			case !known:
				how += "." + text
			case n >= 0:
				how += "." + strconv.Itoa(n)
			}
			index = false
		} else {
			how += "." + f.digits()
		}
	}
	if !index {
		f.index()
	}
	if f.at >= len(f.text) {
		return literal("%!(NOVERB)")
	}
	verb, size := utf8.DecodeRuneInString(f.text[f.at:])
	f.at += size
	switch {
	case verb == '%':
		return "%%"
	case !f.good:
		return literal("%!" + string(verb) + "(BADINDEX)")
	case f.arg >= len(f.args):
		return literal("%!" + string(verb) + "(MISSING)")
	}
	a := f.args[f.arg]
	f.arg++
	if verb == 'T' && strange(a) && !strings.Contains(how, "*") {
		return literal(fmt.Sprintf(how+"s", typeName(a)))
	}
	if b, ok := out(a).(Box); ok && verb == 'w' && !strings.Contains(how, "*") {
		if _, is := a.(error); !is || !f.wraps {
			return literal(fmt.Sprint(unwrappable{b}))
		}
	}
	if b, ok := out(a).(Box); ok && verb == 'p' && !strings.Contains(how, "*") {
		switch reflect.ValueOf(b.V).Kind() {
		case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
			return fmt.Sprintf(how+"p", b.V)
		}
		return literal("%!p(" + typeName(a) + "=" + fmt.Sprint(a) + ")")
	}
	f.numbered = true
	return fmt.Sprintf("%s[%d]%c", how, f.arg, verb)
}

// An unwrappable value is printed as the verb %w prints what it does not wrap.
type unwrappable struct{ b Box }

// Format is for package fmt.
func (u unwrappable) Format(s fmt.State, _ rune) {
	p := &printer{State: s, verb: 'w', format: "%w"}
	p.bad(u.b.T, reflect.ValueOf(u.b.V), false)
}
