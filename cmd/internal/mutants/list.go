package main

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"strings"
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
