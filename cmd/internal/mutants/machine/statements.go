package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
)

// compound by operator: what takes its place.
var compound = map[token.Token]token.Token{
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN, token.OR_ASSIGN: token.AND_ASSIGN,
	token.AND_ASSIGN: token.OR_ASSIGN, token.AND_NOT_ASSIGN: token.AND_ASSIGN, token.XOR_ASSIGN: token.AND_ASSIGN,
	token.SHL_ASSIGN: token.SHR_ASSIGN, token.SHR_ASSIGN: token.SHL_ASSIGN,
}

// newError is what is an error for sure: one of the package's own, or one that is made.
var newError = regexp.MustCompile(`^(err[A-Z]\w*$|errors\.New\(|fmt\.Errorf\()`)

// statements leaves statements of a list out, or puts another in their place.
func (f *finder) statements(list []ast.Stmt) {
	for _, statement := range list {
		switch s := statement.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && f.textOf(call.Fun) != "panic" {
				f.leftOut(s)
			}
		case *ast.AssignStmt:
			f.assignment(s)
		case *ast.IncDecStmt:
			f.replaced(s, f.textOf(s.X)+map[token.Token]string{token.INC: "--", token.DEC: "++"}[s.Tok])
			f.leftOut(s)
		case *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
			f.leftOut(s)
		case *ast.BranchStmt:
			f.branch(s)
		case *ast.ReturnStmt:
			if len(s.Results) == 0 && f.function.Type.Results == nil {
				f.leftOut(s)
			}
		}
	}
}

func (f *finder) assignment(s *ast.AssignStmt) {
	if s.Tok == token.DEFINE {
		return
	}
	if blank, ok := s.Lhs[0].(*ast.Ident); ok && len(s.Lhs) == 1 && blank.Name == "_" {
		return
	}
	basic, number := f.info.Types[s.Lhs[0]].Type.(*types.Basic)
	if other, ok := compound[s.Tok]; ok && (!number || basic.Info()&types.IsString == 0) {
		f.replaced(s, f.textOf(s.Lhs[0])+" "+other.String()+" "+f.textOf(s.Rhs[0]))
	}
	f.leftOut(s)
}

func (f *finder) leftOut(s ast.Stmt) {
	f.add(s, f.textOf(s)+" -> nothing", func(number int, inner func(ast.Node) string) string {
		return fmt.Sprintf("if !mutantOn(%d) { %s }", number, inner(s))
	})
}

func (f *finder) replaced(s ast.Stmt, other string) {
	f.add(s, f.textOf(s)+" -> "+other, func(number int, inner func(ast.Node) string) string {
		return fmt.Sprintf("if mutantOn(%d) { %s } else { %s }", number, other, inner(s))
	})
}

func (f *finder) branch(s *ast.BranchStmt) {
	other, known := map[token.Token]string{token.BREAK: "continue", token.CONTINUE: "break"}[s.Tok]
	if !known {
		return
	}
	if s.Label != nil {
		other += " " + s.Label.Name
	}
	f.replaced(s, other) // continue may not compile in a switch: then it is not made
	f.leftOut(s)
}

// failed leaves alone what is returned where an error is found: if err != nil { return 0, err }.
func (f *finder) failed(s *ast.IfStmt) {
	condition, ok := s.Cond.(*ast.BinaryExpr)
	if !ok || condition.Op != token.NEQ || !f.isError(condition.X) || len(s.Body.List) == 0 {
		return
	}
	if last, ok := s.Body.List[len(s.Body.List)-1].(*ast.ReturnStmt); ok {
		f.besideError(last)
	}
}

func (f *finder) isError(e ast.Expr) bool {
	known := f.info.Types[e].Type
	return known != nil && known.String() == "error"
}

// besideError says of a return with an error that nobody reads the numbers beside it.
func (f *finder) besideError(s *ast.ReturnStmt) {
	if len(s.Results) > 1 && f.isError(s.Results[len(s.Results)-1]) {
		for _, result := range s.Results[:len(s.Results)-1] {
			f.unread[result] = true
		}
	}
}

// results takes nil for errors, and true and false for answers.
func (f *finder) results(s *ast.ReturnStmt) {
	if len(s.Results) > 1 && newError.MatchString(f.textOf(s.Results[len(s.Results)-1])) {
		f.besideError(s)
	}
	for _, result := range s.Results {
		known := f.info.Types[result]
		if known.Type == nil || known.IsNil() || known.Value != nil {
			continue
		}
		if known.Type.String() == "error" {
			f.add(result, "return "+f.textOf(result)+" -> nil", func(number int, inner func(ast.Node) string) string {
				return fmt.Sprintf("mutantNoError(%d, %s)", number, inner(result))
			})
		}
		basic, ok := known.Type.Underlying().(*types.Basic)
		if _, compared := result.(*ast.BinaryExpr); ok && !compared && basic.Info()&types.IsBoolean != 0 {
			f.held(result, true, true)
		}
	}
}

// arguments swaps two neighbours of one type that are free of side effects.
func (f *finder) arguments(call *ast.CallExpr) {
	signature, ok := f.info.Types[call.Fun].Type.(*types.Signature)
	if !ok || call.Ellipsis.IsValid() || f.info.Types[call.Fun].IsBuiltin() {
		return
	}
	for i := 0; i+1 < len(call.Args); i++ {
		if i+1 >= signature.Params().Len() || signature.Variadic() && i+1 >= signature.Params().Len()-1 {
			return
		}
		x, y := call.Args[i], call.Args[i+1]
		one, two := f.info.Types[x], f.info.Types[y]
		if one.Type == nil || two.Type == nil || one.Value != nil || two.Value != nil || !types.Identical(one.Type, two.Type) ||
			!types.Identical(signature.Params().At(i).Type(), signature.Params().At(i+1).Type()) ||
			!free(x) || !free(y) || f.textOf(x) == f.textOf(y) {
			continue
		}
		first, second := f.textOf(x), f.textOf(y)
		f.add(x, f.textOf(call.Fun)+"("+first+", "+second+") -> swapped", func(number int, inner func(ast.Node) string) string {
			return fmt.Sprintf("mutantChoose(%d, %s, %s)", number, second, inner(x))
		})
		f.found[len(f.found)-1].also = y
		f.found[len(f.found)-1].alsoText = first
		i++
	}
}

// free tells that an expression has no side effects and cannot panic.
func free(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return free(e.X)
	case *ast.ParenExpr:
		return free(e.X)
	}
	return false
}
