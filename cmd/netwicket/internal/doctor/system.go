package doctor

import (
	"fmt"
	"os"
	"os/user"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
)

// ThisSystem is the machine that the program runs on.
func ThisSystem() System {
	s := System{User: "this user", Root: os.Geteuid() == 0, Descriptors: doorway.Descriptors(), Writable: atomicfile.Writable(), Listens: listens("/proc")}
	if current, err := user.Current(); err == nil {
		s.User = fmt.Sprintf("user %s", current.Username)
	}
	return s
}
