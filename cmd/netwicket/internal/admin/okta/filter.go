package okta

import (
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

const (
	maxFilter      = 4 << 10 // bytes
	maxFilterDepth = 32      // parentheses in each other
)

// predicate says whether a zone is wanted.
type predicate func(*records.Zone) bool

// parseFilter reads a filter (G6):
//
//	expr   = term {or term}
//	term   = factor {and factor}
//	factor = "(" expr ")" | attribute "eq" value
//
// An empty filter wants all zones. Anything that is not in the grammar is no
// filter: one that was half understood would show zones that nobody asked for.
func parseFilter(text string) (predicate, bool) {
	if strings.TrimSpace(text) == "" {
		return func(*records.Zone) bool { return true }, len(text) <= maxFilter
	}
	if len(text) > maxFilter {
		return nil, false
	}
	p := &filterParser{rest: text}
	wanted := p.expression(0)
	if p.failed || p.token() != "" {
		return nil, false
	}
	return wanted, true
}

// filterParser reads a filter from the left. Once it has failed, what it gives
// means nothing.
type filterParser struct {
	rest   string
	failed bool
}

func (p *filterParser) fail() predicate {
	p.failed = true
	return func(*records.Zone) bool { return false }
}

func (p *filterParser) expression(depth int) predicate {
	return p.chain("or", func() predicate {
		return p.chain("and", func() predicate { return p.factor(depth) }, func(a, b predicate) predicate {
			return func(z *records.Zone) bool { return a(z) && b(z) }
		})
	}, func(a, b predicate) predicate {
		return func(z *records.Zone) bool { return a(z) || b(z) }
	})
}

// chain reads operands with an operator between them, in any letter case.
func (p *filterParser) chain(operator string, operand func() predicate, join func(a, b predicate) predicate) predicate {
	left := operand()
	for strings.EqualFold(p.peek(), operator) {
		p.token()
		left = join(left, operand())
	}
	return left
}

func (p *filterParser) factor(depth int) predicate {
	if p.peek() == "(" {
		if depth == maxFilterDepth {
			return p.fail()
		}
		p.token()
		inner := p.expression(depth + 1)
		if p.token() != ")" {
			return p.fail()
		}
		return inner
	}
	attribute := p.token()
	if !strings.EqualFold(p.token(), "eq") {
		return p.fail()
	}
	value := p.token()
	switch attribute {
	case "id", "usage":
		literal, _ := jsondoc.Parse("", []byte(value)) // what is no JSON is no string either
		if literal.Kind() != jsondoc.String {
			return p.fail()
		}
		want := literal.String()
		if attribute == "id" {
			return func(z *records.Zone) bool { return z.ID == want }
		}
		return func(z *records.Zone) bool { return z.Usage == want }
	case "system":
		switch value {
		case "true", "false":
			return func(z *records.Zone) bool { return z.System == (value == "true") }
		}
	}
	return p.fail()
}

func (p *filterParser) peek() string {
	rest := p.rest
	token := p.token()
	p.rest = rest
	return token
}

// token takes the next word, string or parenthesis; empty at the end.
func (p *filterParser) token() string {
	p.rest = strings.TrimLeft(p.rest, " \t")
	var end int
	switch {
	case p.rest == "":
		return ""
	case p.rest[0] == '(' || p.rest[0] == ')':
		end = 1
	case p.rest[0] == '"':
		end = stringEnd(p.rest)
	default:
		if end = strings.IndexAny(p.rest, " \t()\""); end < 0 {
			end = len(p.rest)
		}
	}
	token := p.rest[:end]
	p.rest = p.rest[end:]
	return token
}

// stringEnd is where a JSON string ends that a text begins with; the end of the
// text if it does not.
func stringEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
