package console

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Local is the door of the site on this machine: a link that is good once becomes a
// cookie, which other sites cannot have the browser send (SameSite). Requests for
// another host are refused, so that a name which somebody makes stand for this machine
// reads nothing (DNS rebinding). It is safe for concurrent use.
type Local struct {
	site    http.Handler
	console *Console
	visitor Visitor
	links   links
	hosts   []string
	cookie  string
	base    string // the site's URL
	tell    func(link string) error

	mutex sync.Mutex
	told  time.Time // when a link was told last
}

// newLinkEvery is how soon after a link another one is told: old links that are opened
// again and again must not fill a terminal.
const newLinkEvery = 5 * time.Second

// NewLocal is the door of a site that is served at an address of this machine. tell gets
// the link, and another one whenever somebody opens one that was used before. The policy
// is read at once, so that the first page has not to wait for it.
func NewLocal(site *Console, at *net.TCPAddr, visitor Visitor, tell func(link string) error) *Local {
	host, port := at.IP.String(), strconv.Itoa(at.Port)
	l := &Local{site: site.Handler(), console: site, visitor: visitor, tell: tell, cookie: "netwicket-console-" + port}
	for _, name := range []string{host, "localhost"} {
		full := net.JoinHostPort(name, port)
		l.hosts = append(l.hosts, strings.TrimSuffix(full, ":80"), full) // browsers leave port 80 out
	}
	l.base = "http://" + l.hosts[0] + "/"
	site.subjects.current()
	return l
}

// Invite tells a new link. The one before is good no more. The error is that of who is
// told.
func (l *Local) Invite() error {
	l.mutex.Lock()
	l.told = l.console.options.Now()
	l.mutex.Unlock()
	return l.tell(l.base + "?token=" + l.links.new())
}

// Handler is the site behind the door.
func (l *Local) Handler() http.Handler { return WithHeaders(http.HandlerFunc(l.answer)) }

func (l *Local) answer(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(l.hosts, r.Host) {
		http.Error(w, fmt.Sprintf("this console is at %s; it does not answer for another host", l.base), http.StatusMisdirectedRequest)
		return
	}
	token := r.URL.Query().Get("token")
	if r.URL.Path == "/" && r.Method == http.MethodGet && !isAhead(r) {
		if session, good := l.links.enter(token); good {
			l.welcome(w, r, session)
			return
		}
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/assets/"):
		l.site.ServeHTTP(w, r) // as to anybody on this machine
		return
	case isAhead(r):
		http.Error(w, "the link is for whoever opens it", http.StatusForbidden)
		return
	case !l.known(r):
		if token != "" {
			l.inviteAgain()
		}
		l.console.turnAway(w, r, "locked", token != "")
		return
	}
	l.site.ServeHTTP(w, r.WithContext(WithVisitor(r.Context(), l.visitor)))
}

// isAhead says that a browser or a preview asks before a person does, and perhaps for
// nobody.
func isAhead(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose")+r.Header.Get("X-Moz"), "prefetch")
}

// welcome gives the cookie, and leads on by a page of its own: a cookie that is for this
// site alone does not go along where another one has led here.
func (l *Local) welcome(w http.ResponseWriter, r *http.Request, session string) {
	http.SetCookie(w, &http.Cookie{Name: l.cookie, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	l.console.show(w, r, http.StatusOK, "welcome", nil, nil)
}

func (l *Local) known(r *http.Request) bool {
	for _, cookie := range r.CookiesNamed(l.cookie) {
		if l.links.holds(cookie.Value) {
			return true
		}
	}
	return false
}

// inviteAgain tells a new link, unless it has just told one.
func (l *Local) inviteAgain() {
	l.mutex.Lock()
	soon := l.console.options.Now().Sub(l.told) < newLinkEvery
	l.mutex.Unlock()
	if soon {
		return
	}
	if err := l.Invite(); err != nil {
		l.console.options.Log.Error("a new link could not be told", "error", err.Error())
	}
}
