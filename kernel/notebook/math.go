package notebook

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A formula's place in Markdown is held by its number between two runes of
// Unicode's private area, because Markdown would read a formula's underscores
// and backslashes as its own. Jupyter does the same.
const mathOpen, mathClose = '\ue000', '\ue001'

var place = regexp.MustCompile(string(mathOpen) + `([0-9]+)` + string(mathClose))

// takeMath takes the formulas out of Markdown: $...$, $$...$$ and
// \begin{...}...\end{...}, outside code. A dollar sign opens a formula when
// something follows it directly and closes one when something stands directly
// before it and no digit after it, so that "$5 and $10" are prices.
func takeMath(source string) (string, []string) {
	var formulas []string
	var b strings.Builder
	rest := strings.Map(func(r rune) rune {
		if r == mathOpen || r == mathClose {
			return -1
		}
		return r
	}, source)
	lineStart := true
	for rest != "" {
		n := 0 // bytes of code, an escape or a formula at the start of rest
		switch {
		case lineStart && fence.MatchString(rest):
			n = fenced(rest)
		case rest[0] == '`':
			n = codeSpan(rest)
		case rest[0] == '\\' && len(rest) > 1 && (rest[1] == '$' || rest[1] == '\\' || rest[1] == '`'):
			n = 2
		default:
			if n = mathLen(rest); n > 0 {
				b.WriteString(string(mathOpen) + strconv.Itoa(len(formulas)) + string(mathClose))
				formulas = append(formulas, rest[:n])
				rest, lineStart = rest[n:], false
				continue
			}
			_, n = utf8.DecodeRuneInString(rest)
		}
		b.WriteString(rest[:n])
		lineStart = rest[n-1] == '\n'
		rest = rest[n:]
	}
	return b.String(), formulas
}

// putMath puts the formulas into the HTML made of the Markdown.
func putMath(page string, formulas []string) string {
	return place.ReplaceAllStringFunc(page, func(s string) string {
		i, err := strconv.Atoi(strings.Trim(s, string([]rune{mathOpen, mathClose})))
		if err != nil || i >= len(formulas) {
			return ""
		}
		return formula(formulas[i])
	})
}

// formula is the HTML of a formula in its dollar signs or environment: MathML
// or, where that fails, the TeX as it is.
func formula(tex string) string {
	body, block := tex, true
	if s, ok := strings.CutPrefix(tex, "$$"); ok {
		body = strings.TrimSuffix(s, "$$")
	} else if s, ok := strings.CutPrefix(tex, "$"); ok {
		body, block = strings.TrimSuffix(s, "$"), false
	}
	if s, ok := mathML(body, block); ok {
		return s
	}
	return `<code class="tex">` + html.EscapeString(tex) + "</code>"
}

var fence = regexp.MustCompile("^ {0,3}(```+|~~~+)")

// fenced is the length of a fenced code block.
func fenced(s string) int {
	mark := strings.TrimSpace(fence.FindString(s))
	n := 0
	for line := range strings.Lines(s) {
		first := n == 0
		n += len(line)
		if t := strings.TrimSpace(line); !first && strings.HasPrefix(t, mark) && strings.Trim(t, mark[:1]) == "" {
			return n
		}
	}
	return n
}

// codeSpan is the length of a code span, or of the backquotes alone when
// nothing closes them.
func codeSpan(s string) int {
	n := len(s) - len(strings.TrimLeft(s, "`"))
	for i := n; i < len(s); {
		k := strings.IndexByte(s[i:], '`')
		if k < 0 {
			break
		}
		i += k
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		i += run
		if run == n {
			return i
		}
	}
	return n
}

var begin = regexp.MustCompile(`^\\begin\{([a-z]+\*?)\}`)

// mathLen is the length of the formula at the start of s, 0 if there is none.
// A formula does not cross an empty line.
func mathLen(s string) int {
	if m := begin.FindStringSubmatch(s); m != nil {
		end := `\end{` + m[1] + "}"
		if i := strings.Index(s, end); i > 0 && !emptyLine.MatchString(s[:i]) {
			return i + len(end)
		}
		return 0
	}
	if strings.HasPrefix(s, "$$") {
		if i := strings.Index(s[2:], "$$"); i > 0 && !emptyLine.MatchString(s[:i+2]) {
			return i + 4
		}
		return 0
	}
	if s[0] != '$' || len(s) < 3 || unicode.IsSpace(rune(s[1])) {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\n' && strings.HasPrefix(strings.TrimLeft(s[i+1:], " \t"), "\n"):
			return 0
		case s[i] == '$':
			if unicode.IsSpace(rune(s[i-1])) || i+1 < len(s) && unicode.IsDigit(rune(s[i+1])) {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

var emptyLine = regexp.MustCompile(`\n[ \t]*\n`)
