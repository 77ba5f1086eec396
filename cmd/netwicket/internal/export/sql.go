package export

import (
	"embed"
	"fmt"
	"io"
	"strings"

	"github.com/netwicket/netwicket/internal/shown"
)

// recipes are how an engine reads a table of [WriteTable] and asks it, a file each.
//
//go:embed recipes/*.sql
var recipes embed.FS

// Engines are the engines that [WriteSQL] knows.
func Engines() []string {
	return []string{"clickhouse", "duckdb", "postgresql", "bigquery", "snowflake", "spark"}
}

// WriteSQL writes the recipe for one of the [Engines]: the table, how to load it, the
// decisions about requests, and those that two policies decide differently.
func WriteSQL(out io.Writer, engine string, heading Heading) error {
	recipe, err := recipes.ReadFile("recipes/" + engine + ".sql")
	if err != nil {
		return fmt.Errorf("unknown engine %q; expected %s", engine, strings.Join(Engines(), ", "))
	}
	var text strings.Builder
	for _, line := range append(heading.origin("Decisions in "+engine),
		"",
		"One hop only: the address must be the client's own, and no proxies and no X-Forwarded-For are looked at. Teredo, 2001::/32, and local",
		"NAT64, 64:ff9b:1::/48, are not looked into: the IPv4 address inside is not tested against blocklists and threat feeds. An address that",
		"cannot be read, or that is in no row, is denied. Addresses are plain: without ports, zones and brackets.",
		"",
		"policy.csv.gz is what netwicket export --format table --against OLD -o policy.csv.gz writes. For a table without --against leave out",
		"part 4 and, in the others, every line that says was_.",
		"") {
		text.WriteString(strings.TrimRight("-- "+shown.Text(line), " ") + "\n")
	}
	text.Write(recipe)
	_, err = io.WriteString(out, text.String())
	return err
}
