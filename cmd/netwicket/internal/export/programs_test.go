package export_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

// program is the path of an installed program, or the test is skipped.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// allPolicies are the small ones and a real one, of whose edges some are asked.
func allPolicies(t *testing.T) map[string]*decide.Policy {
	t.Helper()
	all := policies(t)
	t.Run("real data", func(t *testing.T) { all["real data"] = realPolicy(t) })
	return all
}

// sample is at most about 2,000 of the edges.
func sample(list []netip.Addr) []netip.Addr {
	step := len(list)/2000 + 1
	var some []netip.Addr
	for i := 0; i < len(list); i += step {
		some = append(some, list[i])
	}
	return some
}

// serve runs a server until the test ends and gives a way to ask it about an
// address, through a local socket.
func serve(t *testing.T, socket, header string, command ...string) func(netip.Addr) string {
	t.Helper()
	server := exec.Command(command[0], command[1:]...)
	var output strings.Builder
	server.Stdout, server.Stderr = &output, &output
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	t.Cleanup(client.CloseIdleConnections)
	ask := func(addr netip.Addr) (string, error) {
		request, err := http.NewRequest(http.MethodGet, "http://localhost/", nil)
		if err != nil {
			return "", err
		}
		request.Header.Set(header, addr.String())
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return strings.TrimSpace(string(body)), err
	}
	for range 600 { // until it listens; large files take seconds
		if _, err := ask(netip.IPv4Unspecified()); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return func(addr netip.Addr) string {
		answer, err := ask(addr)
		require.NoError(t, err, output.String())
		return answer
	}
}

// readAddr is an address in any spelling, or the zero Addr.
func readAddr(text string) netip.Addr {
	addr, _ := netip.ParseAddr(text)
	return addr
}

// socketDir is a short path, since those of sockets may have about 100 bytes.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nw")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) // servers drop their privileges
	return dir
}

func TestNginxAnswersAsThePolicyDoes(t *testing.T) {
	nginx := program(t, "nginx")
	for name, policy := range allPolicies(t) {
		t.Run(name, func(t *testing.T) {
			dir := socketDir(t)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "netwicket.conf"), []byte(written(t, "nginx", policy)), 0o644))
			config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr warn;
events { worker_connections 64; }
http {
  access_log off; keepalive_requests 1000000;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  include %[1]s/netwicket.conf;
  server {
    listen unix:%[1]s/socket;
    set_real_ip_from unix:; real_ip_header X-Forwarded-For;
    location / { return 200 "$netwicket_allow $remote_addr"; }
  }
}`, dir)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o644))
			checked, err := exec.Command(nginx, "-t", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr").CombinedOutput()
			require.NoError(t, err, string(checked))
			require.NotContains(t, string(checked), "duplicate")
			ask := serve(t, dir+"/socket", "X-Forwarded-For", nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
			for _, addr := range sample(edges(policy)) {
				if addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
					continue // which nginx cannot read: its INADDR_NONE
				}
				value, seen, _ := strings.Cut(ask(addr), " ")
				require.Equal(t, addr, readAddr(seen), "nginx looked at %s", seen)
				if want := policy.Decide(addr).Allowed(); (value == "1") != want || value != "0" && value != "1" {
					t.Fatalf("%v: nginx says %q, allowed is %v", addr, value, want)
				}
			}
		})
	}
}

func TestHAProxyAnswersAsThePolicyDoes(t *testing.T) {
	haproxy := program(t, "haproxy")
	for name, policy := range allPolicies(t) {
		t.Run(name, func(t *testing.T) {
			dir := socketDir(t)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "netwicket.map"), []byte(written(t, "haproxy", policy)), 0o644))
			config := fmt.Sprintf(`defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 5s
frontend all
  bind unix@%[1]s/socket
  http-request set-src req.hdr(X-Client)
  http-request return status 200 content-type text/plain lf-string "%%[src,map_ip(%[1]s/netwicket.map,deny)] %%[src]"
`, dir)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "haproxy.cfg"), []byte(config), 0o644))
			checked, err := exec.Command(haproxy, "-c", "-f", filepath.Join(dir, "haproxy.cfg")).CombinedOutput()
			require.NoError(t, err, string(checked))
			ask := serve(t, dir+"/socket", "X-Client", haproxy, "-db", "-f", filepath.Join(dir, "haproxy.cfg"))
			for _, addr := range sample(edges(policy)) {
				value, seen, _ := strings.Cut(ask(addr), " ")
				require.Equal(t, addr, readAddr(seen), "HAProxy looked at %s", seen)
				if want := policy.Decide(addr).Verdict.String(); value != want {
					t.Fatalf("%v: HAProxy says %q, decided is %s", addr, value, want)
				}
			}
		})
	}
}

// nftables are loaded into a network namespace of their own where the system
// allows to make one, and only checked otherwise.
func TestNftablesAnswerAsThePolicyDoes(t *testing.T) {
	nft, unshare := program(t, "nft"), program(t, "unshare")
	mayLoad := exec.Command(unshare, "-n", nft, "list", "ruleset").Run() == nil
	for name, policy := range allPolicies(t) {
		t.Run(name, func(t *testing.T) {
			if policy == nil && !mayLoad {
				t.Skip("nft -c needs the right to administer a network")
			}
			file := filepath.Join(t.TempDir(), "netwicket.nft")
			require.NoError(t, os.WriteFile(file, []byte(written(t, "nftables", policy)), 0o644))
			if !mayLoad {
				checked, err := exec.Command(nft, "-c", "-f", file).CombinedOutput()
				if strings.Contains(string(checked), "Operation not permitted") {
					t.Skip("nft -c needs the right to administer a network")
				}
				require.NoError(t, err, string(checked))
				return
			}
			checkLoaded(t, unshare, nft, file, policy)
		})
	}
}

// checkLoaded loads the file twice, as on every change, and asks for the edges.
func checkLoaded(t *testing.T, unshare, nft, file string, policy *decide.Policy) {
	t.Helper()
	all := edges(policy)
	most := 60 // each is a process that reads the whole set: for large ones that takes seconds
	if len(all) > 10_000 {
		most = 1
	}
	var list []netip.Addr
	for i := 0; i < len(all); i += len(all)/most + 1 {
		list = append(list, all[i])
	}
	var script strings.Builder
	fmt.Fprintf(&script, "set -e\n%[1]s -f %[2]s\n%[1]s -f %[2]s\n", nft, file)
	for _, addr := range list {
		set := "allow6"
		if addr.Is4() {
			set = "allow4"
		}
		fmt.Fprintf(&script, "if %s get element inet netwicket %s '{ %s }' >/dev/null 2>&1; then echo allow; else echo deny; fi\n", nft, set, addr)
	}
	shell := exec.Command(unshare, "-n", "sh")
	shell.Stdin = strings.NewReader(script.String())
	out, err := shell.CombinedOutput()
	require.NoError(t, err, string(out))
	answers := strings.Fields(string(out))
	require.Len(t, answers, len(list), string(out))
	for i, addr := range list {
		if want := policy.Decide(addr).Verdict.String(); answers[i] != want {
			t.Fatalf("%v: nft says %s, decided is %s", addr, answers[i], want)
		}
	}
}
