package doorway

import "time"

// RoomFor is the room for strangers with so many descriptors.
func RoomFor(descriptors uint64) int { return roomFor(descriptors) }

// End is when a stranger's connection ends.
func (h *Held) End() time.Time { return h.end }
