package console

import (
	"context"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/internal/shown"
)

// resultView is what a draft makes of the policy, and what can be done with it.
type resultView struct {
	Draft    *draft
	Compared *comparison // nil: there are not two policies to compare
	Log      *logEffect  // nil: no log was chosen
	LogGone  bool        // the one that was chosen is no more
	Patch    string
	Exact    bool   // the patch is shown to the letter, so that it can be copied
	Seal     string // of the text and its policy: what is saved is what was shown
	ReadOnly string
}

// result compares the policy with that of a draft. The error is the context's.
func (c *Console) result(ctx context.Context, r *http.Request, on *subject, d *draft) (*resultView, error) {
	view := &resultView{Draft: d, ReadOnly: c.readOnly(r, on, d.Of)}
	if d.Same() {
		return view, nil
	}
	patch := string(d.Patch())
	view.Patch = shown.Lines(patch)
	view.Exact = view.Patch == patch
	after := c.candidate(on, d)
	if after.Policy == nil {
		return view, nil
	}
	view.Seal = sealOf(d, after)
	if on.Policy == nil {
		return view, nil
	}
	var err error
	if view.Compared, err = compare(ctx, on, after); err != nil {
		return nil, err
	}
	if d.Log != "" {
		view.Log, err = c.weigh(ctx, r, on, after, d.Log)
		view.LogGone = view.Log == nil
	}
	return view, err
}

// sealOf tells one draft with its policy from all others.
func sealOf(d *draft, after *subject) string {
	return tenant.HashOf([]byte(d.Of.Name + "\x00" + d.Begun + "\x00" + after.Fingerprint() + "\x00" + string(d.Text)))
}

// sendPatch answers with the patch as a file.
func (c *Console) sendPatch(w http.ResponseWriter, d *draft) {
	name := strings.TrimSuffix(path.Base(d.Of.Name), path.Ext(d.Of.Name)) + ".patch"
	patch := d.Patch()
	w.Header().Set("Content-Type", "text/x-diff; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+asciiName(name)+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(patch)))
	_, _ = w.Write(patch) // whoever is gone misses nothing
}

// asciiName is a file's name as a header takes it.
func asciiName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/:*?<>|`, r) {
			return '-'
		}
		return r
	}, name)
}
