package pattern

// Answers says that the table answers for a text, so that regexp is not asked.
func (p *Pattern) Answers(text string) bool {
	var found places
	return p.table != nil && p.table.find(text, &found) != unknown
}
