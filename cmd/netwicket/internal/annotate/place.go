package annotate

import (
	"bytes"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
)

// sourceRoot is the name that tools give to the folder that they look at, and that
// viewers have a value for: https://docs.github.com/code-security, "SARIF support".
const sourceRoot = "%SRCROOT%"

// artifact is a file as SARIF names it: below the working directory relative to
// that, whatever the path was, so that a log fits every copy of the repository.
func artifact(folder, path string) artifactLocation {
	at := filepath.Clean(path)
	if filepath.IsAbs(at) {
		if relative, _ := filepath.Rel(folder, at); filepath.IsLocal(relative) {
			at = relative
		}
	} else if !filepath.IsLocal(at) {
		at = filepath.Join(folder, at)
	}
	slashed := filepath.ToSlash(at)
	if filepath.IsLocal(at) {
		return artifactLocation{URI: (&url.URL{Path: slashed}).String(), Base: sourceRoot}
	}
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a volume of Windows
	}
	return artifactLocation{URI: (&url.URL{Scheme: "file", Path: slashed}).String()}
}

// lines reads the lines that findings stand in. The zero value has read none; it is
// for one goroutine.
type lines struct {
	within string // that no file may leave; empty: none
	path   string
	text   [][]byte
}

// column is the finding's column as SARIF counts it here. Findings count bytes,
// viewers do not. A line that is not to be had any more counts as it is.
func (l *lines) column(f *finding.Finding) int {
	line, column := max(f.Line, 1), max(f.Column, 1)
	if column == 1 {
		return 1
	}
	if l.path != f.File {
		text, _ := files.File{Path: f.File, Within: l.within}.Read(files.DocumentLimit) // may be gone
		l.path, l.text = f.File, bytes.Split(text, []byte("\n"))
	}
	if line > len(l.text) || column > len(l.text[line-1])+1 {
		return column
	}
	return len(utf16.Encode([]rune(string(l.text[line-1][:column-1])))) + 1
}
