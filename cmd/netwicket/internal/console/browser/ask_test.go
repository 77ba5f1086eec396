package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/stretchr/testify/require"
)

// As one types the answer comes, and the address of the page is a link to it.
func TestAsk(t *testing.T) {
	site := start(t, acme(t))
	page := site.open(desk, "ask")
	page.type_("#q", "203.0.113.200")
	page.waitText("#answer .verdict", "deny")
	require.Equal(t, "203.0.113.200", page.query("q"))
	page.set("#q", "203.0.113.9")
	page.waitText("#answer .verdict", "allow")
	link := page.where()

	other := site.newPage(phone)
	other.navigate(link)
	other.waitText("#answer .verdict", "allow")
	require.Equal(t, page.answer(), other.answer())
}

// Half an address is no alarm, and whoever types stays where they are.
func TestAskWhileOneTypes(t *testing.T) {
	site := start(t, acme(t))
	page := site.open(desk, "ask")
	page.type_("#q", "203.0.11")
	page.waitText("#answer .problem", "expected")
	require.Zero(t, page.count("#answer .notice, #answer [role=alert], #answer .verdict"))
	page.press(left, left)
	page.press("3")
	page.waitFor("new URL(location).searchParams.get('q') === '203.0.311' && !document.querySelector('#answer[aria-busy]')")
	require.True(t, value[bool](page, "document.activeElement.id === 'q' && document.activeElement.selectionStart === 7 && document.activeElement.selectionEnd === 7"))
	page.set("#q", "203.0.113.200")
	page.waitText("#answer .verdict", "deny")
	page.waitFor("document.querySelector('#heard').textContent === 'deny blocklisted 203.0.113.200'")
	page.set("#q", "")
	page.waitFor("document.querySelector('#answer').innerText.trim() === '' && document.querySelector('#heard').textContent === ''")
}

// A request is asked about with keys alone: its headers in lines, who connected beside
// it, and from there to where the zone stands that decided.
func TestAskByKeys(t *testing.T) {
	site := start(t, acme(t))
	page := site.open(phone, "ask")
	page.tabTo("#q")
	for _, key := range "X-Forwarded-For: 203.0.113.200" {
		page.press(string(key))
	}
	page.press(enter)
	for _, key := range "X-Other: a" {
		page.press(string(key))
	}
	page.waitText("#answer", "does not say who connected")
	page.press(tab)
	require.True(t, value[bool](page, "document.activeElement.id === 'peer'"))
	for _, key := range "10.20.0.4:4711" {
		page.press(string(key))
	}
	page.waitText("#answer dl", "10.20.0.4")
	require.Equal(t, "10.20.0.4:4711", page.query("peer"))
	require.Equal(t, "X-Forwarded-For: 203.0.113.200\nX-Other: a", strings.ReplaceAll(page.query("q"), "\r\n", "\n"))
	answer := page.answer()
	page.press(enter)
	page.tabTo("#answer a[href^='ask?']")
	page.press(enter)
	page.waitFor("document.readyState === 'complete'")
	page.wait("#answer .verdict")
	require.Equal(t, answer, page.answer())
	require.Equal(t, "10.20.0.4:4711", value[string](page, "document.querySelector('#peer').value"))
	page.tabTo("#answer a.place")
	require.True(t, strings.HasPrefix(value[string](page, "document.activeElement.getAttribute('href')"), "documents?file="))
	page.pressWith(input.ModifierShift, tab)
	require.False(t, value[bool](page, "document.activeElement.matches('a.place')"))
}

// Of a network each range leads to the answer about it.
func TestAskNetwork(t *testing.T) {
	site := start(t, acme(t))
	page := site.open(desk, "ask")
	page.type_("#q", "203.0.113.0/24")
	page.waitText("#answer h2", "Ranges")
	page.click("#answer a[href='ask?q=203.0.113.200']")
	page.waitText("#answer .verdict", "deny")
	require.Equal(t, "203.0.113.200", page.query("q"))
	require.Equal(t, "203.0.113.200", value[string](page, "document.querySelector('#q').value"))
}
