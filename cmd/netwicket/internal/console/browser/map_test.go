package browser_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// onMap waits until all that is in view is drawn and told of.
func (p *page) onMap() {
	p.site.t.Helper()
	p.waitFor(`document.getElementById("map")?.dataset.ready === "true" && !document.getElementById("view").hasAttribute("aria-busy")`)
}

// By keys alone: from everything down to a /24, what lies under the pointer is told, and
// the address of the page says where one is, so that it leads others there, and back.
func TestMapByKeys(t *testing.T) {
	site := start(t, acme(t))
	page := site.open(desk, "map")
	page.onMap()
	require.Empty(t, page.query("at"))
	page.tabTo("#at")
	page.type_("#at", "203.0.113.200")
	page.press(enter)
	page.waitText(".map-where", "203.0.113.0/24")
	page.onMap()
	require.Equal(t, "203.0.113.0/24", page.query("at"))
	page.waitText("#point h2", "203.0.113.200/32")
	page.waitText("#point", "deny", "blocklisted")

	page.goTo("map")
	page.onMap()
	page.tabTo("#map")
	page.press("p")
	page.waitText("#point", "decision")
	for range 3 { // each time into the square that is pointed at
		page.press(right, down, enter)
		page.onMap()
	}
	for range 12 {
		page.press("+")
	}
	page.waitFor(`document.getElementById("map-state").dataset.at.endsWith("/24")`)
	page.onMap()
	page.waitFor(`new URL(location).searchParams.get("at").endsWith("/24")`)
	deep := page.query("at")
	network, err := netip.ParsePrefix(deep)
	require.NoError(t, err)
	page.press(left)
	page.waitFor(fmt.Sprintf(`(() => { const said = document.querySelector("#point h2")?.innerText; return said && said.startsWith(%q); })()`, firstBytes(network)))

	other := site.open(phone, "map?at="+deep)
	other.onMap()
	other.waitText(".map-where", deep)
	other.fits()

	page.press("-", "-")
	page.waitFor(`!new URL(location).searchParams.get("at").endsWith("/24")`)
	page.onMap()
	page.do("go back", chromedp.NavigateBack())
	page.waitText(".map-where", deep)
	page.look(phone) // a window of another size shows the same network
	page.do("go to the map", chromedp.Focus("#map", chromedp.ByQuery))
	page.press(kb.Home)
	page.waitText(".map-where", "All of IPv4")
	page.onMap()
	page.look(desk)
	page.onMap()
	page.press("+", "-")
	page.waitText(".map-where", "All of IPv4")
}

func firstBytes(network netip.Prefix) string {
	b := network.Addr().As4()
	return fmt.Sprintf("%d.%d.%d.", b[0], b[1], b[2])
}

// The mouse points and zooms, the selects colour, and each says so in the URL.
func TestMapByMouse(t *testing.T) {
	site := start(t, acme(t))
	page := site.open(desk, "map?at=203.0.113.0/24")
	page.onMap()
	page.hover("#map")
	page.waitText("#point h2", "203.0.113.")
	page.choose("#by", "zone")
	page.waitFor(`new URL(location).searchParams.get("by") === "zone"`)
	page.onMap()
	page.waitText(".map-legend", "zone")
	require.Equal(t, "203.0.113.0/24", page.query("at"))
	page.choose("#family", "6")
	page.waitFor(`new URL(location).searchParams.get("family") === "6"`)
	page.onMap()
	page.waitText(".map-where", "IPv6")
	page.click(".map-largest a")
	page.waitFor(`new URL(location).searchParams.has("at")`)
	page.onMap()
	wheel(page, -720) // away from oneself: in, at the pointer
	page.waitFor(`document.getElementById("map-state").dataset.level > 2`)
	page.onMap()
	before := page.query("at")
	for range 3 { // together more than the view is wide
		drag(page, 300)
	}
	page.waitFor(fmt.Sprintf(`new URL(location).searchParams.get("at") !== %q`, before))
	page.onMap()
	page.click("#zoom-whole")
	page.waitFor(`!new URL(location).searchParams.has("at")`)
	page.set("#at", "nonsense")
	page.press(enter)
	page.expect("400")
	page.waitText("#point", "expected an address or a network")
}

// Two policies are laid over each other: what differs between them is coloured, pointing
// tells it, and the link says it to others.
func TestMapOfTwoPolicies(t *testing.T) {
	before, now := acme(t), acme(t)
	zones := filepath.Join(now, "okta", "zones.json")
	text, err := os.ReadFile(zones)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(zones, []byte(strings.Replace(string(text), `"198.18.0.0/15"`, `"192.0.2.0/25"`, 1)), 0o600))

	site := start(t, now, "--against", before)
	page := site.open(desk, "map")
	page.onMap()
	page.choose("#against", "other")
	page.waitFor(`new URL(location).searchParams.get("against") === "other"`)
	page.onMap()
	page.waitText(".map-legend", before, "newly denied")
	page.set("#at", "192.0.2.9")
	page.press(enter)
	page.waitText("#point", "Compared with", "newly denied")
	page.onMap()
	link := page.where()
	page.choose("#against", "")
	page.waitFor(`!new URL(location).searchParams.has("against")`)
	page.onMap()
	page.waitNoText(".map-legend", "newly denied")

	other := site.newPage(phone)
	other.navigate(link)
	other.onMap()
	other.waitText(".map-legend", "newly denied")
	other.check("map-two-policies")
}

func wheel(p *page, down float64) {
	x, y := p.middle("#map")
	p.do("turn the wheel", chromedp.MouseEvent(input.MouseWheel, x, y, func(e *input.DispatchMouseEventParams) *input.DispatchMouseEventParams {
		return e.WithDeltaX(0).WithDeltaY(down)
	}))
}

// drag moves the map to the left.
func drag(p *page, far float64) {
	x, y := p.middle("#map")
	held := func(e *input.DispatchMouseEventParams) *input.DispatchMouseEventParams {
		return e.WithButton(input.Left).WithButtons(1).WithClickCount(1)
	}
	p.do("drag the map", chromedp.MouseEvent(input.MousePressed, x, y, held), chromedp.MouseEvent(input.MouseMoved, x-far/2, y, held),
		chromedp.MouseEvent(input.MouseMoved, x-far, y, held), chromedp.MouseEvent(input.MouseReleased, x-far, y, chromedp.ButtonLeft))
}
