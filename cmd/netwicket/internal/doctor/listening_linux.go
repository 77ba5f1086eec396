package doctor

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listens reads the kernel's tables of sockets, so that nothing is opened: proc(5).
func listens(proc string) func(port uint16) (program string, found bool) {
	if _, err := os.Stat(filepath.Join(proc, "net", "tcp")); err != nil {
		return nil
	}
	return func(port uint16) (string, bool) {
		var inodes []string
		for _, table := range []string{"tcp", "tcp6"} {
			inodes = append(inodes, listeningOn(filepath.Join(proc, "net", table), port)...)
		}
		if len(inodes) == 0 {
			return "", false
		}
		return ownerOf(proc, inodes), true
	}
}

// listeningOn are the inodes of the sockets of a table that listen on a port.
func listeningOn(table string, port uint16) (inodes []string) {
	const listening, local, state, inode = "0A", 1, 3, 9
	file, err := os.Open(filepath.Clean(table))
	if err != nil {
		return nil // a machine without IPv6 has one table
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) <= inode || fields[state] != listening {
			continue
		}
		_, number, _ := strings.Cut(fields[local], ":")
		if found, err := strconv.ParseUint(number, 16, 16); err == nil && uint16(found) == port {
			inodes = append(inodes, fields[inode])
		}
	}
	return inodes
}

// ownerOf is the name of a program that has one of the sockets open; empty if that is
// somebody else's to know.
func ownerOf(proc string, inodes []string) string {
	links, _ := filepath.Glob(filepath.Join(proc, "[0-9]*", "fd", "*")) // the pattern is one
	for _, link := range links {
		target, _ := os.Readlink(link) // empty where one may not look
		for _, inode := range inodes {
			if target == "socket:["+inode+"]" {
				name, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(link)), "comm"))
				if err == nil {
					return strings.TrimSpace(string(name))
				}
			}
		}
	}
	return ""
}
