package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// look is how wide the window is, and whether the person likes it dark.
type look struct {
	width, height int
	dark          bool
}

// The looks that pages are tried in: a desk with a screen, and a phone.
var (
	desk      = look{1440, 900, false}
	deskDark  = look{1440, 900, true}
	phone     = look{360, 740, false}
	phoneDark = look{360, 740, true}
	looks     = []look{desk, deskDark, phone, phoneDark}
)

func (l look) String() string {
	shade := "light"
	if l.dark {
		shade = "dark"
	}
	return fmt.Sprintf("%d-%s", l.width, shade)
}

// Keys for press.
const (
	tab    = kb.Tab
	enter  = kb.Enter
	escape = kb.Escape
	space  = " "
	up     = kb.ArrowUp
	down   = kb.ArrowDown
	left   = kb.ArrowLeft
	right  = kb.ArrowRight
)

// page is a tab of the browser.
type page struct {
	*watch
	site  *site
	tab   context.Context
	close func()
	as    look
}

func (s *site) newPage(as look) *page {
	s.t.Helper()
	tab, end := chromedp.NewContext(s.browser)
	p := &page{watch: newWatch(s), site: s, tab: tab, close: end}
	p.follow(tab)
	require.NoError(s.t, chromedp.Run(tab, p.enable()...), "a tab opens")
	s.t.Cleanup(func() { p.report(); end() })
	p.look(as)
	return p
}

// do does it within patience.
func (p *page) do(what string, actions ...chromedp.Action) {
	p.site.t.Helper()
	limit, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	if err := chromedp.Run(limit, actions...); err != nil {
		p.keep("failed")
		require.NoError(p.site.t, err, "%s\nat %s\nthe page says: %s", what, p.where(), p.seen())
	}
}

// look changes the window.
func (p *page) look(as look) {
	p.site.t.Helper()
	p.as = as
	scheme := "light"
	if as.dark {
		scheme = "dark"
	}
	p.do("look "+as.String(),
		emulation.SetDeviceMetricsOverride(int64(as.width), int64(as.height), 1, as.width < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
}

// goTo opens another page of the site.
func (p *page) goTo(path string) {
	p.site.t.Helper()
	p.navigate(p.site.base + path)
}

// navigate opens a URL and waits until it is loaded.
func (p *page) navigate(to string) {
	p.site.t.Helper()
	p.do("open "+to, chromedp.Navigate(to))
}

// where is the URL of the page.
func (p *page) where() string {
	limit, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	var at string
	_ = chromedp.Run(limit, chromedp.Location(&at))
	return at
}

// query is a value in the page's URL.
func (p *page) query(name string) string {
	at, err := url.Parse(p.where())
	require.NoError(p.site.t, err)
	return at.Query().Get(name)
}

// waitPath waits until the page is at a path.
func (p *page) waitPath(path string) {
	p.site.t.Helper()
	p.waitFor(fmt.Sprintf("location.pathname === %s && document.readyState === 'complete'", quoted(path)))
}

// waitFor waits until an expression of JavaScript is true, on whatever page is there by
// then.
func (p *page) waitFor(expression string) {
	p.site.t.Helper()
	limit, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	for again := time.NewTicker(20 * time.Millisecond); ; {
		var is bool
		err := chromedp.Run(limit, chromedp.Evaluate("Boolean("+expression+")", &is))
		if err == nil && is {
			return
		}
		select {
		case <-again.C:
		case <-limit.Done():
			p.keep("failed")
			require.Fail(p.site.t, "it does not come", "%s: %v\nat %s\nthe page says: %s", expression, err, p.where(), p.seen())
		}
	}
}

// wait waits until there is such an element that can be seen.
func (p *page) wait(selector string) {
	p.site.t.Helper()
	p.waitFor(fmt.Sprintf("[...document.querySelectorAll(%s)].some((one) => one.checkVisibility())", quoted(selector)))
}

// waitGone waits until no such element can be seen.
func (p *page) waitGone(selector string) {
	p.site.t.Helper()
	p.waitFor(fmt.Sprintf("![...document.querySelectorAll(%s)].some((one) => one.checkVisibility())", quoted(selector)))
}

// waitText waits until an element can be seen and has all these texts in what can be
// read there, in whatever case.
func (p *page) waitText(selector string, texts ...string) {
	p.site.t.Helper()
	p.waitFor(fmt.Sprintf("%s.every((text) => [...document.querySelectorAll(%s)].some((one) => one.checkVisibility() && one.innerText.toLowerCase().includes(text.toLowerCase())))", quoted(texts), quoted(selector)))
}

// waitNoText waits until no such element has the text.
func (p *page) waitNoText(selector, text string) {
	p.site.t.Helper()
	p.waitFor(fmt.Sprintf("![...document.querySelectorAll(%s)].some((one) => one.innerText.toLowerCase().includes(%s.toLowerCase()))", quoted(selector), quoted(text)))
}

// answer is what can be read in the answer of the page.
func (p *page) answer() string {
	p.site.t.Helper()
	p.wait("#answer")
	return value[string](p, "document.querySelector('#answer').innerText")
}

// count is how many such elements there are.
func (p *page) count(selector string) int {
	p.site.t.Helper()
	return value[int](p, fmt.Sprintf("document.querySelectorAll(%s).length", quoted(selector)))
}

// value is what an expression of JavaScript comes to.
func value[T any](p *page, expression string) T {
	p.site.t.Helper()
	var found T
	p.do(expression, chromedp.Evaluate(expression, &found))
	return found
}

// type_ types into a field, after what it holds.
func (p *page) type_(selector, text string) {
	p.site.t.Helper()
	p.wait(selector)
	p.do("type into "+selector, chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(text))
}

// set replaces what a field holds, as one does who selects it all and pastes.
func (p *page) set(selector, text string) {
	p.site.t.Helper()
	p.wait(selector)
	p.do("set "+selector, chromedp.Focus(selector, chromedp.ByQuery),
		chromedp.Evaluate(fmt.Sprintf("document.querySelector(%s).select()", quoted(selector)), nil),
		input.InsertText(text))
}

// choose chooses an option of a select by its value.
func (p *page) choose(selector, option string) {
	p.site.t.Helper()
	p.wait(selector)
	p.do("choose "+option, chromedp.Evaluate(fmt.Sprintf(
		"{ const one = document.querySelector(%s); one.value = %s; for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind, { bubbles: true })) }", quoted(selector), quoted(option)), nil))
}

// press presses keys where the focus is.
func (p *page) press(keys ...string) {
	p.site.t.Helper()
	for _, key := range keys {
		p.do("press "+key, chromedp.KeyEvent(key))
	}
}

// pressWith presses a key with others held: input.ModifierCtrl, ModifierShift.
func (p *page) pressWith(held input.Modifier, key string) {
	p.site.t.Helper()
	p.do("press "+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(held)))
}

// tabTo presses the tabulator until the focus is on such an element: all can be come
// to by keys, or this fails.
func (p *page) tabTo(selector string) {
	p.site.t.Helper()
	for range 400 {
		p.press(tab)
		if value[bool](p, fmt.Sprintf("Boolean(document.activeElement?.matches(%s))", quoted(selector))) {
			return
		}
	}
	require.Fail(p.site.t, "keys do not come to "+selector)
}

// click clicks on the first such element that can be seen, wherever it stands.
func (p *page) click(selector string) {
	p.site.t.Helper()
	x, y := p.middle(selector)
	p.do("click "+selector, chromedp.MouseClickXY(x, y))
}

// hover points at such an element.
func (p *page) hover(selector string) {
	p.site.t.Helper()
	x, y := p.middle(selector)
	p.pointAt(x, y)
}

// pointAt points at a place of the window.
func (p *page) pointAt(x, y float64) {
	p.site.t.Helper()
	p.do("point", chromedp.MouseEvent(input.MouseMoved, x, y))
}

// middle scrolls to an element and says where its middle is in the window. What a mouse
// does is judged by what is drawn, so the page is brought to the front, where it is drawn
// at once, and drawn anew.
func (p *page) middle(selector string) (x, y float64) {
	p.site.t.Helper()
	p.wait(selector)
	var at []float64
	p.do("scroll to "+selector, cdppage.BringToFront(), chromedp.Evaluate(fmt.Sprintf(`(async () => {
		const one = [...document.querySelectorAll(%s)].find((one) => one.checkVisibility());
		one.scrollIntoView({ block: "center", behavior: "instant" });
		for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
		const box = one.getClientRects()[0];
		return [box.x + box.width / 2, box.y + box.height / 2];
	})()`, quoted(selector)), &at, awaiting))
	return at[0], at[1]
}

// upload gives files to the page's field of type file.
func (p *page) upload(paths ...string) {
	p.site.t.Helper()
	p.do("upload", chromedp.SetUploadFiles("#file", absolute(paths), chromedp.ByQuery))
}

// drop drops files on an element.
func (p *page) drop(selector string, paths ...string) {
	p.site.t.Helper()
	x, y := p.middle(selector)
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: absolute(paths), DragOperationsMask: 1}
	p.do("drop on "+selector, chromedp.ActionFunc(func(ctx context.Context) error {
		for _, kind := range []input.DispatchDragEventType{input.DragEnter, input.DragOver, input.Drop} {
			if err := input.DispatchDragEvent(kind, x, y, data).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
}

func absolute(paths []string) []string {
	all := make([]string, len(paths))
	for i, path := range paths {
		all[i], _ = filepath.Abs(path)
	}
	return all
}

// pdf prints the page.
func (p *page) pdf() []byte {
	p.site.t.Helper()
	var printed []byte
	p.do("print", chromedp.ActionFunc(func(ctx context.Context) (err error) {
		printed, _, err = cdppage.PrintToPDF().WithPrintBackground(false).Do(ctx)
		return err
	}))
	return printed
}

// fits fails where the page has to be scrolled sideways.
func (p *page) fits() {
	p.site.t.Helper()
	wide := value[[]string](p, `(() => {
		const width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= width && document.body.scrollWidth <= width) return [];
		return [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > width + 1)
			.map((one) => one.tagName.toLowerCase() + (one.id && "#" + one.id) + (one.className && "." + one.className) + " to " + Math.round(one.getBoundingClientRect().right)).concat("scrolls to " + document.documentElement.scrollWidth);
	})()`)
	require.Empty(p.site.t, wide, "at %s (%s) these stand out of the window", p.where(), p.as)
}

// keep takes a screenshot of the page, of two windows of it at most, where that was asked
// for.
func (p *page) keep(name string) {
	where := os.Getenv("NETWICKET_SCREENSHOTS")
	if where == "" {
		return
	}
	limit, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	var shot []byte
	if err := chromedp.Run(limit, cdppage.BringToFront(), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		_, _, _, _, _, size, err := cdppage.GetLayoutMetrics().Do(ctx)
		if err != nil {
			return err
		}
		clip := &cdppage.Viewport{Width: float64(p.as.width), Height: min(max(size.Height, float64(p.as.height)), 2*float64(p.as.height)), Scale: 1}
		shot, err = cdppage.CaptureScreenshot().WithCaptureBeyondViewport(true).WithClip(clip).Do(ctx)
		return err
	})); err != nil {
		p.site.t.Logf("no screenshot of %s: %v", name, err)
		return
	}
	require.NoError(p.site.t, os.MkdirAll(where, 0o755))
	require.NoError(p.site.t, os.WriteFile(filepath.Join(where, name+".png"), shot, 0o644))
}

// check holds the page to what all pages are held to, and keeps a screenshot.
func (p *page) check(name string) {
	p.site.t.Helper()
	p.keep(name + "-" + p.as.String())
	p.fits()
	p.accessible()
}

// seen is what can be read on the page.
func (p *page) seen() string {
	limit, cancel := context.WithTimeout(p.tab, patience)
	defer cancel()
	var text string
	_ = chromedp.Run(limit, chromedp.Evaluate("document.body.innerText", &text))
	return text[:min(len(text), 3000)]
}

// awaiting waits for what a script promises.
func awaiting(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// quoted is a value as JavaScript has it.
func quoted(value any) string {
	text, _ := json.Marshal(value) // of strings
	return string(text)
}
