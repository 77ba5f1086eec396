package wire

import (
	"net/url"
	"strings"
)

// ParseQuery reads the parameters of a URL. Unlike [url.ParseQuery] it leaves none
// out: what cannot be decoded stays as it was sent, and a semicolon is a character as
// any other. A filter that was dropped would list everything.
func ParseQuery(raw string) url.Values {
	values := make(url.Values)
	for pair := range strings.SplitSeq(raw, "&") {
		if pair != "" {
			name, value, _ := strings.Cut(pair, "=")
			name = decoded(name)
			values[name] = append(values[name], decoded(value))
		}
	}
	return values
}

func decoded(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
