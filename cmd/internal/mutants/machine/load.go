package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// source is a package with its types: what mutants are derived from.
type source struct {
	folder  string // from the repository's root, with slashes
	listed  listed
	exports map[string]string // by import path, for whom type-checks the instrumented copy
	fileSet *token.FileSet
	files   []*ast.File
	texts   map[*ast.File][]byte
	info    *types.Info
}

func load(root, folder string) (*source, error) {
	// os and strconv are what the switch needs.
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "./"+folder, "os", "strconv")
	list.Dir = root
	var problems bytes.Buffer
	list.Stderr = &problems
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./%s: %w\n%s", folder, err, problems.String())
	}
	s := &source{folder: folder, exports: map[string]string{}, fileSet: token.NewFileSet(), texts: map[*ast.File][]byte{}}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		s.exports[p.ImportPath] = p.Export
		if p.Dir == filepath.Join(root, filepath.FromSlash(folder)) {
			s.listed = p
		}
	}
	for _, name := range s.listed.GoFiles {
		path := filepath.Join(s.listed.Dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(s.fileSet, path, text, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, file)
		s.texts[file] = text
	}
	s.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	if err := s.check(s.fileSet, s.files, s.info); len(err) > 0 {
		return nil, err[0]
	}
	return s, nil
}

// check type-checks files as this package and returns all errors.
func (s *source) check(fileSet *token.FileSet, files []*ast.File, info *types.Info) []error {
	var all []error
	config := types.Config{
		Importer: importer.ForCompiler(fileSet, "gc", func(path string) (io.ReadCloser, error) {
			if s.exports[path] == "" {
				return nil, fmt.Errorf("no export data for %s", path)
			}
			return os.Open(s.exports[path])
		}),
		Error: func(err error) { all = append(all, err) },
	}
	_, _ = config.Check(s.listed.ImportPath, fileSet, files, info) // Error has every one of its errors
	return all
}

// text is the source of a node of a file.
func (s *source) text(file *ast.File, n ast.Node) string {
	return string(s.texts[file][s.offset(n.Pos()):s.offset(n.End())])
}

func (s *source) offset(at token.Pos) int { return s.fileSet.PositionFor(at, false).Offset }
