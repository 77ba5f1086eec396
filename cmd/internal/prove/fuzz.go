package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// fuzz runs every fuzz target for a few thousand inputs.
func (p *prover) fuzz() ([]string, error) {
	const length = "3000x"
	command := exec.Command("scripts/fuzz", length)
	command.Dir = p.root
	out, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("scripts/fuzz %s: %w\n%s", length, err, failures(out))
	}
	lastExecutions := regexp.MustCompile(`(?:execs: |coverage: )(\d+)[^\n]*\nPASS`) // the last line of progress of one target
	targets, inputs := 0, 0
	for _, found := range lastExecutions.FindAllSubmatch(out, -1) {
		count, err := strconv.Atoi(string(found[1]))
		if err != nil {
			return nil, err
		}
		targets++
		inputs += count
	}
	if targets == 0 {
		return nil, errors.New("no fuzz target ran")
	}
	return []string{fmt.Sprintf("%d targets, %s each: %d inputs, no finding", targets, length, inputs)}, nil
}
