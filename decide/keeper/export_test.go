package keeper

import "time"

// WithoutEvents makes a Keeper live on looks alone.
func WithoutEvents(o *Options) { o.withoutEvents = true }

// Folders are the folders that are watched for paths.
func Folders(paths []string) []string { return folders(paths) }

// WithClock makes a Keeper read another clock, and look at it that often.
func WithClock(o *Options, clock func() time.Time, sleep time.Duration) {
	o.clock, o.sleep = clock, sleep
}
