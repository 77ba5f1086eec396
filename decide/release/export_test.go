package release

// WithStep has a follower ask before each thing that its disk does.
func WithStep(o Options, step func(what string) error) Options {
	o.step = step
	return o
}
