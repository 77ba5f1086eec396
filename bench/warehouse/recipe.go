package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// sections are the parts of a recipe by their numbers.
type sections struct {
	order []string
	text  map[string]string
}

// recipe is what the program prints for an engine, as its comment says to use it: of a
// table without --against the lines that say was_ are left out.
func (w *world) recipe(engine string, s *subject) (sections, error) {
	out, err := exec.Command(w.program, "export", "-c", s.policy, "--format", "sql", "--for", engine).Output()
	if err != nil {
		return sections{}, fmt.Errorf("export --format sql: %w", err)
	}
	parts := sections{text: map[string]string{}}
	number := ""
	for line := range strings.Lines(string(out)) {
		if heading, found := strings.CutPrefix(line, "-- "); found {
			if first, _, found := strings.Cut(heading, ". "); found && first != "" && len(first) <= 2 && first[0] >= '1' && first[0] <= '9' {
				number = first
				parts.order = append(parts.order, number)
			}
		}
		if number == "" || strings.HasPrefix(line, "--") || !s.compare && number != "4" && strings.Contains(line, "was_") {
			continue
		}
		parts.text[number] += line
	}
	for _, part := range []string{"1", "2", "3", "4"} {
		if parts.text[part] == "" {
			return parts, fmt.Errorf("the recipe has no part %s", part)
		}
	}
	return parts, nil
}

// statements are those of a part, which end with ; at the end of a line, but for the
// bodies of functions. What psql does itself is a line.
func statements(text string) []string {
	var list []string
	current, inBody := "", false
	for line := range strings.Lines(text) {
		current += line
		if strings.Count(line, "$$")%2 == 1 {
			inBody = !inBody
		}
		if meta := strings.HasPrefix(line, `\`); meta || !inBody && strings.HasSuffix(strings.TrimSpace(line), ";") {
			list = append(list, strings.TrimSuffix(strings.TrimSpace(current), ";"))
			current = ""
		}
	}
	return list
}
