package console

import (
	"context"
	"html/template"
	"iter"
	"net/netip"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
)

// TakeBench waits for the place where drafts are compiled, as a question of a visitor's
// page does.
func (c *Console) TakeBench(ctx context.Context, who string) (context.Context, func(), error) {
	return c.bench.take(ctx, who)
}

// Asking is how many pages have a question about a draft.
func (c *Console) Asking() int {
	c.bench.mutex.Lock()
	defer c.bench.mutex.Unlock()
	return len(c.bench.under)
}

// Drawings is how many maps are kept.
func (c *Console) Drawings() int {
	c.drawings.mutex.Lock()
	defer c.drawings.mutex.Unlock()
	return len(c.drawings.kept)
}

// MapOf is the map of the policy, compared with something or not.
func (c *Console) MapOf(against string) (*spacemap.Tiles, error) {
	on := c.subjects.current()
	other, err := c.comparedWith(against)
	if err != nil {
		return nil, err
	}
	return c.drawing(on, other)
}

// BreakPage has a page fail half-way.
func (c *Console) BreakPage(name string) {
	c.views[name] = template.Must(template.New("layout.html").Parse(`begun {{.None}}`))
}

// ClientName is what a client is called that was counted by a network.
func ClientName(network netip.Prefix) string { return clientName(network) }

// English is what a text of english.txt makes of a key, a count, and a beginning of keys.
func English(text, key, counted string, number any, under string) (said, count string, rest map[string]string, err error) {
	words, err := readEnglish(text)
	return words.say(key), words.count(counted, number), words.under(under), err
}

// ChangesOf is what a comparison looks at until a context ends.
func ChangesOf(ctx context.Context, before, after *decide.Policy) iter.Seq[decide.Change] {
	return changesOf(ctx, before, after)
}

// TakeTurn waits for the place where logs are decided, as each log does.
func (c *Console) TakeTurn() (leave func()) {
	c.runs.turn <- struct{}{}
	return func() { <-c.runs.turn }
}

// Runs is how many logs are decided or wait for it, or were, of all visitors.
func (c *Console) Runs() int {
	c.runs.mutex.Lock()
	defer c.runs.mutex.Unlock()
	return len(c.runs.list)
}

// Percent is how much of a log the page says is decided.
func Percent(read, size int64) int64 {
	return logView{Read: read, Log: &uploads.Log{Size: size}}.Percent()
}
