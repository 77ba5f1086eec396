package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/shown"
)

// pulledFolder is where netwicket pull writes what it has fetched.
const pulledFolder = "pulled/"

// readOnly is why a visitor cannot save a document; empty: they can.
func (c *Console) readOnly(r *http.Request, on *subject, of editable) string {
	pull := on.Parts.Pull
	switch {
	case c.options.Store == nil:
		return cmp.Or(c.options.ReadOnly, c.english.say("change.readonly"))
	case !visitorOf(r).MayChange:
		return c.english.say("change.not-allowed")
	case !of.Inside:
		return c.english.say("change.outside")
	case pull.Okta.URL != "" || pull.SailPoint.URL != "" || strings.HasPrefix(of.Name, pulledFolder):
		return c.english.say("change.pulled")
	default:
		return ""
	}
}

// savedView is what became of saving.
type savedView struct {
	Status             int
	Name               string
	Generation, Before int      // of the text and of the one before; 0: it was not saved
	Problem            string   // why not
	Causes             []string // what is wrong, where there are several
	Warnings           []string
}

// save writes a draft, if what is written is what the visitor was shown.
func (c *Console) save(r *http.Request, on *subject, d *draft) *savedView {
	out := &savedView{Status: http.StatusOK, Name: d.Of.Name}
	refuse := func(status int, problem string) *savedView {
		out.Status, out.Problem = status, problem
		return out
	}
	if why := c.readOnly(r, on, d.Of); why != "" {
		return refuse(http.StatusForbidden, why)
	}
	if d.Overtaken() {
		return refuse(http.StatusConflict, c.english.say("change.overtaken"))
	}
	after := c.candidate(on, d)
	if after.Policy == nil {
		return refuse(http.StatusBadRequest, c.english.say("change.broken"))
	}
	if r.PostFormValue("seal") != sealOf(d, after) {
		return refuse(http.StatusConflict, c.english.say("change.unsealed"))
	}
	store, done, err := c.options.Store(on.opened())
	if err != nil {
		return refuse(http.StatusConflict, shown.Text(err.Error()))
	}
	defer done()
	replaced, err := store.Replace(&wire.Request{
		Caller: wire.Caller{Name: visitorOf(r).Name}, Peer: peerOf(r), Verb: "SAVE", Path: d.Of.Name, Time: c.options.Now(),
	}, tenant.Replacement{Name: d.Of.Name, Text: d.Text, Begun: d.Begun})
	var refused *tenant.Refused
	var changed *tenant.Changed
	switch {
	case err == nil:
		out.Generation, out.Before, out.Warnings = replaced.Generation, replaced.Before, replaced.Warnings
		return out
	case errors.As(err, &refused):
		out.Causes = refused.Causes
		return refuse(http.StatusBadRequest, c.english.say("change.refused"))
	case errors.As(err, &changed):
		d.Old = changed.Text
		return refuse(http.StatusConflict, c.english.say("change.overtaken"))
	case errors.Is(err, tenant.ErrBusy):
		return refuse(http.StatusServiceUnavailable, c.english.say("change.busy"))
	default: // Unavailable
		return refuse(http.StatusConflict, shown.Text(err.Error()))
	}
}

// Revert is the command that takes it back.
func (v *savedView) Revert() string {
	return fmt.Sprintf("netwicket admin revert %d", v.Before)
}

// Show is the command that shows the text from before.
func (v *savedView) Show() string {
	return fmt.Sprintf("netwicket admin show %d %s", v.Before, shown.Text(v.Name))
}

// peerOf is where a request came from; the zero Addr if that is no address.
func peerOf(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	return peer.Addr().Unmap()
}
