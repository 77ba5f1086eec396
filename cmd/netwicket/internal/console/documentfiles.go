package console

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
	fileset "github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/finding"
)

// What of a file is shown at once: whole, if it is no larger, or else these lines.
const (
	maxShownText = 2 << 20
	windowLines  = 1000
)

// fileRow is one file that the policy is made of.
type fileRow struct {
	File     string
	Kind     string // key of what it is
	Text     bool   // it can be shown
	Editable bool   // the page Change takes it
	Gone     bool
	Size     int64
	Errors   int
	Warnings int
}

// fileRows are the files of the policy, each once, in the order in which it names them.
func (c *Console) fileRows(on *subject) []fileRow {
	kinds := kindsOf(on.Parts)
	var rows []fileRow
	listed := map[string]bool{}
	found, taken := c.reviewed(on), c.editables(on)
	for _, file := range on.Parts.Files {
		if listed[file] || secretFile(on.Parts, file) {
			continue
		}
		listed[file] = true
		row := fileRow{File: file, Kind: kinds[file]}
		row.Errors, row.Warnings = countFindings(findingsIn(found, file))
		if info, err := c.file(file).Stat(); err != nil || !info.Mode().IsRegular() {
			row.Gone = true
		} else {
			row.Size = info.Size()
		}
		if row.Kind == "" && !row.Gone {
			row.Kind = c.recognised(file)
		}
		if row.Kind == "" {
			row.Kind = "other"
		}
		row.Text = !row.Gone && row.Kind != "mmdb" && row.Kind != "snapshot"
		row.Editable = slices.ContainsFunc(taken, func(one editable) bool { return one.Path == filepath.Clean(file) })
		rows = append(rows, row)
	}
	return rows
}

// file is a file of the policy as it may be read: no path leads out of where the policy
// has to stay.
func (c *Console) file(path string) fileset.File {
	return fileset.File{Path: path, Within: c.options.Policy.Within}
}

// named is a file as the pages name it: by its path from the policy's folder.
func (c *Console) named(path string) string {
	return strings.TrimPrefix(filepath.Clean(path), c.beside)
}

// besidePrefix is what paths of files in the policy's folder begin with; empty: nothing
// that could be left out.
func (c *Console) besidePrefix() string {
	if folders := c.policyFolders(); len(folders) == 1 {
		return filepath.Clean(folders[0]) + string(filepath.Separator)
	}
	return ""
}

// kindsOf are the kinds of those files that the documents tell of.
func kindsOf(parts *policyfile.Parts) map[string]string {
	kinds := map[string]string{}
	config := &parts.Config
	for d := range config.Zones {
		for i := range config.Zones[d].Zones {
			kinds[config.Zones[d].Zones[i].Position.File] = "zones"
		}
	}
	for i := range config.Rules {
		kinds[config.Rules[i].File] = "rules"
	}
	for i := range config.ThreatFeeds {
		kinds[config.ThreatFeeds[i].File] = "feed"
	}
	if config.ThreatInsight != nil {
		kinds[config.ThreatInsight.Position.File] = "threat"
	}
	if config.SailPoint != nil {
		kinds[config.SailPoint.Position.File] = "network"
	}
	if config.AuthProfile != nil {
		kinds[config.AuthProfile.Position.File] = "profile"
	}
	for _, source := range parts.Datasets() {
		kinds[source.File] = sourceKind(source)
	}
	kinds[parts.OverlayFile], kinds[parts.SnapshotFile] = "overlay", "snapshot"
	return kinds
}

func sourceKind(source geo.Dataset) string {
	switch source.Kind {
	case geo.MMDB:
		return "mmdb"
	case geo.Netset:
		return "service"
	case geo.CSV, geo.ByEnding:
	}
	return "csv"
}

// recognised is the kind of a file by what it holds; empty: none that is known.
func (c *Console) recognised(file string) string {
	text, err := c.file(file).Read(fileset.DocumentLimit)
	if err != nil {
		return ""
	}
	kind, _ := policyfile.Recognise(file, text) // why it is none is among the findings
	return map[policyfile.Kind]string{
		policyfile.PolicyFile: "policy", policyfile.Zones: "zones", policyfile.Rules: "rules", policyfile.ThreatInsight: "threat",
		policyfile.NetworkConfig: "network", policyfile.AuthProfile: "profile", policyfile.Snapshot: "snapshot",
	}[kind]
}

// secretFile says that a file is what proves who asks for releases, which nobody reads
// here, whatever names it.
func secretFile(parts *policyfile.Parts, file string) bool {
	for _, secret := range secretsOf(parts) {
		if secret != "" && (filepath.Clean(secret) == filepath.Clean(file) || sameFile(secret, file)) {
			return true
		}
	}
	return false
}

func secretsOf(parts *policyfile.Parts) []string {
	secrets := []string{parts.Serve.TLSKey}
	if parts.From != nil {
		secrets = append(secrets, parts.From.TokenFile)
	}
	return secrets
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// sourceRow is one geo source or list of a service.
type sourceRow struct {
	geo.Dataset
	KindKey  string
	Provides []string
	Age      int // days since it was built, if it is Dated
	Findings finding.List
}

// Dated says that the source has a build date.
func (s sourceRow) Dated() bool { return !s.Built.IsZero() }

// Day is when the source was built.
func (s sourceRow) Day() string { return s.Built.UTC().Format("2006-01-02") }

func sourcesOf(on *subject, found finding.List) []sourceRow {
	var rows []sourceRow
	for _, source := range on.Parts.Datasets() {
		row := sourceRow{
			Dataset: source, KindKey: sourceKind(source), Provides: source.Provides.Names(), Age: int(on.At.Sub(source.Built) / (24 * time.Hour)),
		}
		if source.File != "" {
			row.Findings = findingsIn(found, source.File)
		}
		rows = append(rows, row)
	}
	return rows
}

// fileView is the text of one file.
type fileView struct {
	fileRow
	Lines    []textLine
	First    int // of the lines shown
	Total    int // lines of the file
	Whole    bool
	Before   int // a line of the part in front of what is shown; 0: there is none
	After    int
	Findings finding.List // the first of them
	More     int          // that are not listed
	Problem  string       // why it cannot be read
}

// Last is the last line that is shown.
func (v *fileView) Last() int { return v.First + len(v.Lines) - 1 }

// textLine is one line with what there is to say of it.
type textLine struct {
	Number   int
	Text     string
	Findings finding.List
}

// fileView is nil for a file that the policy is not made of: no other one is read.
func (c *Console) fileView(on *subject, query url.Values) *fileView {
	name, rows := query.Get("file"), c.fileRows(on)
	at := slices.IndexFunc(rows, func(row fileRow) bool { return row.File == name })
	if at < 0 { // as it is named on the pages
		at = slices.IndexFunc(rows, func(row fileRow) bool { return c.named(row.File) == name })
	}
	if at < 0 && name == on.Parts.Name() { // the folder, which stands for the policy file in it
		at = slices.IndexFunc(rows, func(row fileRow) bool { return row.File == filepath.Join(name, policyfile.FileName) })
	}
	if at < 0 {
		return nil
	}
	v := &fileView{fileRow: rows[at], Findings: findingsIn(c.reviewed(on), rows[at].File)}
	found := v.Findings
	if v.More = max(len(found)-maxShownFindings, 0); v.More > 0 {
		v.Findings = found[:maxShownFindings]
	}
	if !v.Text {
		return v
	}
	text, err := c.file(v.File).Read(fileset.DocumentLimit)
	switch {
	case err != nil:
		v.Problem = fileset.Cause(err).Error()
	case !isText(text):
		v.Text = false
	default:
		line, _ := strconv.Atoi(query.Get("line"))
		v.take(string(text), line, found)
	}
	return v
}

// take is what is shown of a text: all of it, or the lines around one, with what was
// found in them.
func (v *fileView) take(text string, line int, found finding.List) {
	v.Size = int64(len(text))
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	v.Total, v.First, v.Whole = len(all), 1, len(text) <= maxShownText
	if !v.Whole {
		v.First = max(min(line-windowLines/2, len(all)-windowLines+1), 1)
		all = all[v.First-1 : min(v.First-1+windowLines, len(all))]
	}
	about := map[int]finding.List{}
	for _, f := range found {
		line := max(f.Line, 1)
		about[line] = append(about[line], f)
	}
	for i, one := range all {
		one = strings.ReplaceAll(strings.TrimSuffix(one, "\r"), "\t", "    ")
		if len(one) > maxShownText/2 { // a document on one line
			one = fmt.Sprintf("%s ...", strings.ToValidUTF8(one[:maxShownText/2], ""))
		}
		v.Lines = append(v.Lines, textLine{v.First + i, one, about[v.First+i]})
	}
	if v.First > 1 {
		v.Before = max(v.First-windowLines/2, 1)
	}
	if v.Last() < v.Total {
		v.After = v.Last() + 1 + windowLines/2
	}
}
