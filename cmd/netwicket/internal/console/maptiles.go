package console

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
)

// otherPolicy is how a link says that the map is compared with the other policy
// ([Options.Against]).
const otherPolicy = "other"

// compared is what a map is compared with. The zero value is nothing.
type compared struct {
	generation int      // of the policy's folder; 0: none
	other      *subject // the other policy, as its files are now; nil: it is not that
}

// comparedWith is what a link says: nothing if it is empty, the other policy, or the
// number of a generation.
func (c *Console) comparedWith(against string) (compared, error) {
	switch {
	case against == "":
		return compared{}, nil
	case against != otherPolicy:
		number, err := strconv.Atoi(against)
		return compared{generation: number}, err
	case c.against == nil:
		return compared{}, fmt.Errorf("against=%s: this console knows no other policy; netwicket console --against names one", otherPolicy)
	}
	other := c.against.current()
	if other.Policy == nil {
		wrong, _ := slices.Clone(other.Findings).Divide() // which sorts
		return compared{}, wrong
	}
	return compared{other: other}, nil
}

// fingerprint is that of all which a map of the policy shows. A generation is always the same.
func (with compared) fingerprint(on *subject) string {
	if with.other == nil {
		return on.Fingerprint()
	}
	return on.Fingerprint() + "-" + with.other.Fingerprint()
}

// drawings are the maps that are looked at: that of the policy, and those that compare it
// with generations of its folder or with the other policy.
type drawings struct {
	mutex sync.Mutex
	kept  []*drawing // the one that was asked for last is the last
}

// drawing is one of them. What it compares with is compiled when it is asked for first.
type drawing struct {
	on    *subject
	with  compared
	tiles func() (*spacemap.Tiles, error)
}

// mostDrawings is how many are kept: each holds its pictures, and a policy if it compares.
const mostDrawings = 4

// drawing is the map of the policy as it is now, compared with something or not.
func (c *Console) drawing(on *subject, with compared) (*spacemap.Tiles, error) {
	one := c.drawings.get(on, with, func() (*spacemap.Tiles, error) { return c.draw(on, with) })
	tiles, err := one.tiles()
	if err != nil {
		c.drawings.forget(one)
	}
	return tiles, err
}

// forget drops one that could not be drawn: what was in the way may be mended though no
// file of the policy changes.
func (d *drawings) forget(one *drawing) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.kept = slices.DeleteFunc(d.kept, func(other *drawing) bool { return other == one })
}

func (d *drawings) get(on *subject, with compared, draw func() (*spacemap.Tiles, error)) *drawing {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	found := &drawing{on, with, sync.OnceValues(draw)}
	var others []*drawing
	for _, one := range d.kept {
		switch {
		case one.on != on: // the files have changed
		case one.with == with:
			found = one
		case one.with.other != nil && with.other != nil: // those of the other policy have
		default:
			others = append(others, one)
		}
	}
	if len(others) == mostDrawings {
		others = others[1:]
	}
	d.kept = append(others, found)
	return found
}

func (c *Console) draw(on *subject, with compared) (*spacemap.Tiles, error) {
	subject := spacemap.Subject{Name: on.Name(), Policy: on.Policy, Config: on.Parts.Config}
	switch {
	case with.other != nil:
		subject.Compare, subject.Old, subject.OldConfig = true, with.other.Policy, with.other.Parts.Config
	case with.generation != 0:
		c.comparing.Lock()
		defer c.comparing.Unlock()
		old, err := c.generation(on, with.generation)
		if err != nil {
			return nil, err
		}
		subject.Compare, subject.Old, subject.OldConfig = true, old.Policy, old.Parts.Config
	}
	return spacemap.NewTiles(subject, func() (spacemap.Sources, error) { return statingSources(on) }), nil
}

// statingSources are the geo sources of a policy, and which of them says where addresses are.
func statingSources(on *subject) (spacemap.Sources, error) {
	tracer, err := on.Tracer()
	if err != nil {
		return spacemap.Sources{}, err
	}
	sources := spacemap.Sources{Stating: tracer.Stating(geo.Country)}
	for _, dataset := range on.Parts.Config.Geo.Datasets() {
		sources.Names = append(sources.Names, dataset.File)
	}
	return sources, nil
}

// generations are those of the policy's folder, the newest first. A policy of several
// paths has none.
func (c *Console) generations() []tenant.Generation {
	history := c.history()
	if history == nil {
		return nil
	}
	var all []tenant.Generation
	for _, one := range history.Generations() {
		all = append([]tenant.Generation{one}, all...)
	}
	return all[:min(len(all), mostGenerations)]
}

// mostGenerations is how many can be chosen.
const mostGenerations = 100

func (c *Console) history() *tenant.History {
	if len(c.options.Policy.Paths) != 1 {
		return nil
	}
	history, err := tenant.OpenHistory(c.options.Policy.Paths[0])
	if err != nil {
		return nil
	}
	return history
}

// generation is the policy that the folder made then. What is beside the documents, such
// as geo sources, is that of today.
func (c *Console) generation(on *subject, number int) (policyfile.Opened, error) {
	history := c.history()
	if history == nil {
		return policyfile.Opened{}, fmt.Errorf("against=%d: the policy is not one folder with a history", number)
	}
	contents, err := history.PolicyContents(number)
	if err != nil {
		return policyfile.Opened{}, err
	}
	options := c.options.Policy
	options.Contents, options.Now = contents, c.options.Now()
	options.Before, options.Previous = on.Parts, on.Policy
	parts, policy, err := policyfile.Open(options)
	if err != nil {
		return policyfile.Opened{}, err
	}
	return policyfile.Opened{Parts: parts, Policy: policy}, nil
}
