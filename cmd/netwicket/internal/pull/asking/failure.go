package asking

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
)

// Failure is an answer that is none: what a tenant said instead.
type Failure struct {
	Vendor, What string
	Status       int
	Code         string // such as E0000011 or invalid_client; empty: it gave none
	Text         string // what it said for people; may be empty
	Scope        string // that the question needs; empty: none
	Hint         string // what to do about it; empty: nothing more is known
	Header       http.Header
}

// Error names vendor, question, status, code and text, and what is missing.
func (f *Failure) Error() string {
	text := fmt.Sprintf("%s, %s: %d", f.Vendor, f.What, f.Status)
	for _, part := range []string{f.Code, f.Text} {
		if part != "" {
			text += " " + finding.Cut(part)
		}
	}
	if f.Scope != "" && (f.Status == http.StatusUnauthorized || f.Status == http.StatusForbidden) {
		text += "; the token needs the scope " + f.Scope
	}
	if f.Hint != "" {
		text += "; " + f.Hint
	}
	return text
}

// readFailure finds what the vendors say in their errors: Okta errorCode and
// errorSummary with causes, OAuth error and error_description, SailPoint detailCode
// and messages. A body of another form says nothing.
func readFailure(vendor string, q Question, status int, header http.Header, body []byte) *Failure {
	f := &Failure{Vendor: vendor, What: q.What, Status: status, Scope: q.Scope, Header: header}
	var said struct {
		ErrorCode    string `json:"errorCode"`
		ErrorSummary string `json:"errorSummary"`
		ErrorCauses  []struct {
			ErrorSummary string `json:"errorSummary"`
		} `json:"errorCauses"`
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
		DetailCode       string `json:"detailCode"`
		Message          string `json:"message"`
		Messages         []struct {
			Text string `json:"text"`
		} `json:"messages"`
	}
	if json.Unmarshal(body, &said) != nil {
		return f
	}
	switch {
	case said.ErrorCode != "":
		f.Code = said.ErrorCode
		parts := []string{said.ErrorSummary}
		for _, cause := range said.ErrorCauses {
			parts = append(parts, cause.ErrorSummary)
		}
		f.Text = strings.Join(parts, ": ")
	case said.Error != "":
		f.Code, f.Text = said.Error, said.ErrorDescription
	default:
		f.Code, f.Text = said.DetailCode, said.Message
		if len(said.Messages) > 0 {
			f.Text = said.Messages[0].Text
		}
	}
	return f
}
