package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// helpers is the file that the overlay adds to a package.
const helpers = `package %s

import (
	"os"
	"strconv"
)

type mutantInteger interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type mutantNumber interface {
	mutantInteger | ~float32 | ~float64
}

var (
	mutantInForce, _ = strconv.Atoi(os.Getenv("NETWICKET_MUTANT"))
	mutantRecord     = os.Getenv("NETWICKET_MUTANT_RECORD")
	mutantRecords    = mutantRecord != ""
	mutantReached    [%d]bool
	mutantRecordFile = mutantOpened(mutantRecord) // from the beginning: a test may see to it that nothing more can be opened, and count what is open
)

func mutantOn(number int) bool {
	if mutantRecords && !mutantReached[number] {
		mutantNote(number)
	}
	return number == mutantInForce
}

func mutantNote(number int) {
	mutantReached[number] = true
	if _, err := mutantRecordFile.WriteString(strconv.Itoa(number) + "\n"); err != nil {
		mutantRecords = false // a test may leave no room for files: what this process reaches besides is for others to notice
	}
}

func mutantOpened(record string) *os.File {
	if record == "" {
		return nil
	}
	file, err := os.OpenFile(record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	return file
}

func mutantNothing[T any](number int, x T) T { if mutantOn(number) { var nothing T; return nothing }; return x }
func mutantHundred[T mutantInteger](number int, x T) T { if mutantOn(number) { return x * 100 }; return x }
func mutantMore[T mutantInteger](number int, x T) T { if mutantOn(number) { return x + 1 }; return x }
func mutantChoose[T any](number int, other, x T) T { if mutantOn(number) { return other }; return x }
func mutantNoError(number int, err error) error { if mutantOn(number) { return nil }; return err }
func mutantAdd[T mutantNumber](number int, x, y T) T { if mutantOn(number) { return x - y }; return x + y }
func mutantSub[T mutantNumber](number int, x, y T) T { if mutantOn(number) { return x + y }; return x - y }
func mutantMul[T mutantNumber](number int, x, y T) T { if mutantOn(number) { return x + y }; return x * y }
func mutantQuo[T mutantNumber](number int, x, y T) T { if mutantOn(number) { return x * y }; return x / y }
func mutantRem[T mutantInteger](number int, x, y T) T { if mutantOn(number) { return x + y }; return x %% y }
func mutantAnd[T mutantInteger](number int, x, y T) T { if mutantOn(number) { return x | y }; return x & y }
func mutantOr[T mutantInteger](number int, x, y T) T { if mutantOn(number) { return x & y }; return x | y }
func mutantXor[T mutantInteger](number int, x, y T) T { if mutantOn(number) { return x & y }; return x ^ y }
func mutantAndNot[T mutantInteger](number int, x, y T) T { if mutantOn(number) { return x & y }; return x &^ y }
func mutantShl[T, N mutantInteger](number int, x T, n N) T { if mutantOn(number) { return x >> n }; return x << n }
func mutantShr[T, N mutantInteger](number int, x T, n N) T { if mutantOn(number) { return x << n }; return x >> n }
`

// instrument renders all mutants into one copy of the package below a folder and
// writes the overlay that puts it in the package's place. The mutants that do not
// compile are left out: they are what is missing in the answer.
func instrument(s *source, all []*mutant, folder string) (made []*mutant, overlay string, err error) {
	made = all
	for range 30 {
		texts := map[string]string{}
		for _, file := range s.files {
			name := s.fileSet.Position(file.FileStart).Filename
			texts[name] = render(s, file, made)
		}
		texts[filepath.Join(s.listed.Dir, "mutants_in_force.go")] = fmt.Sprintf(helpers, s.files[0].Name.Name, len(all)+1)
		bad, err := failing(s, texts)
		if err != nil {
			return nil, "", err
		}
		if len(bad) == 0 {
			overlay, err = writeOverlay(folder, texts)
			return made, overlay, err
		}
		made = slices.DeleteFunc(slices.Clone(made), func(m *mutant) bool { return bad[m.number] })
	}
	return nil, "", errors.New("the instrumented copy of " + s.folder + " does not compile")
}

// render is a file with the mutants that are made of it.
func render(s *source, file *ast.File, made []*mutant) string {
	var sites []*site
	for _, m := range made {
		if m.file == file {
			sites = append(sites, &site{m.node, m.number, m.write})
			if m.also != nil {
				sites = append(sites, &site{m.also, m.number, func(inner func(ast.Node) string) string {
					return fmt.Sprintf("mutantChoose(%d, %s, %s)", m.number, m.alsoText, inner(m.also))
				}})
			}
		}
	}
	sites = append(sites, endless(file)...)
	slices.SortStableFunc(sites, func(a, b *site) int {
		if a.node.Pos() != b.node.Pos() {
			return int(a.node.Pos() - b.node.Pos())
		}
		if a.node.End() != b.node.End() {
			return int(b.node.End() - a.node.End())
		}
		return a.number - b.number
	})
	return renderRange(s, file, file.FileStart, file.FileEnd, sites)
}

// site is one place that is written with a switch, or otherwise: number 0.
type site struct {
	node   ast.Node
	number int
	write  func(inner func(ast.Node) string) string
}

// endless are the loops that end a function and have no end themselves. A mutant that
// leaves such a loop needs something behind it: no function with results ends in a loop
// that ends, and all the mutants of it would be given up.
func endless(file *ast.File) (sites []*site) {
	ast.Inspect(file, func(n ast.Node) bool {
		var body *ast.BlockStmt
		switch function := n.(type) {
		case *ast.FuncDecl:
			body = function.Body
		case *ast.FuncLit:
			body = function.Body
		}
		if body == nil || len(body.List) == 0 {
			return true
		}
		last := body.List[len(body.List)-1]
		inner := last
		if labeled, is := last.(*ast.LabeledStmt); is {
			inner = labeled.Stmt
		}
		if loop, is := inner.(*ast.ForStmt); is && loop.Cond == nil {
			sites = append(sites, &site{last, 0, func(inner func(ast.Node) string) string { return inner(last) + "\npanic(\"left an endless loop\")" }})
		}
		return true
	})
	return sites
}

func renderRange(s *source, file *ast.File, from, to token.Pos, sites []*site) string {
	var b strings.Builder
	text := s.texts[file]
	for len(sites) > 0 {
		first := sites[0]
		sites = sites[1:]
		if first.node.Pos() < from || first.node.End() > to {
			continue
		}
		inside := 0
		for inside < len(sites) && sites[inside].node.End() <= first.node.End() {
			inside++
		}
		nested := sites[:inside]
		sites = sites[inside:]
		b.Write(text[s.offset(from):s.offset(first.node.Pos())])
		b.WriteString(first.write(func(n ast.Node) string { return renderRange(s, file, n.Pos(), n.End(), nested) }))
		from = first.node.End()
	}
	b.Write(text[s.offset(from):s.offset(to)])
	return b.String()
}

var numbersOf = regexp.MustCompile(`mutant[A-Z]\w*(?:\[\w+\])?\((\d+)`)

// failing are the numbers of the mutants where the copy does not compile.
func failing(s *source, texts map[string]string) (map[int]bool, error) {
	fileSet := token.NewFileSet()
	var files []*ast.File
	for name, text := range texts {
		file, err := parser.ParseFile(fileSet, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	bad := map[int]bool{}
	for _, problem := range s.check(fileSet, files, nil) {
		var typed types.Error
		if !errors.As(problem, &typed) {
			return nil, problem
		}
		before := len(bad)
		for _, file := range files {
			if file.FileStart <= typed.Pos && typed.Pos < file.FileEnd {
				text := texts[fileSet.Position(file.FileStart).Filename]
				for _, number := range around(fileSet, file, text, typed.Pos) {
					bad[number] = true
				}
			}
		}
		if len(bad) == before && len(bad) == 0 {
			return nil, fmt.Errorf("no mutant at %w", problem)
		}
	}
	return bad, nil
}

// around are the numbers of the mutants in the smallest node around a place that has any.
func around(fileSet *token.FileSet, file *ast.File, text string, at token.Pos) []int {
	var found []int
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil || at < n.Pos() || at >= n.End() {
			return false
		}
		inside := numbersOf.FindAllStringSubmatch(text[fileSet.PositionFor(n.Pos(), false).Offset:fileSet.PositionFor(n.End(), false).Offset], -1)
		if len(inside) == 0 {
			return false
		}
		found = found[:0]
		for _, match := range inside {
			number, _ := strconv.Atoi(match[1]) // digits, as the expression says
			found = append(found, number)
		}
		return true
	})
	return found
}

func writeOverlay(folder string, texts map[string]string) (string, error) {
	replace := map[string]string{}
	for name, text := range texts {
		to := filepath.Join(folder, filepath.Base(name))
		if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
			return "", err
		}
		replace[name] = to
	}
	out, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, out, 0o644)
}
