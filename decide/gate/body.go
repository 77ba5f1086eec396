package gate

import (
	"net/http"
	"time"
)

// bodyTime is how long a body that nobody reads may follow its answer. With less
// the answer would be lost to those who send first and read then.
const bodyTime = 500 * time.Millisecond

// LeaveBody lets the answer go without the request's body: to be called before
// the answer by a handler that does not read it, such as one that refuses by
// [Decide]. net/http reads what it can of a body before it answers, so whoever
// announces one and sends nothing would hold the answer back, and the connection
// with it (docs/semantics.md, edge-33). In HTTP/1 the connection ends behind the
// answer; where there is no body, and in HTTP/2, nothing is done.
func LeaveBody(w http.ResponseWriter, r *http.Request) {
	if closeBehind(w, r) {
		giveUpBody(w)
	}
}

// LeavingBody is LeaveBody for an answer that takes its time, such as a page of a
// handler of its own: it may read the body as long as it goes on.
func LeavingBody(w http.ResponseWriter, r *http.Request, answer func()) {
	left := closeBehind(w, r)
	answer()
	if left {
		giveUpBody(w)
	}
}

// closeBehind lets the answer go at once, and says that there is a body.
func closeBehind(w http.ResponseWriter, r *http.Request) bool {
	if r.ContentLength == 0 || r.ProtoMajor != 1 {
		return false
	}
	w.Header()["Connection"] = []string{"close"}
	return true
}

// giveUpBody ends the connection whether or not the body comes.
func giveUpBody(w http.ResponseWriter) {
	// A writer without deadlines is no connection: a test's, or a middleware's
	// that does not unwrap, where the server's own timeout has to do.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
}
