package forwardauth

// Lost counts the lines that the output did not take.
func Lost(j *Journal) uint64 { return j.lost() }
