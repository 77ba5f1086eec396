package forwardauth

// Lost counts the lines that the output did not take.
func Lost(j *Journal) uint64 { return j.lost() }

// SetRoom is for a service that does not listen yet.
func (s *Service) SetRoom(room int) { s.crowd.Room = room }

// Masked is text without whole addresses.
func Masked(text string) string { return masked(text) }
