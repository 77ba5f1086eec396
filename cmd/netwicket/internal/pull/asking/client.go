package asking

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Options say how a tenant is asked.
type Options struct {
	Vendor    string // as errors call it: "okta"
	Address   *url.URL
	Roots     *x509.CertPool // nil: the system's
	UserAgent string
	MaxWait   time.Duration // longer than that nobody is waited for
	Clock     Clock
	Progress  func(text string) // is told what goes on; nil: nobody is
}

// Client asks one tenant. It is for one goroutine.
type Client struct {
	vendor   string
	address  *url.URL
	http     *http.Client
	agent    string
	maxWait  time.Duration
	clock    Clock
	progress func(string)
	quotas   map[string]quota // by family
	access   Access

	bodyLimit, listLimit int // in bytes
}

// Access is how questions prove who asks.
type Access struct {
	// Prove puts the credentials into a request, with whatever it takes to have them.
	Prove func(context.Context, *http.Request) error
	// Renew forgets a token that the tenant does not take any more, so that Prove
	// gets a new one; nil: there is no other.
	Renew func()
}

// Question is one thing to ask.
type Question struct {
	What   string // as errors and progress call it: "zones, page 2"
	Path   string // with the query
	Family string // of the rate limit
	Scope  string // that a token needs for it
	Header http.Header

	// Form is what a POST says, made anew whenever it is sent, since what is signed may
	// be good for once; nil: it is a GET.
	Form func() (url.Values, error)

	// Prove overrides the client's Access; it is for what must not need it.
	Prove func(context.Context, *http.Request) error
}

// New is a client that asks without credentials until SetAccess.
func New(options Options) *Client {
	c := &Client{
		vendor: options.Vendor, address: options.Address, agent: options.UserAgent, maxWait: options.MaxWait, clock: options.Clock.Complete(),
		progress: options.Progress, quotas: make(map[string]quota), bodyLimit: bodyLimit, listLimit: listLimit,
	}
	if c.progress == nil {
		c.progress = func(string) {}
	}
	c.http = &http.Client{
		Transport: newTransport(options.Address, options.Roots),
		Timeout:   answerTimeout,
		// A redirect would take the credentials, or the question, to where nobody
		// wanted them (U5).
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// SetAccess gives the client its credentials.
func (c *Client) SetAccess(access Access) { c.access = access }

// Now is the client's time.
func (c *Client) Now() time.Time { return c.clock.Now() }

// URL is the address of a path of the tenant's.
func (c *Client) URL(path string) string { return c.address.String() + path }

const (
	attempts  = 5               // of a question (U7)
	bodyLimit = jsondoc.MaxSize // of an answer, in bytes
)

// Ask asks until there is an answer that read takes, or no hope of one. The header
// is the answer's. A [Failure] is what the tenant said last.
func (c *Client) Ask(ctx context.Context, q Question, read func(body []byte) error) (http.Header, error) {
	renewed := false
	for attempt := 1; ; attempt++ {
		if err := c.leave(ctx, q); err != nil {
			return nil, err
		}
		answer, err := c.once(ctx, q)
		if err == nil && answer.status == http.StatusOK {
			if err = read(answer.body); err == nil {
				return answer.header, nil
			}
			err = &passing{unreadable(answer, err)}
		}
		if err == nil {
			failure := readFailure(c.vendor, q, answer.status, answer.header, answer.body)
			if answer.status == http.StatusUnauthorized && q.Prove == nil && c.access.Renew != nil && !renewed {
				renewed = true
				attempt--
				c.access.Renew()
				continue
			}
			err = c.judge(failure)
		}
		var moment *passing
		if !errors.As(err, &moment) || ctx.Err() != nil {
			return nil, c.about(q, err)
		}
		if attempt == attempts {
			return nil, fmt.Errorf("%w; asked %d times", c.about(q, moment.err), attempts)
		}
		if err := c.pauseAfter(ctx, q, answer, attempt, moment.err); err != nil {
			return nil, err
		}
	}
}

// passing is trouble that may be over in a moment.
type passing struct{ err error }

func (p *passing) Error() string { return p.err.Error() }
func (p *passing) Unwrap() error { return p.err }

// about says of an error which question it is about.
func (c *Client) about(q Question, err error) error {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	return fmt.Errorf("%s, %s: %w", c.vendor, q.What, err)
}

// judge says which failures may pass (U7).
func (c *Client) judge(f *Failure) error {
	switch {
	case f.Status == http.StatusTooManyRequests, f.Status == http.StatusInternalServerError, f.Status == http.StatusBadGateway,
		f.Status == http.StatusServiceUnavailable, f.Status == http.StatusGatewayTimeout:
		return &passing{f}
	case f.Status >= 300 && f.Status < 400:
		f.Hint = "a redirect, which is not followed: it would take the token elsewhere"
		if to, err := url.Parse(f.Header.Get("Location")); err == nil && to.Host != "" {
			f.Hint = "a redirect to " + to.Host + ", which is not followed: it would take the token there"
		}
	}
	return f
}

// pauseAfter waits before a question is asked again.
func (c *Client) pauseAfter(ctx context.Context, q Question, answer answer, attempt int, cause error) error {
	wait := c.backOff(attempt)
	if answer.status == http.StatusTooManyRequests {
		if told, until := refused(answer.header, c.clock.Now()); told > c.maxWait {
			return c.tooLong(q, c.causeText(cause), until)
		} else if told > 0 {
			wait = told
		}
	}
	return c.pause(ctx, q, wait)
}

func (c *Client) causeText(err error) string {
	var failure *Failure
	if errors.As(err, &failure) {
		return strings.TrimSpace(fmt.Sprintf("%d %s", failure.Status, failure.Code))
	}
	return err.Error()
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// once asks once. Its error is a passing one unless it would be the same again.
func (c *Client) once(ctx context.Context, q Question) (answer, error) {
	c.progress(c.vendor + ", " + q.What)
	request, err := c.request(ctx, q)
	if err != nil {
		return answer{}, err
	}
	prove := q.Prove
	if prove == nil {
		prove = c.access.Prove
	}
	if prove != nil {
		if err := prove(ctx, request); err != nil {
			return answer{}, err
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, lasting(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(c.bodyLimit)+1))
	if response.StatusCode != http.StatusTooManyRequests {
		c.quotas[q.Family], _ = readQuota(response.Header, c.clock.Now()) // one that nobody knows is never low
	}
	switch {
	case err != nil:
		return answer{status: response.StatusCode, header: response.Header}, &passing{fmt.Errorf("%d, and the answer breaks off after %d bytes: %w", response.StatusCode, len(body), cause(err))}
	case len(body) > c.bodyLimit:
		return answer{}, fmt.Errorf("the answer is larger than %d bytes", c.bodyLimit)
	}
	return answer{response.StatusCode, response.Header, body}, nil
}

func (c *Client) request(ctx context.Context, q Question) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if q.Form != nil {
		form, err := q.Form()
		if err != nil {
			return nil, err
		}
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, method, c.address.String()+q.Path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range q.Header {
		request.Header[name] = values
	}
	if q.Form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.agent)
	return request, nil
}

// lasting tells a connection that failed from one that would fail again: what the
// certificate is worth does not change by asking.
func lasting(err error) error {
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return fmt.Errorf("%w; --ca-file names further authorities", cause(err))
	}
	return &passing{cause(err)}
}

// cause is an error without the address, which the question says.
func cause(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// unreadable says what came in place of what was expected. A finding is about a
// document that nobody has: it is only told.
func unreadable(a answer, err error) error {
	if len(bytes.TrimSpace(a.body)) == 0 {
		return errors.New("200, and an empty answer; expected JSON")
	}
	why := err.Error()
	if list, _ := errors.AsType[finding.List](err); len(list) > 0 {
		why = fmt.Sprintf("line %d, column %d: %s", list[0].Line, list[0].Column, list[0].Message())
	}
	if kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")); kind != "application/json" {
		return fmt.Errorf("200, and an answer of type %s; expected JSON: %s", cmp.Or(kind, "unknown"), why)
	}
	return fmt.Errorf("200, and an answer that is not what was expected: %s", why)
}
