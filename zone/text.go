package zone

import (
	"errors"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

var errNoText = errors.New("zone: only what was parsed has a text to marshal")

// MarshalJSON is the document as it was given. It fails for zones that were not
// parsed; the zero value is an empty array.
func (z Zones) MarshalJSON() ([]byte, error) {
	if len(z.Text) == 0 {
		if len(z.Zones) > 0 {
			return nil, errNoText
		}
		return []byte("[]"), nil
	}
	return jsondoc.WithoutMark(z.Text), nil
}

// MarshalJSON is the zone as it was given. It fails for a zone that was not parsed.
func (z Zone) MarshalJSON() ([]byte, error) {
	if len(z.Text) == 0 {
		return nil, errNoText
	}
	return z.Text, nil
}

// MarshalJSON is the rules as they were given. It fails for rules that were not
// parsed; the zero value is an empty array.
func (s RuleSet) MarshalJSON() ([]byte, error) {
	if len(s.Text) == 0 {
		if len(s.Rules) > 0 {
			return nil, errNoText
		}
		return []byte("[]"), nil
	}
	return jsondoc.WithoutMark(s.Text), nil
}

// MarshalJSON is the configuration as it was given. It fails for one that was
// not parsed, except for the zero value, which is {}.
func (c NetworkConfig) MarshalJSON() ([]byte, error) {
	if len(c.Text) == 0 {
		if c.Range != nil || c.Geolocation != nil || c.Allowlist {
			return nil, errNoText
		}
		return []byte("{}"), nil
	}
	return jsondoc.WithoutMark(c.Text), nil
}
