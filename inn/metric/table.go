package metric

import (
	"fmt"
	"html"
	"strings"
)

// htmlTable is a table for a notebook; its first line is the head, and the
// first cell of each line is the line's name.
func htmlTable(caption string, lines [][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<table><caption>%s</caption><thead><tr>", html.EscapeString(caption))
	for _, cell := range lines[0] {
		fmt.Fprintf(&b, "<th>%s</th>", html.EscapeString(cell))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, line := range lines[1:] {
		fmt.Fprintf(&b, "<tr><th>%s</th>", html.EscapeString(line[0]))
		for _, cell := range line[1:] {
			fmt.Fprintf(&b, "<td>%s</td>", html.EscapeString(cell))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// textTable is the same lines as text, columns aligned.
func textTable(caption string, lines [][]string) string {
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for j, cell := range line {
			width[j] = max(width[j], len([]rune(cell)))
		}
	}
	var b strings.Builder
	b.WriteString(caption + "\n")
	for _, line := range lines {
		text := fmt.Sprintf("%-*s", width[0], line[0])
		for j, cell := range line[1:] {
			text += fmt.Sprintf("  %*s", width[j+1], cell)
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}
