package docdiff

import "github.com/netwicket/netwicket/decide"

// Undo gives a Config the thing as it was before.
func (d *Difference) Undo(config decide.Config) decide.Config {
	if d.before == nil {
		return config
	}
	return d.before(config)
}
