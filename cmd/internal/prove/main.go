package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/realdata"
)

func main() {
	short := flag.Bool("short", false, "samples of the proofs")
	only := flag.String("only", "", "only the promises that match this `regexp`")
	flag.Parse()
	if err := run(*short, *only); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(1)
	}
}

// prover runs proofs in the module's folder.
type prover struct {
	root  string
	short bool
}

func run(short bool, only string) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	root, err := realdata.Repository()
	if err != nil {
		return err
	}
	p := &prover{root: root, short: short}
	start := time.Now()
	fmt.Printf("%-32s %-7s %6s  %s\n", "promise", "kept", "time", "figures")
	var failed []string
	for _, one := range proofs() {
		if !pattern.MatchString(one.promise) || short && one.long {
			continue
		}
		began := time.Now()
		figures, err := p.prove(one)
		kept := "yes"
		if err != nil {
			kept = "NO"
			failed = append(failed, one.promise+": "+err.Error())
		}
		for i, figure := range figures {
			if i == 0 {
				fmt.Printf("%-32s %-7s %5.0fs  %s\n", one.promise, kept, time.Since(began).Seconds(), figure)
				continue
			}
			fmt.Printf("%-32s %-7s %6s  %s\n", "", "", "", figure)
		}
	}
	fmt.Printf("in %s\n", time.Since(start).Round(time.Second))
	if len(failed) > 0 {
		return errors.New("not kept:\n" + strings.Join(failed, "\n"))
	}
	return nil
}

// prove gives at least one figure.
func (p *prover) prove(one proof) ([]string, error) {
	if one.build != nil {
		figures, err := one.build(p)
		if len(figures) == 0 {
			figures = []string{"-"}
		}
		return figures, err
	}
	var figures []string
	var errs []error
	passed, skipped := 0, 0
	for _, t := range one.tests {
		out, err := p.test(t, p.short && !one.whole)
		if err != nil {
			errs = append(errs, fmt.Errorf("%w\n%s", err, failures(out)))
		}
		for line := range strings.Lines(string(out)) {
			line = strings.TrimSpace(line)
			switch _, figure, found := strings.Cut(line, "figure: "); {
			case found && len(t.arguments)+len(t.env) == 0: // else they are those of samples of other proofs
				figures = append(figures, figure)
			case strings.HasPrefix(line, "--- PASS: "):
				passed++
			case strings.HasPrefix(line, "--- SKIP: "):
				skipped++
			}
		}
	}
	if passed == 0 && skipped == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("no test ran"))
	}
	if len(figures) == 0 || skipped > 0 {
		text := fmt.Sprintf("%d tests and cases", passed)
		if skipped > 0 {
			text += fmt.Sprintf(", %d skipped", skipped)
		}
		figures = append(figures, text)
	}
	return figures, errors.Join(errs...)
}

func (p *prover) test(t tests, short bool) ([]byte, error) {
	arguments := []string{"test", "-count=1", "-v", "-timeout=20m"}
	if t.pattern != "" {
		arguments = append(arguments, "-run="+t.pattern)
	}
	if short {
		arguments = append(arguments, "-short")
	}
	arguments = append(append(arguments, t.arguments...), t.packages...)
	env := t.env
	if !short {
		env = append([]string{"NETWICKET_PROVE=1"}, env...)
	}
	return p.goCommand(env, arguments...)
}

func (p *prover) goCommand(env []string, arguments ...string) ([]byte, error) {
	command := exec.Command("go", arguments...)
	command.Dir = p.root
	command.Env = append(os.Environ(), env...)
	out, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s go %s: %w", strings.Join(env, " "), strings.Join(arguments, " "), err)
	}
	return out, err
}

// failures is what a run says of tests that failed: what stands between their
// first line and the next test's, or the end of the output if there is none.
func failures(out []byte) string {
	var kept, all []string
	failing := false
	for line := range bytes.Lines(out) {
		text := strings.TrimRight(string(line), "\n")
		plain := strings.TrimSpace(text)
		switch {
		case strings.HasPrefix(plain, "--- FAIL"), strings.HasPrefix(plain, "panic: "), strings.HasPrefix(plain, "failure while testing seed"):
			failing = true
		case strings.HasPrefix(plain, "=== "), strings.HasPrefix(plain, "--- "), strings.HasPrefix(plain, "ok "):
			failing = false
		}
		if failing {
			kept = append(kept, text)
		}
		all = append(all, text)
	}
	if len(kept) == 0 {
		kept = all
	}
	return strings.Join(kept[max(0, len(kept)-30):], "\n")
}
