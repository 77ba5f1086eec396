package browser_test

import (
	"net/url"
	"testing"
)

// state is a page as somebody has brought it there.
type state struct {
	name, path string
	bring      func(*page)
}

// states are all pages, and each state of them that looks different.
var states = []state{
	{"documents", "documents", func(p *page) { p.waitText("#zones", "9 of 9") }},
	{"documents-zone", "documents?zone=nzo4berlinOfficeAc004&without=1", func(p *page) { p.waitText("#removal", "newly denied") }},
	{"documents-rule", "documents?rule=0pr1officesAcme000001&policy=0&without=1", func(p *page) { p.wait("#removal") }},
	{"documents-file", "documents?file=okta/zones.json", func(p *page) { p.wait("#L9") }},
	{"documents-missing", "documents?zone=nobody", func(p *page) { p.expect("404"); p.waitText(".notice", "nobody") }},
	{"tests", "tests", func(p *page) { p.waitText("#results", "2 passed") }},
	{"ask", "ask", func(p *page) { p.wait("#q") }},
	{"ask-allow", "ask?q=203.0.113.9", func(p *page) { p.waitText("#answer .verdict", "allow") }},
	{"ask-deny", "ask?q=203.0.113.200", func(p *page) { p.waitText("#answer .verdict", "deny") }},
	{"ask-chain", "ask?peer=10.20.0.4&q=" + url.QueryEscape("X-Forwarded-For: 203.0.113.9, 198.51.100.25"), func(p *page) { p.wait("#answer .verdict") }},
	{"ask-network", "ask?q=203.0.113.0/24", func(p *page) { p.waitText("#answer", "Ranges") }},
	{"ask-half", "ask?q=203.0.11", func(p *page) { p.waitText("#answer", "expected") }},
	{"ask-nobody", "ask?q=" + url.QueryEscape("curl https://example.com/ -H 'X-Forwarded-For: 203.0.113.9'"), func(p *page) { p.waitText("#answer .verdict", "deny") }},
	{"map", "map", func(p *page) { p.onMap() }},
	{"map-country", "map?by=country", func(p *page) { p.onMap() }},
	{"map-deep", "map?at=203.0.113.0/24&by=reason", func(p *page) { p.onMap() }},
	{"map-zone", "map?at=203.0.0.0/16&by=zone", func(p *page) { p.onMap(); p.hover("#map"); p.wait("#point h2") }},
	{"map-ipv6", "map?family=6&by=reason", func(p *page) { p.onMap() }},
	{"change", "change", func(p *page) { p.wait(".documents a") }},
	{"change-editor", "change?file=okta/zones.json#L24", func(p *page) { p.waitText("#caret", "Line 24") }},
	{"change-difference", "change?file=okta/zones.json", func(p *page) {
		p.edit(`"198.18.0.0/15"`, `"192.0.2.0/25"`)
		p.waitText("#result", "Patch")
		p.click("summary.button")
	}},
	{"change-lockout", "change?file=okta/zones.json", func(p *page) {
		p.edit(`"198.18.0.0/15"`, `"203.0.113.0/28"`)
		p.waitText("#result", "lock out")
	}},
	{"change-errors", "change?file=okta/rules.json", func(p *page) {
		p.edit(`"access": "ALLOW"`, `"access": "PERHAPS"`)
		p.waitText("#check", "PERHAPS")
	}},
	{"log", "log", func(p *page) { p.click("#drop summary"); p.wait("#pattern") }},
	{"missing", "nothing", func(p *page) { p.expect("404"); p.waitText("h1", "Not found") }},
}

// Each page in each look: nothing for axe to find, nothing to scroll sideways.
func TestEachPageIsForEverybody(t *testing.T) {
	site := start(t, withExpectations(t))
	for _, one := range states {
		t.Run(one.name, func(t *testing.T) {
			mine := site.in(t)
			page := mine.open(desk, one.path)
			one.bring(page)
			for _, as := range looks {
				page.look(as)
				page.check(one.name)
			}
		})
	}
}
