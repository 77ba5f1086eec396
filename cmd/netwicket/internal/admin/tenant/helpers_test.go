package tenant_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// proving says that all cases are asked for, and not a sample.
func proving() bool { return os.Getenv("NETWICKET_PROVE") != "" }

// folder is a policy folder with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		put(t, dir, name, text)
	}
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func open(t *testing.T, dir string, change ...func(*tenant.Options)) *tenant.Store {
	t.Helper()
	options := tenant.Options{Folder: dir, Log: slog.New(slog.DiscardHandler), Holder: "test"}
	for _, c := range change {
		c(&options)
	}
	store, err := tenant.Open(options)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

// audited collects the audit.
func audited(to *bytes.Buffer) func(*tenant.Options) {
	return func(o *tenant.Options) { o.Audit = tenant.NewAudit(to) }
}

func request(verb, path string) *wire.Request {
	return &wire.Request{
		Caller: wire.Caller{Name: "ci"}, Peer: netip.MustParseAddr("192.0.2.1"), Verb: verb, Path: path,
		ID: "0123456789abcdef0123456789abcdef", Time: time.Now(),
	}
}

// refuse words the store's errors as a vendor would.
func refuse(err error) wire.Answer {
	answer := wire.Answer{Status: http.StatusBadRequest, Body: []byte(err.Error()), Causes: []string{err.Error()}}
	var unavailable *tenant.Unavailable
	switch {
	case errors.As(err, &unavailable):
		answer.Status = http.StatusConflict
	case errors.Is(err, tenant.ErrBusy):
		answer.Status = http.StatusTooManyRequests
	}
	return answer
}

func blocklist(name string, networks ...string) *records.Zone {
	z := &records.Zone{Type: records.IP, ID: records.NewID(records.ZoneID), Name: name, Status: records.Active, Usage: records.Blocklist}
	for _, network := range networks {
		z.Gateways = append(z.Gateways, records.Network{Type: "CIDR", Value: network})
	}
	return z
}

// addZone is a write that adds a zone.
func addZone(z *records.Zone) func(*records.Documents) wire.Answer {
	return func(d *records.Documents) wire.Answer {
		d.Zones = append(d.Zones, z)
		return wire.Answer{Status: http.StatusOK, Body: z.Append(nil, nil)}
	}
}

func write(t *testing.T, store *tenant.Store, change func(*records.Documents) wire.Answer) wire.Answer {
	t.Helper()
	return store.Write(request("POST", "/api/v1/zones"), change, refuse)
}

// decision is what the folder decides as any other command loads it.
func decision(t *testing.T, dir, address string) string {
	t.Helper()
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{dir}})
	require.NoError(t, err)
	return policy.Decide(netip.MustParseAddr(address)).String()
}

// snapshot is all that a folder holds but for netwicket's own.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".netwicket" {
			return fs.SkipDir
		}
		if !entry.IsDir() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(dir, path)
			require.NoError(t, err)
			files[filepath.ToSlash(name)] = string(text)
		}
		return nil
	}))
	return files
}

func names[T any](list []T, name func(T) string) []string {
	var all []string
	for _, one := range list {
		all = append(all, name(one))
	}
	return all
}

func lines(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range bytes.Lines(text) {
		var one map[string]any
		require.NoError(t, json.Unmarshal(line, &one))
		all = append(all, one)
	}
	return all
}

var madeID = regexp.MustCompile(`(nzo|00p|0pr|rst|rul)[0-9A-Za-z]{17}"`)

// withoutIDs is text without ids that chance gave.
func withoutIDs(text []byte) string {
	return madeID.ReplaceAllStringFunc(string(text), func(id string) string {
		if strings.Contains(id, "0000000") {
			return id
		}
		return id[:3] + `..."`
	})
}

// changed is a write that succeeds.
func changed(change func(*records.Documents)) func(*records.Documents) wire.Answer {
	return func(d *records.Documents) wire.Answer {
		change(d)
		return wire.Answer{Status: http.StatusOK}
	}
}
