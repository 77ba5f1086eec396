package forwardauth

import (
	"net"
	"time"
)

// Lost counts the lines that the output did not take.
func Lost(j *Journal) uint64 { return j.lost() }

// RoomFor is the room for strangers with so many descriptors.
func RoomFor(descriptors uint64) int { return roomFor(descriptors) }

// SetRoom is for a service that does not listen yet.
func (s *Service) SetRoom(room int) { s.crowd.room = room }

// Crowd has room for so many connections: what it returns takes one in. It has to
// end by then, unless it is settled that a proxy has it.
func Crowd(room int) func(net.Conn) (held net.Conn, end time.Time, settle func()) {
	c := &crowd{room: room}
	return func(connection net.Conn) (net.Conn, time.Time, func()) {
		h := c.enter(connection)
		return h, h.end, h.settle
	}
}

// Masked is text without whole addresses.
func Masked(text string) string { return masked(text) }
