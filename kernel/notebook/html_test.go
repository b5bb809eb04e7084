package notebook

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

func htmlOf(t *testing.T, cells ...*Cell) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, &Notebook{Cells: cells}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func shown(bundles ...display.Bundle) *Cell {
	c := &Cell{Type: "code", Source: "x", Count: 3}
	for _, b := range bundles {
		c.Outputs = append(c.Outputs, &Output{Type: "display_data", Data: b})
	}
	return c
}

func TestHTMLTakesTheBestFormat(t *testing.T) {
	all := []struct{ mime, value, want string }{
		{"text/html", "<b>bold</b>", "<b>bold</b>"},
		{"image/svg+xml", `<?xml version="1.0"?><svg viewBox="0 0 1 1"></svg>`, `aria-label="Figure of cell 3"><svg viewBox`},
		{"image/png", "iVBO\nRw0K\n", `<img alt="Figure of cell 3" src="data:image/png;base64,iVBORw0K">`},
		{"text/markdown", "*stressed*", "<em>stressed</em>"},
		{"text/latex", `$\frac{1}{2}$`, "<mfrac>"},
		{"text/plain", "1 < 2", `<pre class="plain">1 &lt; 2</pre>`},
		{"application/json", "[1]", ""},
	}
	for i := range all {
		b := display.Bundle{"application/vnd.jupyter.widget-view+json": map[string]any{}}
		for _, f := range all[i:] {
			b[f.mime] = f.value
		}
		page := htmlOf(t, shown(b))
		for k, f := range all {
			if f.want != "" && strings.Contains(page, f.want) != (k == i) {
				t.Errorf("formats from %s on: %s shown is %v", all[i].mime, f.mime, k != i)
			}
		}
	}
	if page := htmlOf(t, shown(display.Bundle{"application/json": map[string]any{"a": 1}})); !strings.Contains(page, "&#34;a&#34;: 1") {
		t.Error("JSON alone is not shown")
	}
}

// A page must not reach for anything outside itself.
func TestHTMLIsSelfContained(t *testing.T) {
	nb, err := ReadFile("testdata/jupyter45.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	page := htmlOf(t, nb.Cells...)
	outside := regexp.MustCompile(`<(script|link)|@import|(src|url)\s*[=(]\s*["']?(?:https?:|//|file:)`)
	if found := outside.FindString(page); found != "" {
		t.Errorf("the page has %s", found)
	}
	if !strings.Contains(page, `src="data:image/png;base64,iVBOR`) || strings.Contains(page, "attachment:") {
		t.Error("the attached image is not in the page")
	}
}

func TestHTMLEscapes(t *testing.T) {
	c := code("a < b && \"<script>\"")
	c.Outputs = []*Output{
		{Type: "stream", Name: "stdout", Text: "\x1b[1;31m<script>red\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07\n"},
		{Type: "error", ErrorName: "E", Traceback: []string{"\x1b[31m<script>E\x1b[0m: boom"}},
	}
	page := htmlOf(t, words("# A & <b>B</b>"), c, &Cell{Type: "raw", Source: "<script>"})
	if strings.Contains(page, "<script>") {
		t.Error("text became a script")
	}
	for _, want := range []string{
		"<title>A &amp; B</title>", "<pre class=\"stream\">&lt;script&gt;red link</pre>", "<pre class=\"error\">&lt;script&gt;E: boom</pre>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not on the page", want)
		}
	}
}

func TestHTMLMarkdown(t *testing.T) {
	page := htmlOf(t, words("## Same\n\n|a|b|\n|--|--|\n|1|2|\n"), words("## Same\n<kbd>k</kbd>\n\n```go\nfunc f() {}\n```"), code("x := 1 // y"))
	for _, want := range []string{
		`<h2 id="same">`, `<h2 id="same-1">`, "<th>a</th>", "<kbd>k</kbd>", `<span class="kd">func</span>`, `<span class="c1">// y`, ".chroma .kd",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not on the page", want)
		}
	}
	if !strings.Contains(htmlOf(t, code("x")), "<title>Notebook</title>") {
		t.Error("no title without a heading")
	}
}

// Drawings share the page, and must not take each other's clip paths.
func TestHTMLDrawingsKeepApart(t *testing.T) {
	one := `<svg><clipPath id="c"/><path clip-path="url(#c)"/><use xlink:href="#c"/></svg>`
	page := htmlOf(t, shown(display.Bundle{"image/svg+xml": one}, display.Bundle{"image/svg+xml": one}))
	for _, want := range []string{`id="fig1-c"`, `url(#fig1-c)`, `href="#fig1-c"`, `id="fig2-c"`, `url(#fig2-c)`} {
		if strings.Count(page, want) != 1 {
			t.Errorf("%s is there %d times", want, strings.Count(page, want))
		}
	}
	page = htmlOf(t, shown(display.Bundle{"image/svg+xml": `<svg><style>p{display:none}</style></svg>`}))
	if !strings.Contains(page, `src="data:image/svg+xml;base64,`) {
		t.Error("a drawing with a style sheet acts on the whole page")
	}
}

func TestMathIsFound(t *testing.T) {
	for _, c := range []struct {
		source string
		want   []string
	}{
		{"$x$ and $$y$$", []string{"$x$", "$$y$$"}},
		{"costs $5 and $10, or $ 7 $", nil},
		{`\$x$ is no formula, $a\$b$ is`, []string{`$ is no formula, $`}},
		{"`$x$` and ``$`y`$``", nil},
		{"```\n$x$\n```\n$y$", []string{"$y$"}},
		{"$a\nb$", []string{"$a\nb$"}},
		{"$a\n\nb$", nil},
		{"$$\na\n= b\n$$", []string{"$$\na\n= b\n$$"}},
		{`\begin{align*}a\end{align*}`, []string{`\begin{align*}a\end{align*}`}},
		{"$x_1$ * $y_1$", []string{"$x_1$", "$y_1$"}},
	} {
		rest, got := takeMath(c.source)
		if c.source[0] == '\\' && c.source[1] == '$' {
			c.want = []string{`$a\$b$`}
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q has the formulas %q, want %q", c.source, got, c.want)
		}
		back := place.ReplaceAllStringFunc(rest, func(string) string { f := got[0]; got = got[1:]; return f })
		if back != c.source {
			t.Errorf("%q came back as %q", c.source, back)
		}
	}
}

func TestMathML(t *testing.T) {
	for tex, want := range map[string]string{
		"x^2":                "<msup><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow></msup>",
		"a_i^j":              "<msubsup><mrow><mi>a</mi></mrow><mrow><mi>i</mi></mrow><mrow><mi>j</mi></mrow></msubsup>",
		`\frac12`:            "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>",
		`\mathbb R`:          "<mi>ℝ</mi>",
		`\mathbf{x}`:         "<mrow><mi>𝐱</mi></mrow>",
		`\boldsymbol\theta`:  "<mi>𝛉</mi>",
		`\mathcal{L}`:        "<mrow><mi>ℒ</mi></mrow>",
		`\mathrm{O_2}`:       `<mrow><msub><mrow><mi mathvariant="normal">O</mi></mrow><mrow><mn>2</mn></mrow></msub></mrow>`,
		`3.14-\pi`:           "<mn>3.14</mn><mo>−</mo><mi>π</mi>",
		`\text{if } x`:       "<mtext>if\u00a0</mtext><mi>x</mi>",
		`\sum_{i}`:           "<munder><mrow><mo>∑</mo></mrow><mrow><mrow><mi>i</mi></mrow></mrow></munder>",
		`\left( x \right.`:   "<mrow><mo>(</mo><mi>x</mi></mrow>",
		`\sqrt[3]{x}`:        "<mroot><mrow><mrow><mi>x</mi></mrow></mrow><mrow><mn>3</mn></mrow></mroot>",
		`a < b`:              "<mi>a</mi><mo>&lt;</mo><mi>b</mi>",
		`\hat x`:             `<mover accent="true"><mrow><mi>x</mi></mrow><mo stretchy="false">^</mo></mover>`,
		`\operatorname{MMD}`: `<mi mathvariant="normal">MMD</mi><mo>&#x2061;</mo>`,
		`\begin{matrix}a&b\\c\end{matrix}`: `<mrow><mtable><mtr><mtd style="text-align:center"><mi>a</mi></mtd>` +
			`<mtd style="text-align:center"><mi>b</mi></mtd></mtr><mtr><mtd style="text-align:center"><mi>c</mi></mtd></mtr></mtable></mrow>`,
	} {
		got, ok := mathML(tex, false)
		if want = "<math><mrow>" + want + "</mrow></math>"; !ok || got != want {
			t.Errorf("%s: %v\n got %s\nwant %s", tex, ok, got, want)
		}
	}
	for _, tex := range []string{
		`\unknown`, "{a", "a}", "a_1_2", "a^", `\frac{1}`, `\left(a`, `a & b`, `\begin{matrix}a`, `\begin{nope}a\end{nope}`,
		`\begin{matrix}a\end{pmatrix}`, `\sqrt[3`, `\text a`, strings.Repeat("{", 1000), "#", `\`,
	} {
		if got, ok := mathML(tex, false); ok {
			t.Errorf("%.30s is taken for a formula: %s", tex, got)
		}
	}
	if got := formula(`$\unknown<$`); got != `<code class="tex">$\unknown&lt;$</code>` {
		t.Errorf("a formula that is not understood is shown as %s", got)
	}
}

// FuzzMathML holds that what is made of TeX is well-formed XML.
func FuzzMathML(f *testing.F) {
	for _, s := range []string{`\frac{a_1}{\sqrt[3]{x'}}`, `\begin{cases}1&\text{a<b}\\2\end{cases}`, `\left\{\mathbf{\alpha x}\right|`, `\operatorname{a&b}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tex string) {
		s, ok := mathML(strings.ToValidUTF8(tex, ""), true)
		if !ok {
			return
		}
		dec := xml.NewDecoder(strings.NewReader(s))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatalf("%q: %v\n%s", tex, err, s)
			}
		}
	})
}
