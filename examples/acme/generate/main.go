// Command generate writes the geo databases of the acme example from the
// readable tables in geo/source. The networks of documentation and the few real
// ones in them are what the tests and the manual ask about; the large ones, which
// give the map its colours, are in invented countries. Run it in examples/acme:
//
//	go run ./generate
package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/mmdbtest"
)

func main() {
	if err := generate("geo/source", "geo"); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// built is fixed, so that the files change only when the tables do.
var built = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// database is one file: how the rows of its table become records.
type database struct {
	name, kind, description string
	record                  func(row []string) (mmdbtest.Map, error)
}

func databases() []database {
	return []database{
		{"country", "Acme-Country", "Countries and regions of the acme example", countryRecord},
		{"asn", "Acme-ASN", "Autonomous systems of the acme example", asnRecord},
		{"anonymous", "Acme-Anonymous-IP", "Anonymizers of the acme example", anonymousRecord},
	}
}

func generate(source, target string) error {
	for _, db := range databases() {
		content, err := db.build(filepath.Join(source, db.name+".csv"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(target, db.name+".mmdb"), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (db database) build(table string) ([]byte, error) {
	file, err := os.Open(table)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", table, err)
	}
	out := mmdbtest.File{Type: db.kind, Description: db.description, Built: built, Aliases: true}
	for _, row := range rows[1:] {
		record, err := db.record(row)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", table, row[0], err)
		}
		out.Networks = append(out.Networks, mmdbtest.Network{Prefix: row[0], Record: record})
	}
	return out.Bytes()
}

func countryRecord(row []string) (mmdbtest.Map, error) {
	record := mmdbtest.Map{"country": mmdbtest.Map{"iso_code": row[1]}}
	if row[2] != "" {
		region := strings.TrimPrefix(row[2], row[1]+"-")
		record["subdivisions"] = mmdbtest.Array{mmdbtest.Map{"iso_code": region}}
	}
	return record, nil
}

func asnRecord(row []string) (mmdbtest.Map, error) {
	asn, err := strconv.ParseUint(row[1], 10, 32)
	if err != nil {
		return nil, err
	}
	return mmdbtest.Map{"autonomous_system_number": uint32(asn), "autonomous_system_organization": row[2]}, nil
}

func anonymousRecord(row []string) (mmdbtest.Map, error) {
	record := mmdbtest.Map{}
	for _, flag := range strings.Fields(row[1]) {
		record[flag] = true
	}
	return record, nil
}
