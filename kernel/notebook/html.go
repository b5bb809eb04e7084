package notebook

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

//go:embed page.css
var pageCSS string

var (
	codeStyle  = styles.Get("github")
	codeFormat = chromahtml.New(chromahtml.WithClasses(true), chromahtml.TabWidth(4))
)

// markdown leaves raw HTML as it is: a notebook's text is its author's, as
// the page is.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(goldhtml.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(fencedCode{}, 100))),
)

// WriteHTML writes the notebook as one page of HTML that needs nothing else:
// no script, no font and no file. Of an output's formats it takes the first
// of HTML, SVG, PNG (or JPEG, GIF), Markdown, LaTeX and plain text.
func WriteHTML(w io.Writer, nb *Notebook) error {
	p := &page{ids: parser.NewContext().IDs()}
	for _, c := range nb.Cells {
		if err := p.cell(c); err != nil {
			return fmt.Errorf("notebook: the page of HTML: %w", err)
		}
	}
	var css bytes.Buffer
	if err := codeFormat.WriteCSS(&css, codeStyle); err != nil {
		return fmt.Errorf("notebook: the page of HTML: %w", err)
	}
	_, err := fmt.Fprintf(w, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="innkeeper">
<title>%s</title>
<style>
%s%s</style>
</head>
<body>
<main>
%s</main>
</body>
</html>
`, html.EscapeString(nb.title()), css.Bytes(), pageCSS, p.body.Bytes())
	return err
}

// title is the first heading.
func (nb *Notebook) title() string {
	for _, c := range nb.Cells {
		if c.Type == "markdown" {
			if h := heading(c.Source); h != "" {
				return h
			}
		}
	}
	return "Notebook"
}

// heading is the text of the first heading in a Markdown source.
func heading(source string) string {
	src := []byte(source)
	found := ""
	ast.Walk(markdown.Parser().Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering {
			found = plain(h, src)
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return found
}

func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(src))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// A page is the body of a page under way.
type page struct {
	body    bytes.Buffer
	ids     parser.IDs // of the headings
	figures int        // drawings so far
}

func (p *page) cell(c *Cell) error {
	switch c.Type {
	case "markdown":
		p.body.WriteString("<section class=\"markdown\">\n")
		if err := p.markdown(c.Source, c.Attachments); err != nil {
			return err
		}
		p.body.WriteString("</section>\n")
	case "raw":
		p.pre("raw", c.Source)
	case "code":
		if strings.TrimSpace(c.Source) == "" && len(c.Outputs) == 0 {
			return nil
		}
		fmt.Fprintf(&p.body, "<section class=\"code\"%s>\n", number(c.Count))
		if err := highlight(&p.body, c.Source, "go"); err != nil {
			return err
		}
		for _, o := range c.Outputs {
			if err := p.output(o, c.Count); err != nil {
				return err
			}
		}
		p.body.WriteString("</section>\n")
	}
	return nil
}

func number(count int) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf(" id=\"cell-%d\" data-count=\"%d\"", count, count)
}

func (p *page) output(o *Output, count int) error {
	switch o.Type {
	case "stream":
		class := "stream"
		if o.Name == "stderr" {
			class = "stream stderr"
		}
		p.pre(class, o.Text)
	case "error":
		text := strings.Join(o.Traceback, "\n")
		if text == "" {
			text = o.ErrorName + ": " + o.ErrorValue
		}
		p.pre("error", text)
	case "display_data", "execute_result":
		p.body.WriteString("<div class=\"output\">\n")
		if err := p.bundle(o.Data, count); err != nil {
			return err
		}
		p.body.WriteString("</div>\n")
	}
	return nil
}

// bundle writes the best of a value's formats.
func (p *page) bundle(b display.Bundle, count int) error {
	get := func(mime string) string { s, _ := join(b[mime]); return s }
	alt := fmt.Sprintf("Figure of cell %d", count)
	if s := get("text/html"); s != "" {
		fmt.Fprintf(&p.body, "<div class=\"html\">%s</div>\n", s)
		return nil
	}
	if s := get("image/svg+xml"); s != "" {
		p.svg(s, alt)
		return nil
	}
	for _, mime := range []string{"image/png", "image/jpeg", "image/gif"} {
		if s := get(mime); s != "" {
			fmt.Fprintf(&p.body, "<img alt=\"%s\" src=\"%s\">\n", alt, dataURI(mime, s))
			return nil
		}
	}
	if s := get("text/markdown"); s != "" {
		return p.markdown(s, nil)
	}
	if s := get("text/latex"); s != "" {
		p.body.WriteString("<p>" + formula(strings.TrimSpace(s)) + "</p>\n")
		return nil
	}
	if s := get("text/plain"); s != "" {
		p.pre("plain", s)
		return nil
	}
	if v, ok := b["application/json"]; ok {
		j, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		p.pre("plain", string(j))
	}
	return nil
}

func (p *page) pre(class, text string) {
	fmt.Fprintf(&p.body, "<pre class=\"%s\">%s</pre>\n", class, html.EscapeString(strings.TrimRight(stripANSI(text), "\n")))
}

var ansi = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\a\x1b]*(\a|\x1b\\\\)|[@-Z\\\\-_])")

// stripANSI removes the escape sequences of terminals.
func stripANSI(s string) string { return ansi.ReplaceAllString(s, "") }

// dataURI is an image in base64, which may have been broken into lines.
func dataURI(mime, s string) string {
	return "data:" + mime + ";base64," + html.EscapeString(strings.Join(strings.Fields(s), ""))
}

var (
	svgID  = regexp.MustCompile(`(\bid\s*=\s*["'])`)
	svgRef = regexp.MustCompile(`(url\(\s*["']?#|\bhref\s*=\s*["']#)`)
)

// svg draws inline, so that text can be found and printed sharply. The names
// in a drawing get its number, since all drawings share the page; one with a
// style sheet or a script, which would act on the whole page, becomes an
// image.
func (p *page) svg(s, alt string) {
	p.figures++
	start := strings.Index(s, "<svg")
	if start < 0 || strings.Contains(s, "<style") || strings.Contains(s, "<script") {
		fmt.Fprintf(&p.body, "<img alt=\"%s\" src=\"%s\">\n", alt, dataURI("image/svg+xml", base64.StdEncoding.EncodeToString([]byte(s))))
		return
	}
	s = s[start:] // after the XML declaration and comments
	prefix := fmt.Sprintf("${1}fig%d-", p.figures)
	s = svgRef.ReplaceAllString(svgID.ReplaceAllString(s, prefix), prefix)
	fmt.Fprintf(&p.body, "<div role=\"img\" aria-label=\"%s\">%s</div>\n", alt, strings.TrimSpace(s))
}

// markdown renders Markdown with formulas and the images attached to its cell.
func (p *page) markdown(source string, attached map[string]display.Bundle) error {
	source, formulas := takeMath(source)
	src := []byte(source)
	doc := markdown.Parser().Parse(text.NewReader(src), parser.WithContext(parser.NewContext(parser.WithIDs(p.ids))))
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		img, ok := n.(*ast.Image)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		name, ok := strings.CutPrefix(string(img.Destination), "attachment:")
		for mime, v := range attached[name] {
			if s, isText := v.(string); ok && isText && strings.HasPrefix(mime, "image/") {
				img.Destination = []byte(dataURI(mime, s))
			}
		}
		return ast.WalkContinue, nil
	})
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, src, doc); err != nil {
		return err
	}
	p.body.WriteString(putMath(b.String(), formulas))
	return nil
}

// highlight writes source with its words marked for the style sheet.
func highlight(w io.Writer, source, language string) error {
	lexer := lexers.Get(language)
	if lexer == nil {
		lexer = lexers.Fallback
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, strings.TrimRight(source, "\n"))
	if err != nil {
		return err
	}
	return codeFormat.Format(w, codeStyle, tokens)
}

// fencedCode highlights the code blocks in Markdown.
type fencedCode struct{}

func (fencedCode) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		block := n.(*ast.FencedCodeBlock)
		err := highlight(w, string(block.Lines().Value(src)), string(block.Language(src)))
		return ast.WalkSkipChildren, err
	})
}
