// Command documents writes the policy of 100 zones that the benchmarks are about as a
// folder with netwicket.json, for programs that read files:
//
//	go run ./bench/documents DIR
//
// It needs the real databases, which the policy file names where they are.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/netwicket/netwicket/bench/workload"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "documents:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("expected the folder to write")
	}
	data, err := workload.Directory()
	if err != nil {
		return err
	}
	in, err := workload.Open()
	if err != nil {
		return err
	}
	table, err := in.Load()
	if err != nil {
		return err
	}
	var geo []string
	for _, database := range []string{"country-2025", "asn-2024", "anonymous-2026"} {
		path, err := filepath.Abs(filepath.Join(data, "mmdb", database+".mmdb"))
		if err != nil {
			return err
		}
		geo = append(geo, path)
	}
	policy, err := json.Marshal(map[string]any{
		"okta":      map[string]any{"zones": []string{"zones.json"}, "rules": []string{"rules.json"}},
		"sailpoint": map[string]any{"networkConfig": "network-config.json"},
		"geo":       geo,
	})
	if err != nil {
		return err
	}
	documents := in.Documents(workload.ChainZones, table)
	for name, text := range map[string][]byte{"netwicket.json": policy, "zones.json": documents.Zones, "rules.json": documents.Rules, "network-config.json": documents.SailPoint} {
		if err := os.WriteFile(filepath.Join(args[0], name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
