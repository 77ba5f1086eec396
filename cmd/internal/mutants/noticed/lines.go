package noticed

import (
	"fmt"
	"os"
	"strings"
)

// ReadLines gives the fields of each line of a file of results, which tabulators part, to
// take; one that takes them not is an error, which says where. Comments and a file that is not
// there are no lines.
func ReadLines(path string, take func(fields []string) bool) error {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if !take(strings.Split(line, "\t")) {
			return fmt.Errorf("%s:%d: no line of this file", path, i+1)
		}
	}
	return nil
}
