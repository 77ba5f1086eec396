package publish

import "time"

// LockWithin is Lock, with another patience.
func (f *Folder) LockWithin(patience time.Duration) (func(), error) { return f.lock(patience) }
