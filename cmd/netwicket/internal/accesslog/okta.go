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
		IPChain []struct {
			IP *string `json:"ip"`
		} `json:"ipChain"`
	} `json:"request"`
}

var errNoChain = errors.New("the event has neither a request.ipChain nor a client.ipAddress: no client caused it")

// parseOkta reads one event. Its chain is the one that Okta saw: an edge of our
// own took no part in the request.
func parseOkta(line string) (Entry, error) {
	var e event
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		return Entry{}, notObject(err)
	}
	return e.entry()
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
