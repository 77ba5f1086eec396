package console

import (
	"fmt"
	"sync"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
)

// drawings are the maps that are looked at: that of the policy, and those that compare it
// with generations of its folder.
type drawings struct {
	mutex sync.Mutex
	kept  []*drawing // the one that was asked for last is the last
}

// drawing is one of them.
type drawing struct {
	on      *subject
	against int
	tiles   *spacemap.Tiles
}

// mostDrawings is how many are kept: each holds its pictures, and a policy if it compares.
const mostDrawings = 4

// drawing is the map of the policy as it is now, against a generation unless that is 0.
func (c *Console) drawing(on *subject, against int) (*spacemap.Tiles, error) {
	d := &c.drawings
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var current []*drawing
	var found *drawing
	for _, one := range d.kept {
		switch {
		case one.on != on: // the files have changed
		case one.against == against:
			found = one
		default:
			current = append(current, one)
		}
	}
	if found == nil {
		subject := spacemap.Subject{Name: on.Name(), Policy: on.Policy, Config: on.Parts.Config}
		if against != 0 {
			old, err := c.generation(on, against)
			if err != nil {
				return nil, err
			}
			subject.Compare, subject.Old, subject.OldConfig = true, old.Policy, old.Parts.Config
		}
		found = &drawing{on, against, spacemap.NewTiles(subject, func() (spacemap.Sources, error) { return statingSources(on) })}
	}
	if len(current) == mostDrawings {
		current = current[1:]
	}
	d.kept = append(current, found)
	return found.tiles, nil
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
