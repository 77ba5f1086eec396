package callers

// Remembered is how many tokens, and ids of assertions and proofs, are kept.
func (l *Live) Remembered() (tokens, ids int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.issued), len(l.used.until)
}
