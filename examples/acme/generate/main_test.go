package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The shipped databases are what the tables say.
func TestShippedDatabasesAreCurrent(t *testing.T) {
	for _, db := range databases() {
		want, err := db.build(filepath.Join("../geo/source", db.name+".csv"))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join("../geo", db.name+".mmdb"))
		require.NoError(t, err)
		require.Equal(t, want, got, "%s: run `go run ./generate` in examples/acme", db.name)
	}
}
