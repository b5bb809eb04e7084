package notebook

import (
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mathML turns the TeX of a formula into MathML, which browsers draw without
// a script. It knows what formulas in notebooks are made of: scripts,
// fractions, roots, accents, fences, matrices, alphabets and the common
// symbols. ok is false for anything else; the TeX itself is then shown.
func mathML(tex string, block bool) (s string, ok bool) {
	if strings.ContainsFunc(tex, func(r rune) bool { return !unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
		return "", false
	}
	p := &texParser{rest: tex}
	body := p.row("")
	if p.unknown != "" || p.rest != "" {
		return "", false
	}
	attr := ""
	if block {
		attr = ` display="block"`
	}
	return fmt.Sprintf(`<math%s><mrow>%s</mrow></math>`, attr, body), true
}

// A texParser reads TeX from the left. The first thing it does not know is
// kept in unknown, and what it returns is then of no use.
type texParser struct {
	rest     string
	unknown  string
	depth    int
	alphabet rune // the capital A that letters are now written with; 0 for italics
}

// maxDepth is how deep groups may nest.
const maxDepth = 100

func (p *texParser) fail(what string) string {
	if p.unknown == "" {
		p.unknown = what
	}
	p.rest = ""
	return ""
}

// token takes the next token: a command with its backslash, or a character.
// It is empty at the end.
func (p *texParser) token() string {
	tok := p.peek()
	p.rest = p.rest[len(tok):]
	return tok
}

func (p *texParser) peek() string {
	s := strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	p.rest = s
	if s == "" {
		return ""
	}
	_, n := utf8.DecodeRuneInString(s)
	if s[0] != '\\' {
		return s[:n]
	}
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	if n == 1 && len(s) > 1 {
		_, size := utf8.DecodeRuneInString(s[1:])
		n += size
	}
	return s[:n]
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// row reads atoms up to a closing token, which it takes: "}", `\right`,
// `\end`, or the end of the formula if close is empty.
func (p *texParser) row(close string) string {
	if p.depth++; p.depth > maxDepth {
		return p.fail("deep nesting")
	}
	defer func() { p.depth-- }()
	var b strings.Builder
	for {
		tok := p.peek()
		switch {
		case tok == close:
			p.token()
			return b.String()
		case tok == "" || tok == "}" || tok == `\right` || tok == `\end`:
			return p.fail("unbalanced " + tok)
		case tok == "&" || tok == `\\`:
			if close != `\end` {
				return p.fail(tok)
			}
			p.token()
			b.WriteString(cellBreak[tok])
		default:
			b.WriteString(p.scripted())
		}
	}
}

// cellBreak marks the places where tables are cut; the runes are private.
var cellBreak = map[string]string{"&": "\ue010", `\\`: "\ue011"}

// scripted reads an atom with its subscript, superscript and primes.
func (p *texParser) scripted() string {
	limits := underOver[p.peek()]
	base := "<mrow></mrow>"
	if t := p.peek(); t != "^" && t != "_" && t != "'" {
		base = p.atom()
	}
	var sub, sup string
	for {
		switch p.peek() {
		case "_":
			p.token()
			if sub != "" {
				return p.fail("double subscript")
			}
			sub = p.arg()
		case "^":
			p.token()
			if sup != "" {
				return p.fail("double superscript")
			}
			sup = p.arg()
		case "'":
			p.token()
			sup += `<mo lspace="0" rspace="0">′</mo>`
		default:
			return script(base, sub, sup, limits)
		}
	}
}

func script(base, sub, sup string, limits bool) string {
	under, over, both := "msub", "msup", "msubsup"
	if limits {
		under, over, both = "munder", "mover", "munderover"
	}
	element := func(name string, parts ...string) string {
		for i, part := range parts {
			parts[i] = "<mrow>" + part + "</mrow>"
		}
		return "<" + name + ">" + strings.Join(parts, "") + "</" + name + ">"
	}
	switch {
	case sub != "" && sup != "":
		return element(both, base, sub, sup)
	case sub != "":
		return element(under, base, sub)
	case sup != "":
		return element(over, base, sup)
	}
	return base
}

// arg reads the argument of a command or script: a group or one token, so
// that \frac12 is a half.
func (p *texParser) arg() string {
	if t := p.peek(); t != "" && t[0] >= '0' && t[0] <= '9' {
		return p.digits(p.token())
	}
	return p.atom()
}

// atom reads one thing: a group, a command with its arguments, a number or a
// character.
func (p *texParser) atom() string {
	tok := p.token()
	switch {
	case tok == "":
		return p.fail("end of formula")
	case tok == "{":
		return "<mrow>" + p.row("}") + "</mrow>"
	case tok[0] == '\\':
		return p.command(tok)
	case tok[0] >= '0' && tok[0] <= '9':
		n := 0
		for n < len(p.rest) && (p.rest[n] >= '0' && p.rest[n] <= '9' || p.rest[n] == '.' && n+1 < len(p.rest) && p.rest[n+1] >= '0' && p.rest[n+1] <= '9') {
			n++
		}
		tok += p.rest[:n]
		p.rest = p.rest[n:]
		return p.digits(tok)
	case tok == "~":
		return `<mspace width="0.3em"></mspace>`
	case tok == "-":
		return "<mo>−</mo>"
	case tok == "*":
		return "<mo>∗</mo>"
	case strings.ContainsAny(tok, "%#$^_&"):
		return p.fail(tok)
	}
	if r, _ := utf8.DecodeRuneInString(tok); unicode.IsLetter(r) {
		return p.letter(r)
	}
	return operator(tok)
}

// operator writes an operator; the fences of plain TeX do not stretch.
func operator(s string) string {
	if strings.ContainsAny(s, "()[]|‖{}/") {
		return `<mo stretchy="false">` + s + "</mo>"
	}
	return "<mo>" + html.EscapeString(s) + "</mo>"
}

func (p *texParser) command(cmd string) string {
	if s, ok := letters[cmd]; ok {
		r, _ := utf8.DecodeRuneInString(s)
		return p.letter(r)
	}
	if s, ok := operators[cmd]; ok {
		return operator(s)
	}
	if functions[cmd] {
		return "<mi>" + cmd[1:] + "</mi><mo>&#x2061;</mo>"
	}
	if w, ok := spaces[cmd]; ok {
		return `<mspace width="` + w + `"></mspace>`
	}
	if accent, ok := accents[cmd]; ok {
		return `<mover accent="true"><mrow>` + p.arg() + `</mrow><mo stretchy=` + accent + "</mo></mover>"
	}
	if a, ok := alphabets[cmd]; ok {
		before := p.alphabet
		p.alphabet = a
		s := p.arg()
		p.alphabet = before
		return s
	}
	switch cmd {
	case `\frac`, `\dfrac`, `\tfrac`:
		return "<mfrac><mrow>" + p.arg() + "</mrow><mrow>" + p.arg() + "</mrow></mfrac>"
	case `\binom`:
		return `<mo>(</mo><mfrac linethickness="0"><mrow>` + p.arg() + "</mrow><mrow>" + p.arg() + "</mrow></mfrac><mo>)</mo>"
	case `\sqrt`:
		if p.peek() == "[" {
			index, rest, ok := strings.Cut(p.rest[1:], "]")
			if !ok {
				return p.fail(cmd)
			}
			p.rest = rest
			sub := &texParser{rest: index, depth: p.depth}
			root := sub.row("")
			if sub.unknown != "" {
				return p.fail(sub.unknown)
			}
			return "<mroot><mrow>" + p.arg() + "</mrow><mrow>" + root + "</mrow></mroot>"
		}
		return "<msqrt>" + p.arg() + "</msqrt>"
	case `\underline`:
		return "<munder><mrow>" + p.arg() + "</mrow><mo>_</mo></munder>"
	case `\text`, `\textrm`:
		return p.words()
	case `\operatorname`:
		return `<mi mathvariant="normal">` + html.EscapeString(p.name()) + "</mi><mo>&#x2061;</mo>"
	case `\left`:
		open := p.fence()
		body := p.row(`\right`)
		return "<mrow>" + open + body + p.fence() + "</mrow>"
	case `\big`, `\Big`, `\bigg`, `\Bigg`, `\bigl`, `\bigr`, `\Bigl`, `\Bigr`, `\biggl`, `\biggr`, `\middle`:
		return p.fence()
	case `\begin`:
		return p.table()
	case `\limits`, `\nolimits`, `\displaystyle`, `\nonumber`:
		return ""
	}
	return p.fail(cmd)
}

// words reads the text in braces as it is. Spaces at its ends count, which
// MathML would drop.
func (p *texParser) words() string {
	text := p.name()
	if strings.ContainsAny(text, `{\$`) {
		return p.fail("text " + text)
	}
	text = html.EscapeString(text)
	if t := strings.TrimLeft(text, " "); t != text {
		text = "\u00a0" + t
	}
	if t := strings.TrimRight(text, " "); t != text {
		text = t + "\u00a0"
	}
	return "<mtext>" + text + "</mtext>"
}

// fence reads the delimiter after \left, \right and \big.
func (p *texParser) fence() string {
	switch tok := p.token(); {
	case tok == ".":
		return ""
	case operators[tok] != "":
		return "<mo>" + html.EscapeString(operators[tok]) + "</mo>"
	case tok != "" && strings.Contains("()[]|/<>", tok):
		return "<mo>" + html.EscapeString(tok) + "</mo>"
	default:
		return p.fail("fence " + tok)
	}
}

// letter writes a letter in the alphabet of the moment. Unicode has one for
// each, with Greek only in bold among those here.
func (p *texParser) letter(r rune) string {
	first := p.alphabet
	switch {
	case first == 'A':
		return `<mi mathvariant="normal">` + string(r) + "</mi>"
	case first == 0:
	case r >= 'A' && r <= 'Z':
		r += first - 'A'
	case r >= 'a' && r <= 'z':
		r += first + 26 - 'a'
	case r >= 'α' && r <= 'ω' && first == '𝐀':
		r += '𝛂' - 'α'
	case r >= 'Α' && r <= 'Ω' && first == '𝐀':
		r += '𝚨' - 'Α'
	}
	if earlier, ok := lettersOutside[r]; ok {
		r = earlier
	}
	return "<mi>" + string(r) + "</mi>"
}

// digits writes a number in the alphabet of the moment.
func (p *texParser) digits(s string) string {
	zero := map[rune]rune{'𝐀': '𝟎', '𝔸': '𝟘'}[p.alphabet]
	if zero != 0 {
		s = strings.Map(func(r rune) rune {
			if r == '.' {
				return r
			}
			return zero + r - '0'
		}, s)
	}
	return "<mn>" + s + "</mn>"
}

// table reads an environment, after its \begin.
func (p *texParser) table() string {
	name := p.name()
	env, ok := environments[strings.TrimSuffix(name, "*")]
	if !ok {
		return p.fail("environment " + name)
	}
	if name == "array" && p.peek() == "{" { // the columns' alignments
		p.name()
	}
	body := p.row(`\end`)
	if p.name() != name {
		return p.fail("end of " + name)
	}
	var b strings.Builder
	rows := strings.Split(strings.TrimSuffix(body, cellBreak[`\\`]), cellBreak[`\\`])
	for _, row := range rows {
		b.WriteString("<mtr>")
		for i, cell := range strings.Split(row, cellBreak["&"]) {
			align := env.align
			if align == "rl" { // as in a = b with the = above one another
				align = []string{"right;padding-right:0", "left;padding-left:0"}[i%2]
			}
			fmt.Fprintf(&b, `<mtd style="text-align:%s">%s</mtd>`, align, cell)
		}
		b.WriteString("</mtr>")
	}
	table := "<mtable>" + b.String() + "</mtable>"
	if env.open != "" {
		table = "<mo>" + env.open + "</mo>" + table
	}
	if env.close != "" {
		table += "<mo>" + env.close + "</mo>"
	}
	return "<mrow>" + table + "</mrow>"
}

// name reads {name}.
func (p *texParser) name() string {
	if p.peek() != "{" {
		return p.fail("name")
	}
	name, rest, ok := strings.Cut(p.rest[1:], "}")
	if !ok {
		return p.fail("name")
	}
	p.rest = rest
	return name
}

var environments = map[string]struct{ open, close, align string }{
	"matrix":   {"", "", "center"},
	"pmatrix":  {"(", ")", "center"},
	"bmatrix":  {"[", "]", "center"},
	"vmatrix":  {"|", "|", "center"},
	"array":    {"", "", "center"},
	"cases":    {"{", "", "left"},
	"aligned":  {"", "", "rl"},
	"align":    {"", "", "rl"},
	"split":    {"", "", "rl"},
	"gathered": {"", "", "center"},
	"gather":   {"", "", "center"},
	"equation": {"", "", "center"},
}

// Commands whose scripts stand below and above them.
var underOver = set(`\sum \prod \bigcup \bigcap \max \min \sup \inf \lim \argmax \argmin`)

var functions = set(`\log \ln \exp \sin \cos \tan \arcsin \arccos \arctan \sinh \cosh \tanh ` +
	`\det \dim \ker \arg \max \min \sup \inf \lim \argmax \argmin \Pr \gcd`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

func pairs(words string) map[string]string {
	m := map[string]string{}
	f := strings.Fields(words)
	for i := 0; i+1 < len(f); i += 2 {
		m[f[i]] = f[i+1]
	}
	return m
}

var letters = pairs(`\alpha α \beta β \gamma γ \delta δ \epsilon ϵ \varepsilon ε \zeta ζ \eta η \theta θ
	\vartheta ϑ \iota ι \kappa κ \lambda λ \mu μ \nu ν \xi ξ \pi π \varpi ϖ \rho ρ \varrho ϱ \sigma σ
	\varsigma ς \tau τ \upsilon υ \phi ϕ \varphi φ \chi χ \psi ψ \omega ω \Gamma Γ \Delta Δ \Theta Θ
	\Lambda Λ \Xi Ξ \Pi Π \Sigma Σ \Upsilon Υ \Phi Φ \Psi Ψ \Omega Ω \ell ℓ \hbar ℏ \infty ∞ \partial ∂
	\nabla ∇ \emptyset ∅ \varnothing ∅ \Re ℜ \Im ℑ \aleph ℵ \ldots … \dots … \cdots ⋯ \vdots ⋮ \ddots ⋱
	\degree ° \top ⊤ \bot ⊥ \prime ′ \imath ı \jmath ȷ \% % \# # \$ $ \_ _`)

var operators = pairs(`\cdot ⋅ \times × \div ÷ \pm ± \mp ∓ \ast ∗ \star ⋆ \circ ∘ \bullet • \odot ⊙ \oplus ⊕
	\otimes ⊗ \le ≤ \leq ≤ \ge ≥ \geq ≥ \ll ≪ \gg ≫ \ne ≠ \neq ≠ \equiv ≡ \approx ≈ \sim ∼ \simeq ≃ \cong ≅
	\propto ∝ \in ∈ \notin ∉ \ni ∋ \subset ⊂ \subseteq ⊆ \supset ⊃ \supseteq ⊇ \cup ∪ \cap ∩ \setminus ∖
	\forall ∀ \exists ∃ \neg ¬ \land ∧ \wedge ∧ \lor ∨ \vee ∨ \to → \rightarrow → \leftarrow ← \gets ←
	\leftrightarrow ↔ \Rightarrow ⇒ \Leftarrow ⇐ \Leftrightarrow ⇔ \iff ⇔ \implies ⇒ \mapsto ↦
	\longrightarrow ⟶ \uparrow ↑ \downarrow ↓ \sum ∑ \prod ∏ \int ∫ \iint ∬ \oint ∮ \bigcup ⋃ \bigcap ⋂
	\mid ∣ \parallel ∥ \perp ⊥ \colon : \langle ⟨ \rangle ⟩ \lvert | \rvert | \vert | \lVert ‖ \rVert ‖ \Vert ‖
	\| ‖ \{ { \} } \lbrace { \rbrace } \lbrack [ \rbrack ] \lfloor ⌊ \rfloor ⌋ \lceil ⌈ \rceil ⌉ \backslash \ \& &
	\coloneqq ≔ \vdash ⊢`)

var spaces = pairs(`\, 0.167em \: 0.222em \> 0.222em \; 0.278em \! -0.167em \quad 1em \qquad 2em \enspace 0.5em`)

// An accent is whether it stretches, and its sign.
var accents = map[string]string{
	`\hat`: `"false">^`, `\widehat`: `"true">^`, `\bar`: `"false">¯`, `\overline`: `"true">¯`,
	`\tilde`: `"false">~`, `\widetilde`: `"true">~`, `\vec`: `"false">→`, `\dot`: `"false">˙`, `\ddot`: `"false">¨`,
}

// The capital A of each alphabet; of upright letters it is A itself.
var alphabets = map[string]rune{
	`\mathbf`: '𝐀', `\boldsymbol`: '𝐀', `\bm`: '𝐀', `\mathcal`: '𝒜', `\mathscr`: '𝒜', `\mathbb`: '𝔸',
	`\mathsf`: '𝖠', `\mathfrak`: '𝔄', `\mathrm`: 'A',
}

// Unicode had some letters before it had their alphabets.
var lettersOutside = map[rune]rune{
	'𝒜' + 1: 'ℬ', '𝒜' + 4: 'ℰ', '𝒜' + 5: 'ℱ', '𝒜' + 7: 'ℋ', '𝒜' + 8: 'ℐ', '𝒜' + 11: 'ℒ', '𝒜' + 12: 'ℳ', '𝒜' + 17: 'ℛ',
	'𝔸' + 2: 'ℂ', '𝔸' + 7: 'ℍ', '𝔸' + 13: 'ℕ', '𝔸' + 15: 'ℙ', '𝔸' + 16: 'ℚ', '𝔸' + 17: 'ℝ', '𝔸' + 25: 'ℤ',
	'𝔄' + 2: 'ℭ', '𝔄' + 7: 'ℌ', '𝔄' + 8: 'ℑ', '𝔄' + 17: 'ℜ', '𝔄' + 25: 'ℨ',
}
