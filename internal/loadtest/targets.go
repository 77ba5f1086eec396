package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// target is a server that is asked.
type target struct{ name, address string }

// serveNothing is the empty handler.
func serveNothing(address string) error {
	server := &http.Server{
		Addr: address,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}),
		ReadHeaderTimeout: time.Minute,
	}
	return server.ListenAndServe()
}

// startTargets starts the empty handler and the service.
func startTargets(s settings) (targets []target, stop func(), err error) {
	folder, err := os.MkdirTemp("", "netwicket-load")
	if err != nil {
		return nil, nil, err
	}
	var started []*exec.Cmd
	stop = func() {
		for _, command := range started {
			_ = command.Process.Kill() // it may have ended by itself
			_ = command.Wait()
		}
		_ = os.RemoveAll(folder)
	}
	if s.netwicket == "" {
		s.netwicket = filepath.Join(folder, "netwicket")
		build := exec.Command("go", "build", "-o", s.netwicket, "github.com/netwicket/netwicket/cmd/netwicket")
		if output, err := build.CombinedOutput(); err != nil {
			stop()
			return nil, nil, fmt.Errorf("go build: %w\n%s", err, output)
		}
	}
	self, err := os.Executable()
	if err != nil {
		stop()
		return nil, nil, err
	}
	addresses, err := freeAddresses(3)
	if err != nil {
		stop()
		return nil, nil, err
	}
	commands := []*exec.Cmd{
		exec.Command(self, "-empty", addresses[0]),
		exec.Command(s.netwicket, "serve", "-c", s.policy, "--listen", addresses[1], "--metrics", addresses[2]),
	}
	targets = []target{{"empty handler", addresses[0]}, {"netwicket serve", addresses[1]}}
	for i, command := range commands {
		log, err := os.Create(filepath.Join(folder, fmt.Sprint(i)))
		if err != nil {
			stop()
			return nil, nil, err
		}
		command.Stderr = log
		if err = errors.Join(command.Start(), log.Close()); err != nil {
			stop()
			return nil, nil, err
		}
		started = append(started, command)
	}
	for i, t := range targets {
		if err := await(t.address); err != nil {
			text, _ := os.ReadFile(filepath.Join(folder, fmt.Sprint(i)))
			stop()
			return nil, nil, fmt.Errorf("%s: %w\n%s", t.name, err, text)
		}
	}
	return targets, stop, nil
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
