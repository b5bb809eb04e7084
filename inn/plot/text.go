package plot

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// subscripts sets plain text in which a name such as v_hb, s_O2 or theta_E, one or two
// letters or a Greek one's name, an underscore and a word, becomes a symbol with a subscript.
type subscripts struct{ text.Plain }

// greek are the names of Greek letters, and short ones.
const greek = "alpha|beta|gamma|delta|epsilon|eps|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|sigma|tau|upsilon|phi|chi|psi|omega"

var (
	word   = regexp.MustCompile(`[\pL\d_]+`)
	symbol = regexp.MustCompile(`^(\pL{1,2}|(?i:` + greek + `))_([\pL\d]+)$`)
)

// A subscript is smaller and lower by these shares of the size of its text.
const (
	subSize = 0.75
	subDrop = 0.2
)

// A piece is a run of text on or below the line.
type piece struct {
	text string
	sub  bool
}

func pieces(line string) []piece {
	var ps []piece
	at := 0
	for _, w := range word.FindAllStringIndex(line, -1) {
		if m := symbol.FindStringSubmatch(line[w[0]:w[1]]); m != nil {
			ps = append(ps, piece{line[at:w[0]] + m[1], false}, piece{m[2], true})
			at = w[1]
		}
	}
	return append(ps, piece{line[at:], false})
}

func small(f font.Font) font.Font {
	f.Size *= subSize
	return f
}

// Box is the size of one line. Laying a figure out asks for the same few texts
// again and again, and so does drawing the next one.
func (s subscripts) Box(line string, fnt font.Font) (width, height, depth vg.Length) {
	key := measured{line, fnt}
	if b, ok := boxes.Load(key); ok {
		box := b.([3]vg.Length)
		return box[0], box[1], box[2]
	}
	width, height, depth = s.measure(line, fnt)
	if boxesKept.Add(1) > 10_000 {
		boxes.Clear()
		boxesKept.Store(0)
	}
	boxes.Store(key, [3]vg.Length{width, height, depth})
	return width, height, depth
}

// folded breaks a label at its spaces into lines that are no wider than room, and
// cuts words that are wider.
func folded(label string, room vg.Length) string {
	sty := textStyle(labelSize)
	if sty.Width(label) <= room {
		return label
	}
	var lines []string
	line := ""
	for _, w := range strings.Fields(label) {
		for sty.Width(w) > room {
			_, size := utf8.DecodeLastRuneInString(strings.TrimSuffix(w, "…"))
			w = strings.TrimSuffix(w, "…")
			w = w[:len(w)-size] + "…"
		}
		if line != "" && sty.Width(line+" "+w) > room {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + w)
	}
	return strings.Join(append(lines, line), "\n")
}

// A measured is a text in a font whose box is known.
type measured struct {
	text string
	font font.Font
}

var (
	boxes     sync.Map // from measured to the width, height and depth
	boxesKept atomic.Int64
)

func (s subscripts) measure(line string, fnt font.Font) (width, height, depth vg.Length) {
	_, height, depth = s.Plain.Box(line, fnt)
	for _, p := range pieces(line) {
		f := fnt
		if p.sub {
			f = small(fnt)
		}
		w, _, _ := s.Plain.Box(p.text, f)
		width += w
	}
	return width, height, depth
}

// Draw draws text of one or several lines at pt, aligned and rotated as sty
// says. The contract of text.Handler: pt is the aligned corner, and the first
// line is the highest.
func (s subscripts) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	c.Push()
	defer c.Pop()
	c.SetColor(sty.Color)
	c.Translate(pt)
	c.Rotate(sty.Rotation)
	face := s.Fonts.Lookup(sty.Font, sty.Font.Size)
	sub := s.Fonts.Lookup(small(sty.Font), sty.Font.Size*subSize)
	lines := s.Lines(strings.TrimRight(txt, "\n"))
	top := sty.Height(txt) * vg.Length(sty.YAlign)
	for i, line := range lines {
		width, _, _ := s.Box(line, sty.Font)
		at := vg.Point{
			X: vg.Length(sty.XAlign) * width,
			Y: top - face.Extents().Ascent + vg.Length(len(lines)-i)*sty.Font.Size,
		}
		for _, p := range pieces(line) {
			f, to := face, at
			if p.sub {
				f, to.Y = sub, at.Y-subDrop*sty.Font.Size
			}
			// A browser drops the space at the start of an SVG text.
			rest := strings.TrimLeft(p.text, " ")
			to.X += f.Width(p.text[:len(p.text)-len(rest)])
			if rest != "" {
				c.FillString(f, to, rest)
			}
			at.X += f.Width(p.text)
		}
	}
}
