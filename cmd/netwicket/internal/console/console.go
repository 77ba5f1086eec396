package console

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Options say what the site shows.
type Options struct {
	Policy policyfile.Options // what is opened, again whenever its files have changed
	Log    *slog.Logger       // nil: nothing is logged
	Now    func() time.Time   // nil: time.Now
	Drops  uploads.Limits     // how much of logs is kept; zero: uploads.DefaultLimits

	// Folder is the one policy folder whose documents can be changed; empty: there is
	// none, and a change is a preview.
	Folder string
	// Store opens the folder to be written to, and gives it back with the function that
	// closes it. loaded is the policy that it has, which saves work. Nil: nobody may
	// save, and ReadOnly says why.
	Store    func(loaded policyfile.Opened) (store *tenant.Store, done func(), err error)
	ReadOnly string
	// Confined is for visitors who may not all that this process may: they cannot edit
	// the policy file. It names files of this machine, of which findings would quote, and
	// says whom nobody may lock out.
	Confined bool

	// Against is another policy, which the map can be compared with, and AgainstName what
	// pages call it; without a name there is none.
	Against     policyfile.Options
	AgainstName string
}

// Console is the site. New makes one; it is safe for concurrent use.
type Console struct {
	options  Options
	subjects *subjects
	against  *subjects // nil: there is no other policy
	english  english
	views    map[string]*template.Template
	uploads  *uploads.Store
	runs     *runs

	beside       string // that pages leave out of the names of files; see named
	expectations expectations
	comparing    sync.Mutex // held while policies are compiled to be compared: one at a time
	bench        *bench
	drawings     drawings
}

// New makes the site. The policy is read when it is first asked about, and again when
// its files have changed; one that does not load is no error here: the site says what is
// wrong with it, and is where it can be mended. One to compare with has to load.
func New(options Options) (*Console, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Drops == (uploads.Limits{}) {
		options.Drops = uploads.DefaultLimits()
	}
	words, err := readEnglish(englishText)
	if err != nil {
		return nil, err
	}
	c := &Console{options: options, english: words, subjects: newSubjects(options.Policy, options.Now), uploads: uploads.New(options.Drops, options.Now), runs: newRuns()}
	c.bench = newBench()
	if options.AgainstName != "" {
		c.against = newSubjects(options.Against, options.Now)
		c.against.like = c.subjects
		if _, err := c.comparedWith(otherPolicy); err != nil {
			return nil, err
		}
	}
	c.beside = c.besidePrefix()
	if c.views, err = readViews(words, c.named); err != nil {
		return nil, err
	}
	return c, nil
}

// Close forgets what visitors have dropped. Whoever has made the site calls it at the end.
func (c *Console) Close() {
	c.runs.close()
	c.uploads.Close()
}

// route is one path below the site's root, with its method: "GET ask". Pages stand in
// the navigation in the order of routes.
type route struct {
	pattern string // method and path
	page    string // of the navigation; empty: it stands in none
	handle  func(http.ResponseWriter, *http.Request)
}

func (c *Console) routes() []route {
	return slices.Concat(
		c.askRoutes(),
		c.mapRoutes(),
		c.documentsRoutes(),
		c.changeRoutes(),
		c.logRoutes(),
		c.testsRoutes(),
	)
}

// Handler answers for the site, whose root is the root of the request's path. Whoever
// calls it has seen to who asks, and said so ([WithVisitor]): nobody else is answered, but
// with the style and the scripts, which hold no secret and which the pages of a door need.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { redirect(w, "ask") })
	for _, one := range c.routes() {
		method, path, _ := cutPattern(one.pattern)
		mux.HandleFunc(method+" /"+path, one.handle)
	}
	mux.HandleFunc("/", c.notFound)
	site := http.NewServeMux()
	site.HandleFunc("GET /assets/{name}", asset)
	site.Handle("/", visitorsOnly(mux))
	return WithHeaders(straightPathsOnly(ownPagesOnly(site)))
}

//go:embed pages assets english.txt
var files embed.FS

//go:embed english.txt
var englishText string
