package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// platforms are those that a build has to succeed for.
var platforms = []string{"linux/amd64", "linux/arm64", "linux/386", "darwin/arm64", "windows/amd64"}

// buildElsewhere compiles the program for other systems.
func (p *prover) buildElsewhere() ([]string, error) {
	for _, platform := range platforms {
		system, processor, _ := strings.Cut(platform, "/")
		if out, err := p.goCommand([]string{"GOOS=" + system, "GOARCH=" + processor, "CGO_ENABLED=0"}, "build", "-o", os.DevNull, "./cmd/netwicket"); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
	}
	return []string{strings.Join(platforms, ", ")}, nil
}

// buildTwice builds the program from two copies of the sources in two folders
// with a build cache each, so that nothing of the first build is left for the
// second.
func (p *prover) buildTwice() ([]string, error) {
	folder, err := os.MkdirTemp("", "netwicket-prove-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	var sums []string
	for _, name := range []string{"first", "a longer second"} {
		sum, err := p.buildCopy(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	if sums[0] != sums[1] {
		return []string{sums[0], sums[1]}, fmt.Errorf("two builds of the same sources differ")
	}
	return []string{"two builds in two folders: SHA-256 " + sums[0][:16] + "... both"}, nil
}

// buildCopy is the SHA-256 of the program built from a copy of the sources.
func (p *prover) buildCopy(folder string) (string, error) {
	sources := filepath.Join(folder, "sources")
	if err := p.copySources(sources); err != nil {
		return "", err
	}
	program := filepath.Join(folder, "netwicket")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version=v0.0.0-prove", "-o", program, "./cmd/netwicket")
	build.Dir = sources
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOCACHE="+filepath.Join(folder, "cache"))
	if p.short {
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // the cache is shared: an hour of processor time a day is not worth it
	}
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	version, err := exec.Command(program, "version").Output()
	if err != nil || !strings.Contains(string(version), "v0.0.0-prove") {
		return "", fmt.Errorf("the program says its version is %q: %w", version, err)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

// copySources copies what git knows of the Go files and what they embed.
func (p *prover) copySources(to string) error {
	list := exec.Command("git", "ls-files", "-z", "--", "go.work", "go.work.sum", "*go.mod", "*go.sum", "zone", "geo", "decide", "internal", "cmd", "bench/workload")
	list.Dir = p.root
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(string(out), "\x00") {
		if name == "" {
			continue
		}
		if err := copyFile(filepath.Join(p.root, name), filepath.Join(to, name)); err != nil && !os.IsNotExist(err) {
			return err // what was deleted and not yet committed is not there
		}
	}
	return nil
}

// verifyModules holds the modules in the cache against go.sum, and every go.mod of
// the workspace against its code.
func (p *prover) verifyModules() ([]string, error) {
	out, err := p.goCommand(nil, "mod", "verify")
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	tidy := exec.Command("scripts/tidy", "-check")
	tidy.Dir = p.root
	if differs, err := tidy.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("scripts/tidy -check: %w\n%s", err, differs)
	}
	figures := []string{strings.TrimSpace(string(out))}
	for _, module := range []string{"go.mod", "cmd/go.mod"} {
		text, err := p.goCommand(nil, "mod", "edit", "-json", module)
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, text)
		}
		var required struct{ Require []struct{ Indirect bool } }
		if err := json.Unmarshal(text, &required); err != nil {
			return nil, err
		}
		direct := 0
		for _, one := range required.Require {
			if !one.Indirect {
				direct++
			}
		}
		figures = append(figures, fmt.Sprintf("%s: %d direct dependencies", module, direct))
	}
	return figures, nil
}

// vulnerabilities asks govulncheck, where it is installed and reaches its
// database. Its absence breaks no promise, and is said.
func (p *prover) vulnerabilities() ([]string, error) {
	path, err := exec.LookPath("govulncheck")
	if err != nil {
		return []string{"not asked: govulncheck is not installed"}, nil
	}
	command := exec.Command(path, "./...")
	command.Dir = p.root
	out, err := command.CombinedOutput()
	text := strings.TrimSpace(string(out))
	switch {
	case err == nil:
		lines := strings.Split(text, "\n")
		return []string{lines[len(lines)-1]}, nil
	case strings.Contains(text, "vuln.go.dev"):
		return []string{"not asked: govulncheck cannot reach https://vuln.go.dev"}, nil
	}
	return nil, fmt.Errorf("govulncheck: %w\n%s", err, text)
}
