package jupyter

import "unicode/utf8"

// The protocol counts a cursor's position in Unicode code points, Go in bytes.

// byteOffset is where the n-th code point of s begins, from 0.
func byteOffset(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// codePoints is how many code points begin before the given byte of s.
func codePoints(s string, offset int) int {
	return utf8.RuneCountInString(s[:max(0, min(offset, len(s)))])
}
