package admin

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/internal/shown"
)

// heldKey is where a request's context has its connection in the crowd.
type heldKey struct{}

func rememberHeld(ctx context.Context, connection net.Conn) context.Context {
	if secured, ok := connection.(*tls.Conn); ok {
		connection = secured.NetConn()
	}
	return context.WithValue(ctx, heldKey{}, connection)
}

// settle lets the connection of a request out of the crowd: it is a caller's. What
// net/http asks for in HTTP/2 is another deadline for each stream, and none for the
// connection.
func settle(r *http.Request, now time.Time) {
	held, ok := r.Context().Value(heldKey{}).(*doorway.Held)
	switch {
	case !ok:
	case r.ProtoMajor >= 2:
		held.Settle(time.Time{}, time.Time{})
	default:
		held.Settle(now.Add(requestTimeout), now.Add(answerTimeout))
	}
}

// connectionLog takes what net/http has to say about connections. Strangers cause
// most of it, so it is for debugging; only a panic is our fault, and only connections
// that cannot be accepted are everybody's.
type connectionLog struct{ logger *slog.Logger }

func (c *connectionLog) Write(line []byte) (int, error) {
	switch text := shown.Text(strings.TrimSpace(string(line))); {
	case strings.HasPrefix(text, "http: panic"), strings.HasPrefix(text, "http2: panic"):
		c.logger.Error("a request was not answered", "panic", text)
	case strings.HasPrefix(text, "http: Accept error"):
		c.logger.Error("connections cannot be accepted", "error", text) // it waits a second and tries again
	default:
		c.logger.Debug("connection", "error", text)
	}
	return len(line), nil
}
