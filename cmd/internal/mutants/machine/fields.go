package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
)

// losses are the other mutants: a field that a literal of a struct does not set, and a
// limit that is a hundred times as large. They are what operators say nothing of: a server
// that lost its timeout, a reader that lost the folder which it may not leave.
func losses(s *source) []*mutant {
	f := newFinder(s)
	f.functions(f.lose)
	return f.found
}

func (f *finder) lose(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		if !isExecuted(n) {
			return false
		}
		switch n := n.(type) {
		case *ast.CompositeLit:
			if isStruct(f.info.Types[n].Type) {
				f.fields(n)
			}
		case *ast.KeyValueExpr:
			f.lose(n.Value) // a key is a field, or has to be constant
			return false
		}
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		known := f.info.Types[e]
		if known.IsType() {
			return false
		}
		if known.Value != nil {
			f.limit(e, known)
			return false
		}
		return true
	})
}

func isStruct(t types.Type) bool {
	if t == nil {
		return false
	}
	if pointer, ok := t.Underlying().(*types.Pointer); ok { // of an element whose type is left out
		t = pointer.Elem()
	}
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// fields leaves out what a literal sets by name, unless that is nothing.
func (f *finder) fields(literal *ast.CompositeLit) {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok || f.isZero(pair.Value) {
			continue
		}
		f.add(pair.Value, f.textOf(pair)+" -> no field", func(number int, inner func(ast.Node) string) string {
			return fmt.Sprintf("mutantNothing(%d, %s)", number, inner(pair.Value))
		})
	}
}

func (f *finder) isZero(e ast.Expr) bool {
	known := f.info.Types[e]
	if known.IsNil() {
		return true
	}
	switch value := known.Value; {
	case value == nil:
		return false
	case value.Kind() == constant.Bool:
		return !constant.BoolVal(value)
	case value.Kind() == constant.String:
		return constant.StringVal(value) == ""
	default:
		return constant.Sign(value) == 0
	}
}

// limit multiplies a number or a duration that has a name, above a few. The others of a type
// of their own are kinds of something.
func (f *finder) limit(e ast.Expr, known types.TypeAndValue) {
	basic, isBasic := known.Type.(*types.Basic)
	underlying, isNumber := known.Type.Underlying().(*types.Basic)
	if !isNumber || underlying.Info()&types.IsInteger == 0 || known.Value.Kind() != constant.Int || !f.isNamed(e) {
		return
	}
	if value, exact := constant.Int64Val(known.Value); !exact || value < 3 {
		return
	}
	explicit := ""
	switch {
	case isBasic:
		explicit = "[" + types.Default(basic).String() + "]"
	case known.Type.String() != "time.Duration":
		return
	}
	f.add(e, f.textOf(e)+" -> a hundred times", func(number int, inner func(ast.Node) string) string {
		return fmt.Sprintf("mutantHundred%s(%d, %s)", explicit, number, inner(e))
	})
}

// isNamed says that a constant is one of the package's, or a time that is made of a unit.
func (f *finder) isNamed(e ast.Expr) (named bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			if of, ok := f.info.Uses[name].(*types.Const); ok && of.Pkg() != nil {
				named = named || of.Pkg().Path() == f.listed.ImportPath || of.Pkg().Path() == "time"
			}
		}
		return true
	})
	return named
}
