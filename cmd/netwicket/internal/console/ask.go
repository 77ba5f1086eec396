package console

import (
	"net/http"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
)

func (c *Console) askRoutes() []route {
	return []route{{pattern: "GET ask", page: "ask", handle: c.ask}}
}

// askView is the page Ask. Of Problem, Request and Network there is one, or none where
// nothing is asked.
type askView struct {
	Question string
	Peer     string // as it was given beside the question
	Asked    question.Question
	Problem  string
	Request  *requestAnswer
	Network  *networkAnswer
}

// Link is the address of exactly this question.
func (v *askView) Link() string { return askLink(v.Question, v.Peer) }

func (c *Console) ask(w http.ResponseWriter, r *http.Request) {
	on, query := c.subjects.current(), r.URL.Query()
	view := &askView{Question: query.Get("q"), Peer: query.Get("peer")}
	view.answer(on)
	if wantsPart(r, "answer") {
		c.showPart(w, "ask", "answer", view)
		return
	}
	c.show(w, r, http.StatusOK, "ask", on, view)
}

func (v *askView) answer(on *subject) {
	var err error
	if v.Asked, err = question.Parse(v.Question, v.Peer); err != nil {
		v.Problem = err.Error()
		return
	}
	if v.Asked.Kind == question.Network {
		v.Network = answerNetwork(on, v.Asked.Network)
	} else if v.Asked.Kind != "" {
		v.Request = answerRequest(on, v.Asked.Request)
	}
}
