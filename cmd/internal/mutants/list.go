package main

import (
	"embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strings"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
)

//go:embed faults/*.txt
var faultFiles embed.FS

// fault is one change of one file.
type fault struct {
	number   int
	file     string // from the module's root, with slashes
	what     string
	old, new string // whole lines
}

func (f *fault) pkg() string { return path.Dir(f.file) }

// key is what a fault is remembered by: its place and what it is.
func (f *fault) key() string { return f.file + ": " + f.what }

func (f *fault) String() string { return fmt.Sprintf("%3d %s: %s", f.number, f.file, f.what) }

// faults reads all fault files, in the order of their names.
func faults() ([]*fault, error) {
	entries, err := faultFiles.ReadDir("faults")
	if err != nil {
		return nil, err
	}
	var all []*fault
	for _, entry := range entries {
		text, err := faultFiles.ReadFile("faults/" + entry.Name())
		if err != nil {
			return nil, err
		}
		if all, err = parse(all, entry.Name(), string(text)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// parse reads one fault file:
//
//	== decide/live.go: what is wrong
//	 a line as it is
//	-a line that goes
//	+a line that comes
func parse(all []*fault, name, text string) ([]*fault, error) {
	var current *fault
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "== "):
			file, what, found := strings.Cut(line[3:], ": ")
			if !found {
				return nil, fmt.Errorf("%s:%d: expected == FILE: WHAT", name, i+1)
			}
			current = &fault{number: len(all) + 1, file: file, what: what}
			all = append(all, current)
		case current == nil:
			return nil, fmt.Errorf("%s:%d: a line before the first fault", name, i+1)
		case line[0] == '-':
			current.old += line[1:] + "\n"
		case line[0] == '+':
			current.new += line[1:] + "\n"
		case line[0] == ' ':
			current.old += line[1:] + "\n"
			current.new += line[1:] + "\n"
		default:
			return nil, fmt.Errorf("%s:%d: expected a line that begins with ==, -, + or a space", name, i+1)
		}
	}
	return all, nil
}

// function is the one of the file's text that a fault begins in, or empty where that is
// none.
func (f *fault) function(text string) string {
	_, after, found := strings.Cut("\n"+text, "\n"+f.old)
	if !found {
		return ""
	}
	same := 0 // lines before the one that changes
	before, now := strings.Split(f.old, "\n"), strings.Split(f.new, "\n")
	for same < min(len(before), len(now))-1 && before[same] == now[same] {
		same++
	}
	at := len(text) - len(after) - len(strings.Join(before[same:], "\n"))
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, f.file, text, parser.SkipObjectResolution)
	if err != nil {
		return ""
	}
	for _, one := range file.Decls {
		if function, is := one.(*ast.FuncDecl); is && files.Position(function.Pos()).Offset <= at && at < files.Position(function.End()).Offset {
			return noticed.FunctionName(function)
		}
	}
	return ""
}

// apply is the file's text with the fault.
func (f *fault) apply(text string) (string, error) {
	if f.old == "" || f.old == f.new {
		return "", errors.New("the fault changes nothing")
	}
	text = "\n" + text
	at := strings.Index(text, "\n"+f.old)
	if at < 0 || strings.Contains(text[at+1:], "\n"+f.old) {
		return "", errors.New("the lines are not to be found, or not once")
	}
	return text[1:at+1] + f.new + text[at+1+len(f.old):], nil
}
