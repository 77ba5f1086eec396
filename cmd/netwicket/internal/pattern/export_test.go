package pattern

// Size is what a table is made of; all zero without a table.
type Size struct {
	States, Steps int
	Rows          int // of all steps
	Ahead         int // states that look for their only way out
	Leaving       int // bytes on which regexp has to say
}

// Size measures the table.
func (p *Pattern) Size() (s Size) {
	if p.table == nil {
		return s
	}
	s.States, s.Steps = len(p.table.states), len(p.table.steps)-firstStep
	for _, step := range p.table.steps {
		s.Rows += len(step.rows)
	}
	for i := range p.table.states {
		if p.table.states[i].until >= 0 {
			s.Ahead++
		}
		for _, number := range p.table.states[i].next {
			if number == leave {
				s.Leaving++
			}
		}
	}
	return s
}

// Answers says that the table answers for a text, so that regexp is not asked.
func (p *Pattern) Answers(text string) bool {
	var found places
	return p.table != nil && p.table.find(text, &found) != unknown
}
