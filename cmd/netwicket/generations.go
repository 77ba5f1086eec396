package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// atGenerations puts what a folder held at a generation of its history in place of
// its files, for each path FOLDER@N. What is beside the documents, such as geo
// sources, is that of today.
func atGenerations(options *policyfile.Options) error {
	var paths []string
	for _, path := range options.Paths {
		folder, number, named := generationOf(path)
		if !named {
			paths = append(paths, path)
			continue
		}
		history, err := tenant.OpenHistory(folder)
		if err != nil {
			return err
		}
		contents, err := history.PolicyContents(number)
		if err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		paths = append(paths, folder)
		if options.Contents == nil {
			options.Contents = make(map[string][]byte, len(contents))
		}
		for file, text := range contents {
			if other, there := options.Contents[file]; there && !bytes.Equal(other, text) {
				return fmt.Errorf("%s: a policy is made of one generation of a folder, and another is named besides", path)
			}
			options.Contents[file] = text
		}
	}
	options.Paths = paths
	return nil
}

// generationOf reads FOLDER@N. What lies there under that very name is a path.
func generationOf(path string) (folder string, number int, named bool) {
	at := strings.LastIndexByte(path, '@')
	if at < 0 {
		return "", 0, false
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return "", 0, false
	}
	number, err := strconv.Atoi(path[at+1:])
	folder = path[:at]
	if folder == "" {
		folder = "."
	}
	return folder, number, err == nil
}
