package metric

import (
	"fmt"
	"regexp"
)

// Warned says how many of a measure's measurements had draws with a Warning, and which.
type Warned struct {
	Tests int
	Most  string // the most frequent warning, as the first of these measurements had it
}

// number is what may differ between two warnings of a kind.
var number = regexp.MustCompile(`[0-9][0-9.e+]*`)

// warned counts the warnings of the measurements.
func warned(warnings []string) (w Warned) {
	counts, first := map[string]int{}, map[string]string{}
	most := 0
	for _, text := range warnings {
		if text == "" {
			continue
		}
		w.Tests++
		kind := number.ReplaceAllString(text, "0")
		if counts[kind]++; counts[kind] == 1 {
			first[kind] = text
		}
		if counts[kind] > most {
			most, w.Most = counts[kind], first[kind]
		}
	}
	return w
}

// size is what a caption says of a measure's measurements.
func size(tests, draws int, w Warned) string {
	text := fmt.Sprintf("%d measurements, %d draws each", tests, draws)
	if w.Tests > 0 {
		text += fmt.Sprintf(" (at %d with a warning, most often %q)", w.Tests, w.Most)
	}
	return text
}
