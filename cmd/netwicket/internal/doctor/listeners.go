package doctor

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

const (
	ourName        = "netwicket"
	firstFreePort  = 1024 // below it a process needs leave to listen
	certificateDue = 14 * 24 * time.Hour
)

// listeners looks at where the service would listen, or does.
func (x *examination) listeners() {
	seen := map[string]string{}
	for _, l := range []struct{ key, address string }{{"listen", x.settings.Listen}, {"grpc", x.settings.GRPC}, {"metrics", x.settings.Metrics}} {
		if l.address == "" {
			continue
		}
		if other := seen[l.address]; other != "" {
			x.add(Machine, Error, "give each an address of its own", "%s and %s are both %s: the second cannot be opened", other, l.key, l.address)
			continue
		}
		seen[l.address] = l.key
		if path, local := strings.CutPrefix(l.address, policyfile.UnixListen); local {
			x.socket(l.key, path)
		} else {
			x.port(l.key, l.address)
		}
	}
	x.public()
	x.certificate()
}

// public warns of metrics that others than this machine can read.
func (x *examination) public() {
	key, address := "metrics", x.settings.Metrics
	if address == "" {
		key, address = "listen", x.settings.Listen
	}
	if strings.HasPrefix(address, policyfile.UnixListen) {
		return
	}
	if who, _ := peersOf(address); !strings.HasPrefix(who, "programs of this machine") {
		x.add(Machine, Warning, "let a firewall keep others away from it, or set serve.metrics to an address of your own",
			"%s is %s: whoever reaches it reads /metrics and /status", key, address)
	}
}

// port says whether a port is free, by the system's own table: nothing is opened.
func (x *examination) port(key, address string) {
	_, text, _ := net.SplitHostPort(address) // it was checked when it was read
	number, _ := strconv.ParseUint(text, 10, 16)
	if number == 0 {
		return // a name of a service, or any port that is free
	}
	if number < firstFreePort && !x.options.System.Root {
		x.add(Machine, Warning, "take a port from 1024 on, or let the unit have CAP_NET_BIND_SERVICE", "%s is %s: below port 1024 the system may not let %s listen", key, address, x.options.System.User)
	}
	if x.options.System.Listens == nil {
		x.add(Machine, OK, "", "%s is %s; whether it is free cannot be told on this system without opening it", key, address)
		return
	}
	program, found := x.options.System.Listens(uint16(number))
	switch {
	case !found:
		x.add(Machine, OK, "", "%s is %s: nobody listens on that port, so that no netwicket runs there", key, address)
	case program == ourName:
		x.add(Machine, OK, "", "%s is %s: a netwicket listens on that port", key, address)
	case program == "":
		x.add(Machine, Warning, "run doctor as root to see who it is; if it is no netwicket, take another port", "%s is %s: somebody listens on that port", key, address)
	default:
		x.add(Machine, Error, "end that program, or take another port", "%s is %s: %s listens on that port", key, address, program)
	}
}

// socket says whether a Unix socket can be opened.
func (x *examination) socket(key, path string) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		folder := filepath.Dir(path)
		if x.options.System.Writable == nil {
			return
		}
		if err := x.options.System.Writable(folder); err != nil {
			x.add(Machine, Error, "make the folder, and give it to the service's user", "%s is the Unix socket %s: nothing can be made in %s: %s", key, path, folder, err)
			return
		}
		x.add(Machine, OK, "", "%s is the Unix socket %s, which is not there: no netwicket runs there", key, path)
	case err != nil:
		x.add(Machine, Error, "give the folder to the service's user", "%s is the Unix socket %s: %s", key, path, err)
	case info.Mode().Type() != fs.ModeSocket:
		x.add(Machine, Error, "move it away, or take another path", "%s is the Unix socket %s, where something lies that is no socket", key, path)
	default:
		x.add(Machine, OK, "", "%s is the Unix socket %s, which is there: a netwicket runs, or ended without removing it", key, path)
	}
}

// certificate reads the certificate and its key as serve does.
func (x *examination) certificate() {
	if x.settings.TLSCert == "" {
		return
	}
	const do = "mend the files, or have the certificate renewed: serve does not start, or keeps the one that it has"
	read := func(path string) ([]byte, error) {
		return files.File{Path: path, Within: x.options.Policy.Within}.Read(files.CertificateLimit)
	}
	cert, err := read(x.settings.TLSCert)
	if err != nil {
		x.add(Machine, Error, do, "certificate %s: %s", x.settings.TLSCert, files.Cause(err))
		return
	}
	key, err := read(x.settings.TLSKey)
	if err != nil {
		x.add(Machine, Error, do, "key %s: %s", x.settings.TLSKey, files.Cause(err))
		return
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		x.add(Machine, Error, do, "certificate %s with key %s: %s", x.settings.TLSCert, x.settings.TLSKey, err)
		return
	}
	ends, left := pair.Leaf.NotAfter.UTC().Format(time.RFC3339), pair.Leaf.NotAfter.Sub(x.options.Now)
	switch {
	case left <= 0:
		x.add(Machine, Error, "renew it: proxies refuse it, and then deny", "certificate %s ended %s", x.settings.TLSCert, ends)
	case left < certificateDue:
		x.add(Machine, Warning, "renew it", "certificate %s ends %s, in %s", x.settings.TLSCert, ends, days(left))
	default:
		x.add(Machine, OK, "", "certificate %s ends %s, in %s", x.settings.TLSCert, ends, days(left))
	}
	if info, err := os.Stat(x.settings.TLSKey); err == nil && info.Mode().Perm()&0o004 != 0 && info.Mode().IsRegular() && filepath.Separator == '/' {
		x.add(Machine, Warning, "chmod o-r "+x.settings.TLSKey, "everybody on this machine may read the key %s", x.settings.TLSKey)
	}
}
