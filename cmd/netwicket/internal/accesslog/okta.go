package accesslog

import (
	"encoding/json"
	"errors"
	"strings"
)

// event is what of an Okta System Log event tells who asked.
type event struct {
	Published string `json:"published"`
	Client    struct {
		IPAddress string `json:"ipAddress"`
	} `json:"client"`
	Request struct {
		IPChain []hop `json:"ipChain"`
	} `json:"request"`
}

type hop struct {
	IP *string `json:"ip"`
}

var errNoChain = errors.New("the event has neither a request.ipChain nor a client.ipAddress: no client caused it")

// envelope is what an event comes in: nothing, Amazon EventBridge's detail, the
// events of a hook's data, or what Splunk keeps, as it is or as a result, which holds the
// event as it was, as text, or with its keys flattened.
type envelope struct {
	event
	Raw    string `json:"_raw"`
	Detail *event `json:"detail"`
	Result *struct {
		event
		Raw       string   `json:"_raw"`
		FlatChain textList `json:"request.ipChain{}.ip"`
		FlatIP    string   `json:"client.ipAddress"`
	} `json:"result"`
	Data struct {
		Events []event `json:"events"`
	} `json:"data"`
}

// textList is a text, or a list of them.
type textList []string

// UnmarshalJSON takes both.
func (t *textList) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = textList{text}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// looksLikeOkta says that an object has a key that only events have. A client
// cannot put one there: quotes are escaped inside of texts.
func looksLikeOkta(line string) bool {
	return strings.Contains(line, `"ipChain"`) || strings.Contains(line, `"request.ipChain{}.ip"`) ||
		strings.Contains(line, `"_raw"`) && strings.Contains(line, `\"ipChain\"`)
}

// parseOkta reads an event, or those of a hook. Its chain is the one that Okta
// saw: an edge of our own took no part in the request.
func parseOkta(line string, entries []Entry) ([]Entry, error) {
	var e envelope
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		return entries, notObject(err)
	}
	raw := e.Raw
	if r := e.Result; r != nil && r.Raw != "" {
		raw = r.Raw
	}
	if raw != "" {
		e = envelope{}
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			return entries, notObject(err)
		}
	}
	events := e.Data.Events
	switch {
	case len(events) > 0:
	case e.Detail != nil:
		events = []event{*e.Detail}
	case e.Result != nil:
		r := &e.Result.event
		if len(r.Request.IPChain) == 0 {
			for i := range e.Result.FlatChain {
				r.Request.IPChain = append(r.Request.IPChain, hop{&e.Result.FlatChain[i]})
			}
		}
		if r.Client.IPAddress == "" {
			r.Client.IPAddress = e.Result.FlatIP
		}
		events = []event{*r}
	default:
		events = []event{e.event}
	}
	begin := len(entries)
	for i := range events {
		entry, err := events[i].entry()
		if err != nil {
			return entries[:begin], err // all of the record or nothing
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func (e *event) entry() (Entry, error) {
	out := Entry{Resolved: true, Time: parseTime(e.Published)}
	hops := make([]string, len(e.Request.IPChain))
	for i, hop := range e.Request.IPChain {
		hops[i] = unreadable
		if hop.IP != nil && *hop.IP != "" && !strings.Contains(*hop.IP, ",") {
			hops[i] = *hop.IP
		}
	}
	switch n := len(hops); {
	case n > 0:
		out.Remote, out.Forwarded = hops[n-1], strings.Join(hops[:n-1], ", ")
	case e.Client.IPAddress != "":
		out.Remote = e.Client.IPAddress
	default:
		return Entry{}, errNoChain
	}
	return out, nil
}
