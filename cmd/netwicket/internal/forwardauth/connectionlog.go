package forwardauth

import (
	"log/slog"
	"strings"
)

// connectionLog takes what net/http has to say about connections. Strangers
// cause most of it, so it is for debugging; only a panic is our fault, and only
// connections that cannot be accepted are everybody's.
type connectionLog struct{ journal *Journal }

func (c *connectionLog) Write(line []byte) (int, error) {
	j, text := c.journal, c.journal.shown(strings.TrimSpace(string(line)))
	switch {
	case strings.HasPrefix(text, "http: panic"), strings.HasPrefix(text, "http2: panic"):
		j.logger.Error("a request was not answered", "panic", text)
	case strings.HasPrefix(text, "http: Accept error"):
		// net/http waits for up to a second and tries again.
		if j.admits(slog.LevelError, &j.failures) {
			j.logger.Error("connections cannot be accepted", "error", text)
		}
	default:
		j.logger.Debug("connection", "error", quoted(text))
	}
	return len(line), nil
}
