package console

import (
	"net/http"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
)

func (c *Console) askRoutes() []route {
	return []route{{pattern: "GET ask", page: "ask", handle: c.ask}}
}

// askView is the page Ask.
type askView struct {
	Question string
	Decision decide.Decision
}

func (c *Console) ask(w http.ResponseWriter, r *http.Request) {
	on := c.subjects.current()
	view := askView{Question: strings.TrimSpace(r.URL.Query().Get("q"))}
	if view.Question != "" {
		var buffer admission.Buffer
		view.Decision = on.Control.Decide(request.Address(view.Question), &buffer)
	}
	if wantsPart(r, "answer") {
		c.showPart(w, "ask", "answer", view)
		return
	}
	c.show(w, r, http.StatusOK, "ask", on, view)
}
