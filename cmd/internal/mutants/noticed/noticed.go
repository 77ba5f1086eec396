// Package noticed is what both lists of faults, the one written by hand and the one that a
// machine writes, need to remember which tests noticed a fault: what functions are called, and
// whether tests are still what they were.
package noticed

import (
	"crypto/sha256"
	"encoding/hex"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// FunctionName is the name of a function or method, such as (*reader).next.
func FunctionName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	receiver := strings.TrimPrefix(types.ExprString(f.Recv.List[0].Type), "*")
	if _, pointer := f.Recv.List[0].Type.(*ast.StarExpr); pointer {
		return "(*" + receiver + ")." + f.Name.Name
	}
	return receiver + "." + f.Name.Name
}

// Tests are the tests of a repository, as their files are when they are asked for first.
// New makes them; they are safe for concurrent use.
type Tests struct {
	root  string
	mutex sync.Mutex
	files map[string][]string // by folder, the texts of its test files
}

// New are the tests of the repository at a root.
func New(root string) *Tests { return &Tests{root: root, files: map[string][]string{}} }

// Hash is that of a text of the code with the files of tests, each FOLDER.TestName, that
// notice what is wrong with it.
func (t *Tests) Hash(text string, tests []string) (string, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	sum := sha256.New()
	sum.Write([]byte(text))
	for _, name := range tests {
		folder, function, _ := strings.Cut(name, ".")
		if t.files[folder] == nil {
			paths, err := filepath.Glob(filepath.Join(t.root, filepath.FromSlash(folder), "*_test.go"))
			if err != nil {
				return "", err
			}
			for _, path := range paths {
				text, err := os.ReadFile(path)
				if err != nil {
					return "", err
				}
				t.files[folder] = append(t.files[folder], string(text))
			}
		}
		sum.Write([]byte(name))
		for _, text := range t.files[folder] {
			if strings.Contains(text, "\nfunc "+function+"(") {
				sum.Write([]byte(text))
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
