// Package manpages writes the manual pages of a command and of all below it, by
// cobra's generator, from the same texts that its help shows. The program does not
// contain it: it runs while packages are made, by cmd/netwicket/manpages.go.
package manpages

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// Write writes a page for the command and for each one below it into the folder,
// named after its path: netwicket-admin-log.1. Every page says the version and the
// date, and nothing of the run, so that the same sources give the same bytes. The
// command's texts are changed on the way: it is of no use afterwards.
func Write(root *cobra.Command, folder, version string, date time.Time) error {
	date = date.UTC()
	for _, child := range root.Commands() {
		if !child.IsAvailableCommand() {
			continue
		}
		if err := Write(child, folder, version, date); err != nil {
			return err
		}
	}
	header := &doc.GenManHeader{Section: "1", Date: &date, Source: root.Root().Name() + " " + version, Manual: "User Commands"}
	root.InitDefaultHelpFlag()
	flags := flagsOf(root)
	root.DisableAutoGenTag = true // or the page ends with the generator's name
	root.Short, root.Long = escaped(root.Short), described(root.Long)
	var page bytes.Buffer
	if err := doc.GenMan(root, header, &page); err != nil {
		return err
	}
	name := strings.ReplaceAll(root.CommandPath(), " ", "-") + ".1"
	return os.WriteFile(filepath.Join(folder, name), []byte(typeset(page.String(), date, flags)), 0o644)
}

// described is a description in the Markdown that the generator takes it for: it is
// written for a terminal, and as it is the lines of a list would be joined. Lines that
// are indented become a block that stays as it is, all others are escaped.
func described(long string) string {
	var text strings.Builder
	inBlock := false
	fence := func(wanted bool) {
		if inBlock != wanted {
			text.WriteString("```\n")
			inBlock = wanted
		}
	}
	for _, line := range strings.Split(long, "\n") {
		if line != "" {
			fence(strings.HasPrefix(line, "  "))
		}
		if !inBlock {
			line = escaped(line)
		}
		text.WriteString(line + "\n")
	}
	fence(false)
	return text.String()
}

// escaped is text that means itself in Markdown: <file> would be lost, and so would
// the stars of a pattern.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>#|~&", r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
