package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
)

// mutant is one change of one place.
type mutant struct {
	number   int
	file     *ast.File
	function *ast.FuncDecl
	node     ast.Node // what the instrumented copy says in another way
	what     string   // "a < b -> a <= b", on one line
	same     int      // how many of the function before it say the same
	// write is the node with the switch: inner renders a part of it with the
	// mutants that are inside.
	write func(inner func(ast.Node) string) string
	// also is the other one of two swapped arguments, which has alsoText under the mutant.
	also     ast.Expr
	alsoText string
}

// key names a mutant by content, as results and equivalents do.
func (m *mutant) key() string {
	key := noticed.FunctionName(m.function) + ": " + m.what
	if m.same > 0 {
		key += fmt.Sprintf(" #%d", m.same+1)
	}
	return key
}

// finder walks the functions of a package.
type finder struct {
	*source
	file     *ast.File
	function *ast.FuncDecl
	seen     map[string]int
	settled  map[ast.Expr]bool // numbers whose comparison says already what one more of them would
	unread   map[ast.Expr]bool // numbers that are returned beside an error
	found    []*mutant
}

// mutants are the mutants of a package's operators and statements, numbered from 1 in the order of its text.
// Of one node the outermost comes first.
func mutants(s *source) []*mutant {
	f := newFinder(s)
	f.functions(f.walk)
	return f.found
}

func newFinder(s *source) *finder {
	return &finder{source: s, settled: map[ast.Expr]bool{}, unread: map[ast.Expr]bool{}}
}

// functions has each function's body walked.
func (f *finder) functions(walk func(ast.Node)) {
	for _, file := range f.files {
		f.file = file
		for _, declared := range file.Decls {
			if function, ok := declared.(*ast.FuncDecl); ok && function.Body != nil {
				f.function, f.seen = function, map[string]int{}
				walk(function.Body)
			}
		}
	}
}

// add takes a mutant down. Its number is known to write, which is made from it.
func (f *finder) add(n ast.Node, what string, write func(number int, inner func(ast.Node) string) string) {
	m := &mutant{number: len(f.found) + 1, file: f.file, function: f.function, node: n, what: strings.Join(strings.Fields(what), " ")}
	m.same = f.seen[m.what]
	f.seen[m.what]++
	m.write = func(inner func(ast.Node) string) string { return write(m.number, inner) }
	f.found = append(f.found, m)
}

func (f *finder) textOf(n ast.Node) string { return f.text(f.file, n) }

// walk goes through what is executed. Parents are seen before their children.
func (f *finder) walk(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		if !isExecuted(n) {
			return false
		}
		switch n := n.(type) {
		case *ast.BlockStmt:
			f.statements(n.List)
		case *ast.CaseClause:
			f.statements(n.Body)
		case *ast.CommClause:
			f.statements(n.Body)
		case *ast.IfStmt:
			f.held(n.Cond, true, true)
			f.failed(n)
		case *ast.ForStmt:
			if n.Cond != nil {
				f.held(n.Cond, false, true) // a loop that never ends is no news
			}
		case *ast.SwitchStmt:
			if n.Tag == nil {
				f.cases(n)
			}
		case *ast.ReturnStmt:
			f.results(n)
		case *ast.CallExpr:
			if f.textOf(n.Fun) == "make" {
				if len(n.Args) > 1 {
					f.walk(n.Args[1]) // the capacity changes nothing
				}
				return false
			}
			f.arguments(n)
		}
		if e, ok := n.(ast.Expr); ok {
			return f.expression(e)
		}
		return true
	})
}

// isExecuted says that a node is neither a type nor a constant's declaration, which stay.
func isExecuted(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.DeclStmt:
		declaration, ok := n.Decl.(*ast.GenDecl)
		return ok && declaration.Tok == token.VAR
	case *ast.ArrayType, *ast.StructType, *ast.FuncType, *ast.InterfaceType:
		return false
	default:
		return true
	}
}

// expression mutates numbers and operators, and says whether there is more inside.
func (f *finder) expression(e ast.Expr) bool {
	if pair, ok := e.(*ast.KeyValueExpr); ok {
		f.walk(pair.Value) // a key is a field, or has to be constant
		return false
	}
	known := f.info.Types[e]
	if known.IsType() {
		return false
	}
	if known.Value != nil {
		if !f.settled[e] {
			f.number(e, known)
		}
		return false
	}
	if binary, ok := e.(*ast.BinaryExpr); ok {
		f.operator(binary)
	}
	return true
}

// number adds one to a whole number that is not the name of something.
func (f *finder) number(e ast.Expr, known types.TypeAndValue) {
	basic, ok := known.Type.(*types.Basic)
	if !ok || basic.Info()&types.IsInteger == 0 || known.Value.Kind() != constant.Int {
		return
	}
	what := f.textOf(e) + " -> one more"
	if f.unread[e] {
		f.seen[what]++ // the others keep their names
		return
	}
	name := types.Default(basic).String()
	f.add(e, what, func(number int, inner func(ast.Node) string) string {
		return fmt.Sprintf("mutantMore[%s](%d, %s)", name, number, inner(e))
	})
}

// comparisons by operator: at the edge, and the other way.
var edges = map[token.Token]token.Token{token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR}
var negations = map[token.Token]token.Token{token.LSS: token.GEQ, token.LEQ: token.GTR, token.GTR: token.LEQ, token.GEQ: token.LSS, token.EQL: token.NEQ, token.NEQ: token.EQL}

// arithmetic by operator: what takes its place, and the helper that chooses.
var arithmetic = map[token.Token]struct {
	other  token.Token
	helper string
}{
	token.ADD: {token.SUB, "mutantAdd"}, token.SUB: {token.ADD, "mutantSub"},
	token.MUL: {token.ADD, "mutantMul"}, token.QUO: {token.MUL, "mutantQuo"}, token.REM: {token.ADD, "mutantRem"},
	token.AND: {token.OR, "mutantAnd"}, token.OR: {token.AND, "mutantOr"}, token.XOR: {token.AND, "mutantXor"},
	token.AND_NOT: {token.AND, "mutantAndNot"}, token.SHL: {token.SHR, "mutantShl"}, token.SHR: {token.SHL, "mutantShr"},
}

func (f *finder) operator(e *ast.BinaryExpr) {
	if e.Op == token.LAND || e.Op == token.LOR {
		and := e.Op == token.LAND // false in the one, and true in the other, is what the whole is then, as elsewhere
		f.held(e.X, and, !and)
		f.held(e.Y, and, !and)
		return
	}
	if other, ok := edges[e.Op]; ok {
		f.settled[e.X], f.settled[e.Y] = true, true
		f.compared(e, other)
	}
	if other, ok := negations[e.Op]; ok {
		f.compared(e, other)
	}
	if to, ok := arithmetic[e.Op]; ok {
		f.calculated(e, to.other, to.helper)
	}
}

func (f *finder) compared(e *ast.BinaryExpr, other token.Token) {
	x, y := f.textOf(e.X), f.textOf(e.Y)
	f.add(e, f.textOf(e)+" -> "+other.String(), func(number int, inner func(ast.Node) string) string {
		return fmt.Sprintf("(mutantOn(%d) && (%s %s %s) || !mutantOn(%d) && (%s))", number, x, other, y, number, inner(e))
	})
}

func (f *finder) calculated(e *ast.BinaryExpr, other token.Token, helper string) {
	basic, ok := f.info.Types[e].Type.Underlying().(*types.Basic)
	if !ok || basic.Info()&types.IsNumeric == 0 {
		return
	}
	if f.info.Types[e.X].Value != nil && (e.Op == token.SHL || e.Op == token.SHR) {
		// 1 << n: the type of 1 is that of its surroundings, which a call hides.
		named, ok := f.info.Types[e].Type.(*types.Basic)
		if !ok {
			return
		}
		helper += "[" + types.Default(named).String() + "]"
	}
	f.add(e, f.textOf(e)+" -> "+other.String(), func(number int, inner func(ast.Node) string) string {
		return fmt.Sprintf("%s(%d, %s, %s)", helper, number, inner(e.X), inner(e.Y))
	})
}

// held holds a condition at one value.
func (f *finder) held(e ast.Expr, atTrue, atFalse bool) {
	if f.info.Types[e].Value != nil {
		return
	}
	if atTrue {
		f.add(e, f.textOf(e)+" -> true", func(number int, inner func(ast.Node) string) string {
			return fmt.Sprintf("(mutantOn(%d) || (%s))", number, inner(e))
		})
	}
	if atFalse {
		f.add(e, f.textOf(e)+" -> false", func(number int, inner func(ast.Node) string) string {
			return fmt.Sprintf("(!mutantOn(%d) && (%s))", number, inner(e))
		})
	}
}

func (f *finder) cases(s *ast.SwitchStmt) {
	for _, clause := range s.Body.List {
		for _, condition := range clause.(*ast.CaseClause).List {
			f.held(condition, true, true)
		}
	}
}
