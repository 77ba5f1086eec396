package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// emulated are processors that an emulator stands in for where it is installed. s390x has the
// bytes of a number the other way round.
var emulated = []struct {
	processor, emulator string
	program             bool // the program is built for it as well: buildElsewhere has done most of that
}{
	{"arm64", "qemu-aarch64-static", true},
	{"s390x", "qemu-s390x-static", false},
}

// emulate has other processors write and read snapshots: the first one ever of format 1, and with
// the program that of the example, whose file has to be the same to the byte.
func (p *prover) emulate() (figures []string, err error) {
	for _, e := range emulated {
		if _, err := exec.LookPath(e.emulator); err != nil {
			figures = append(figures, e.processor+": not asked: "+e.emulator+" is not installed")
			continue
		}
		out, err := p.goCommand([]string{"GOARCH=" + e.processor, "CGO_ENABLED=0"}, "test", "-count=1", "-short", "-exec="+e.emulator,
			"-run=^(TestSnapshotOfFormat1|TestOktaVectors|TestSailPointVectors)$", "./decide")
		if err != nil {
			return figures, fmt.Errorf("%w\n%s", err, out)
		}
		figure := e.processor + ": the snapshot of format 1, and the vendors' cases"
		if e.program {
			size, err := p.compileUnder(e.processor, e.emulator)
			if err != nil {
				return figures, err
			}
			figure += fmt.Sprintf("; examples/acme compiled to the same %d bytes", size)
		}
		figures = append(figures, figure)
	}
	return figures, nil
}

// compileUnder compiles the example here and under an emulator, and gives the size of the file.
func (p *prover) compileUnder(processor, emulator string) (int, error) {
	folder, err := os.MkdirTemp("", "netwicket-emulate-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	var files [][]byte
	for _, run := range []struct {
		name, env string
		before    []string
	}{{"here", "GOFLAGS=", nil}, {processor, "GOARCH=" + processor, []string{emulator}}} {
		program, file := filepath.Join(folder, run.name), filepath.Join(folder, run.name+".nws")
		if out, err := p.goCommand([]string{run.env, "CGO_ENABLED=0"}, "build", "-o", program, "./cmd/netwicket"); err != nil {
			return 0, fmt.Errorf("%w\n%s", err, out)
		}
		arguments := append(run.before, program, "compile", "-c", "examples/acme", "-o", file)
		command := exec.Command(arguments[0], arguments[1:]...)
		command.Dir = p.root
		if out, err := command.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%s: %w\n%s", run.name, err, out)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		files = append(files, content)
	}
	if !bytes.Equal(files[0], files[1]) {
		return 0, fmt.Errorf("%s writes another snapshot of examples/acme than this processor", processor)
	}
	return len(files[0]), nil
}
