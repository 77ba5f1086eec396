package sailpoint

import (
	"math/big"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// equal says that two values are the same as JSON Patch compares them (RFC 6902
// section 4.6): strings by their characters, numbers by their value, lists in
// order, objects in any. What does not exist equals nothing.
func equal(a, b jsondoc.Node) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case jsondoc.Missing:
		return false
	case jsondoc.Number:
		return canonical(a.String()) == canonical(b.String())
	case jsondoc.Array:
		var others []jsondoc.Node
		for _, element := range b.Elements() {
			others = append(others, element)
		}
		for i, element := range a.Elements() {
			if !equal(element, others[i]) {
				return false
			}
		}
		return true
	case jsondoc.Object:
		others := make(map[string]jsondoc.Node)
		for m := range b.Members() {
			others[m.Name] = m.Value
		}
		for m := range a.Members() {
			if !equal(m.Value, others[m.Name]) {
				return false
			}
		}
		return true
	default: // null, true, false, strings
		return a.String() == b.String()
	}
}

// canonical is the one spelling of a JSON number, whatever its size: its digits
// without zeros around them, and the exponent that they need.
func canonical(number string) string {
	digits, power, _ := strings.Cut(strings.ToLower(number), "e")
	sign, unsigned := "", strings.TrimPrefix(digits, "-")
	if unsigned != digits {
		sign = "-"
	}
	whole, fraction, _ := strings.Cut(unsigned, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(all, "0")
	if significant == "" {
		return "0"
	}
	exponent := new(big.Int)
	if power != "" {
		exponent.SetString(strings.TrimPrefix(power, "+"), 10)
	}
	exponent.Add(exponent, big.NewInt(int64(len(all)-len(significant)-len(fraction))))
	return sign + significant + "e" + exponent.String()
}
