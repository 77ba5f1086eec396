// Package browser tests the pages of netwicket console in a real Chromium: as a
// person reads, types, points, drops a file and presses keys. It holds no code but
// tests, in a module of its own, so that nobody else requires what drives a browser.
//
// # A test of a page
//
//	site := start(t, acme(t))                    // or folder(t, map[string]string{"netwicket.json": "..."})
//	page := site.open(desk, "ask?q=192.0.2.7")   // desk, deskDark, phone, phoneDark; page.look(phone) changes it
//	page.type_("#q", "203.0.113.9")              // keys into the field; page.set replaces what it holds
//	page.press(tab, tab, enter)                  // keys of the page, for whoever has no mouse
//	page.waitText("#answer", "deny")             // no sleep anywhere: what does not come in time fails
//	page.click("text"), page.hover(...), page.drop("#zone", "access.log"), page.upload(...)
//	page.check("ask")                            // axe, no scrolling sideways, a screenshot "ask-1440-light.png"
//
// A test fails by what the page did besides: an error on the console, a violation of
// the content policy, an exception, a dialog, a request to another host, an answer of
// 400 or more. page.expect says which of these has to be, and is then forgiven.
//
// # How it runs
//
// NETWICKET_BROWSER=1 NETWICKET_AXE=$(scripts/axe) go test: without the first all is
// skipped, with it Chromium has to be there, and axe.min.js where the second says, which
// scripts/axe fetches. The program is built once. NETWICKET_SCREENSHOTS names
// a folder for screenshots. Rows of the table in pages_test.go are all pages and their
// states: whoever adds a page adds its rows.
//
// # The files
//
// site_test.go builds, starts and opens, page_test.go is what a person does and sees,
// watch_test.go what the page must not do, axe_test.go accessibility, pages_test.go the
// table of pages. Each page has a file,
// ask_test.go and its neighbours; door_test.go has the doors, whole_test.go what is
// of all pages.
package browser
