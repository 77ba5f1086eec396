package browser_test

import (
	"testing"

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
}
