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
	"strings"
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

// load is the package of a folder.
func load(root, folder string) (*source, error) {
	all, err := loadAll(root, folder)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// loadAll are the packages of folders, for which the go command is asked once.
func loadAll(root string, folders ...string) ([]*source, error) {
	// os and strconv are what the switch needs.
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "os", "strconv")
	for _, folder := range folders {
		list.Args = append(list.Args, "./"+folder)
	}
	list.Dir = root
	var problems bytes.Buffer
	list.Stderr = &problems
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./%s: %w\n%s", strings.Join(folders, " ./"), err, problems.String())
	}
	byFolder, exports := map[string]listed{}, map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		byFolder[p.Dir] = p
	}
	var all []*source
	for _, folder := range folders {
		s := &source{
			folder: folder, listed: byFolder[filepath.Join(root, filepath.FromSlash(folder))], exports: exports,
			fileSet: token.NewFileSet(), texts: map[*ast.File][]byte{},
		}
		if err := s.read(); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// read reads the files of the package, and finds out their types.
func (s *source) read() error {
	for _, name := range s.listed.GoFiles {
		path := filepath.Join(s.listed.Dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(s.fileSet, path, text, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		s.files = append(s.files, file)
		s.texts[file] = text
	}
	s.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	if err := s.check(s.fileSet, s.files, s.info); len(err) > 0 {
		return err[0]
	}
	return nil
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
