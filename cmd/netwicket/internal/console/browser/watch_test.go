package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// watch notes what a page does that none must do.
type watch struct {
	t    *testing.T
	site *site

	mutex     sync.Mutex
	problems  []string
	forgiven  []string
	forgive   bool     // whatever it does: it is somebody else's page, or its server ends
	requested []string // the URLs, in order
}

func newWatch(s *site) *watch { return &watch{t: s.t, site: s} }

// enable has the browser tell.
func (w *watch) enable() []chromedp.Action {
	return []chromedp.Action{network.Enable(), log.Enable(), runtime.Enable(), cdppage.Enable()}
}

// expect says which problem has to be there, and is none then.
func (w *watch) expect(part string) { w.forgiven = append(w.forgiven, part) }

func (w *watch) follow(tab context.Context) {
	chromedp.ListenTarget(tab, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning || e.Entry.Source == log.SourceSecurity {
				w.note("log: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeAssert {
				var parts []string
				for _, one := range e.Args {
					parts = append(parts, string(one.Value)+one.Description)
				}
				w.note("console: %s", strings.Join(parts, " "))
			}
		case *runtime.EventExceptionThrown:
			w.note("exception: %s", e.ExceptionDetails.Error())
		case *cdppage.EventJavascriptDialogOpening:
			w.note("dialog: %s", e.Message)
			go func() { _ = chromedp.Run(tab, cdppage.HandleJavaScriptDialog(false)) }()
		case *network.EventRequestWillBeSent:
			w.ask(e.Request.URL)
		}
	})
}

// ask notes a request, which goes to the site or is a problem.
func (w *watch) ask(target string) {
	w.mutex.Lock()
	w.requested = append(w.requested, target)
	w.mutex.Unlock()
	at, err := url.Parse(target)
	if err != nil || at.Scheme != "data" && at.Scheme != "blob" && !strings.HasPrefix(target, w.site.base) && target != "about:blank" {
		w.note("request to elsewhere: %s", target)
	}
}

func (w *watch) note(format string, values ...any) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, values...))
}

// report fails the test by the problems; and by those that were expected and did not
// come.
func (w *watch) report() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.forgive {
		return
	}
	came := make(map[string]bool)
	for _, problem := range w.problems {
		forgiven := false
		for _, part := range w.forgiven {
			if strings.Contains(problem, part) {
				came[part], forgiven = true, true
			}
		}
		assert.True(w.t, forgiven, "the page did what it must not: %s", problem)
	}
	for _, part := range w.forgiven {
		assert.True(w.t, came[part], "expected of the page, and did not come: %s", part)
	}
	w.problems, w.forgiven = nil, nil
}

// What a page must not do is noticed, or the tests of it say nothing.
func TestWatchNotices(t *testing.T) {
	page := start(t, acme(t)).open(desk, "ask")
	page.expect(`console: "out of order"`)
	page.expect("exception: ")
	page.expect("dialog: who goes there")
	page.expect("request to elsewhere: http://192.0.2.1/picture")
	page.expect("Content Security Policy")
	page.do("misbehave", chromedp.Evaluate(`{
		console.error("out of order");
		setTimeout(() => { throw new Error("thrown") });
		setTimeout(() => alert("who goes there"));
		new Image().src = "http://192.0.2.1/picture";
	}`, nil))
	assert.EventuallyWithT(t, func(t *assert.CollectT) {
		page.mutex.Lock()
		defer page.mutex.Unlock()
		assert.GreaterOrEqual(t, len(page.problems), 5)
	}, patience, 20*time.Millisecond)
}
