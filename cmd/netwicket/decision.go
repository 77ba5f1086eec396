package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
)

// decisionJSON is one decision as eval prints it.
type decisionJSON struct {
	Decision decide.Verdict  `json:"decision"`
	Reason   decide.Reason   `json:"reason"`
	Reasons  decide.Reasons  `json:"reasons"`
	Client   *netip.Addr     `json:"client"`
	Peer     *netip.Addr     `json:"peer"`
	Zone     *decide.ZoneRef `json:"zone"`
	Rule     *string         `json:"rule"`
	Audit    bool            `json:"audit"`
	Error    *string         `json:"error"`
}

func newDecisionJSON(d decide.Decision, from admission.Resolution) decisionJSON {
	return decisionJSON{
		Decision: d.Verdict, Reason: d.Reason, Reasons: d.Reasons,
		Client: orNull(d.Client), Peer: orNull(from.Peer),
		Zone: d.Zone, Rule: textOrNull(d.Rule), Audit: d.Audit, Error: textOrNull(from.Code()),
	}
}

func orNull(addr netip.Addr) *netip.Addr {
	if !addr.IsValid() {
		return nil
	}
	return &addr
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// writeJSON writes one object on a line, with <, > and & as they are.
func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// decisionLine is one decision for a person, with the resolver's error behind it.
// A terminal gets columns, anything else single spaces.
func decisionLine(d decide.Decision, from admission.Resolution, s style) string {
	verdict, rest, _ := strings.Cut(d.String(), " ")
	client, rest, _ := strings.Cut(rest, " ")
	if code := from.Code(); code != "" {
		rest += " error=" + code
	}
	if s.person {
		verdict = fmt.Sprintf("%-5s", verdict)
		client = fmt.Sprintf("%-15s", client)
	}
	return s.verdict(d.Verdict, verdict) + " " + client + " " + rest + "\n"
}

// ordered is a JSON object whose keys keep their order.
type ordered []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order. A key that stands there already, such
// as the name of a second zone without an id, gets a number, so that no reader
// loses one of the two.
func (o ordered) MarshalJSON() ([]byte, error) {
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	used := make(map[string]bool, len(o))
	for i, m := range o {
		key := m.key
		for n := 2; used[key]; n++ {
			key = fmt.Sprintf("%s #%d", m.key, n)
		}
		used[key] = true
		if i > 0 {
			buffer.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		buffer.Write(name)
		buffer.WriteByte(':')
		buffer.Write(value)
	}
	buffer.WriteByte('}')
	return buffer.Bytes(), nil
}
