package tenant_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// thousands is a tenant of 10,000 zones, above Okta's limits.
func thousands(b *testing.B) *tenant.Store {
	b.Helper()
	store, err := tenant.Open(tenant.Options{Folder: b.TempDir(), Holder: "benchmark"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(store.Close)
	answer := store.Write(request("POST", "/"), func(d *records.Documents) wire.Answer {
		for i := range 9_990 {
			d.Zones = append(d.Zones, office(fmt.Sprintf("nzo%017d", i), fmt.Sprintf("10.%d.%d.0/24", i/256, i%256), "192.0.2.0/24"))
		}
		return wire.Answer{Status: http.StatusOK}
	}, refuse)
	if answer.Status != http.StatusOK {
		b.Fatal(string(answer.Body))
	}
	return store
}

// BenchmarkDocuments is what every request pays before it begins: a look at the
// files.
func BenchmarkDocuments(b *testing.B) {
	store := thousands(b)
	for b.Loop() {
		if _, err := store.Documents(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	store := thousands(b)
	for i := 0; b.Loop(); i++ {
		answer := store.Write(request("PUT", "/"), func(d *records.Documents) wire.Answer {
			d.Zones[5000] = office(d.Zones[5000].ID, fmt.Sprintf("172.16.%d.0/24", i%256))
			return wire.Answer{Status: http.StatusOK}
		}, refuse)
		if answer.Status != http.StatusOK {
			b.Fatal(string(answer.Body))
		}
	}
}
