package stdlib

import (
	"archive/zip"
	"bytes"
	"embed"
	"io"
	"io/fs"
	"strings"
	"sync"
)

//go:embed docs.zip
var archive []byte // of Go and gonum

//go:embed docs/*.txt
var texts embed.FS // of this module

const module = "github.com/innkeeper-notebook/innkeeper/"

// A Doc is what the source of a package says of an exported name and neither
// reflection nor export data knows.
type Doc struct {
	Text string // the comment, as written without its marks

	// Signature is the type of a function or method with the names of its
	// parameters, as in "func(s string, count int) string".
	Signature string
}

var files = sync.OnceValue(func() map[string]*zip.File {
	all := map[string]*zip.File{}
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return all
	}
	for _, f := range z.File {
		all[f.Name] = f
	}
	return all
})

// read has the docs of the packages that were asked for, by import path.
var read sync.Map

// Docs are the docs of a package by name: "" is the package's own, a method or
// a field is called "T.M". They are nil for a package that has none.
func Docs(path string) map[string]Doc {
	if d, ok := read.Load(path); ok {
		return d.(map[string]Doc)
	}
	text, err := docsText(path)
	if err != nil {
		return nil
	}
	docs := parseDocs(text)
	read.Store(path, docs)
	return docs
}

func docsText(path string) (string, error) {
	if own, ok := strings.CutPrefix(path, module); ok {
		b, err := texts.ReadFile("docs/" + strings.ReplaceAll(own, "/", "_") + ".txt")
		return string(b), err
	}
	f := files()[path]
	if f == nil {
		return "", fs.ErrNotExist
	}
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), err
}

// parseDocs reads a package's text: for each name a line with
// it and a function's signature, and then the comment's lines, each after a
// tab.
func parseDocs(text string) map[string]Doc {
	docs := map[string]Doc{}
	for text != "" {
		var head string
		head, text, _ = strings.Cut(text, "\n")
		name, signature, _ := strings.Cut(head, " ")
		end := 0
		for end < len(text) && text[end] == '\t' {
			n := strings.IndexByte(text[end:], '\n')
			if n < 0 {
				n = len(text[end:]) - 1
			}
			end += n + 1
		}
		docs[name] = Doc{strings.TrimSpace(strings.ReplaceAll("\n"+text[:end], "\n\t", "\n")), signature}
		text = text[end:]
	}
	return docs
}
