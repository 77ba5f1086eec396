package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// target is a server that is asked.
type target struct{ name, address string }

// startTargets starts the empty handler and the service.
func startTargets(s settings) ([]target, *processes, error) {
	p := new(processes)
	targets, err := p.start(s)
	if err != nil {
		p.stop()
		return nil, nil, err
	}
	return targets, p, nil
}

// processes are what was started, and the folder of their files.
type processes struct {
	folder   string
	commands []*exec.Cmd
}

// stop ends them and gives the processor time that each has used.
func (p *processes) stop() (used []time.Duration) {
	for _, command := range p.commands {
		_ = command.Process.Kill() // it may have ended by itself
		_ = command.Wait()
		used = append(used, command.ProcessState.UserTime()+command.ProcessState.SystemTime())
	}
	p.commands = nil
	_ = os.RemoveAll(p.folder)
	return used
}

func (p *processes) start(s settings) ([]target, error) {
	var err error
	if p.folder, err = os.MkdirTemp("", "netwicket-load"); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	netwicket, err := p.program(s)
	if err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(4)
	if err != nil {
		return nil, err
	}
	targets := []target{{"empty handler", addresses[0]}, {"netwicket serve", addresses[1]}}
	for i, command := range []*exec.Cmd{
		exec.Command(self, "-protocol", s.protocol, "-empty", addresses[0]),
		// The flag of the protocol comes last, and the last one counts.
		exec.Command(netwicket, "serve", "-c", s.policy, "--listen", addresses[2], "--metrics", addresses[3], s.how().flag, addresses[1]),
	} {
		log := filepath.Join(p.folder, fmt.Sprint(i))
		if err = startLogged(command, log); err != nil {
			return nil, err
		}
		p.commands = append(p.commands, command)
		if err = await(targets[i].address); err != nil {
			text, _ := os.ReadFile(log)
			return nil, fmt.Errorf("%s: %w\n%s", targets[i].name, err, text)
		}
	}
	return targets, nil
}

// program is the netwicket to test, built if none was named.
func (p *processes) program(s settings) (string, error) {
	if s.netwicket != "" {
		return s.netwicket, nil
	}
	path := filepath.Join(p.folder, "netwicket")
	build := exec.Command("go", "build", "-o", path, "github.com/netwicket/netwicket/cmd/netwicket")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return path, nil
}

// startLogged starts a command that writes its log to a file.
func startLogged(command *exec.Cmd, path string) error {
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	command.Stderr = log
	return errors.Join(command.Start(), log.Close())
}

func freeAddresses(count int) ([]string, error) {
	var found []string
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		found = append(found, listener.Addr().String())
	}
	return found, nil
}

// await waits until an address accepts connections.
func await(address string) error {
	var err error
	for range 200 {
		var connection net.Conn
		if connection, err = net.Dial("tcp", address); err == nil {
			return connection.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
