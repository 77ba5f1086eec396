package annotate_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/annotate"
	"github.com/netwicket/netwicket/internal/finding"
)

// place is where a result of a log is.
type place struct {
	uri, base    string
	line, column int
}

// logOf is what a reader finds in a log: the text is marshalled in between.
func logOf(t *testing.T, findings finding.List, folder, within string) (places []place, messages []string) {
	t.Helper()
	text, err := json.Marshal(annotate.SARIF(findings, "v1", folder, within))
	require.NoError(t, err)
	var log struct {
		Runs []struct {
			Results []struct {
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI, URIBaseID string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &log))
	require.Len(t, log.Runs, 1)
	for _, r := range log.Runs[0].Results {
		messages = append(messages, r.Message.Text)
		for _, l := range r.Locations {
			at := l.PhysicalLocation
			places = append(places, place{at.ArtifactLocation.URI, at.ArtifactLocation.URIBaseID, at.Region.StartLine, at.Region.StartColumn})
		}
	}
	return places, messages
}

// A file below the folder is relative to it however it was named, and no other is:
// RFC 3986 for what may stand in a reference.
func TestSARIFNamesFiles(t *testing.T) {
	const root = "%SRCROOT%"
	for _, row := range []struct{ file, uri, base string }{
		{"zones.json", "zones.json", root},
		{"./okta//zones.json", "okta/zones.json", root},
		{"okta/../zones.json", "zones.json", root},
		{"/repo/policy/okta/zones.json", "okta/zones.json", root},
		{"/repo/policy-other/zones.json", "file:///repo/policy-other/zones.json", ""},
		{"../zones.json", "file:///repo/zones.json", ""},
		{"/etc/zones.json", "file:///etc/zones.json", ""},
		{"a b#c?d%.json", "a%20b%23c%3Fd%25.json", root},
		{"https:evil.json", "./https:evil.json", root},
		{"Köln\u202e\n.json", "K%C3%B6ln%E2%80%AE%0A.json", root},
	} {
		places, _ := logOf(t, finding.List{{File: row.file, Line: 1, Column: 1, Code: "bad-json"}}, "/repo/policy", "")
		require.Equal(t, []place{{row.uri, row.base, 1, 1}}, places, row.file)
	}
	places, messages := logOf(t, finding.List{{Code: "bad-json", Err: errors.New("about no file")}}, "/repo", "")
	require.Empty(t, places)
	require.Equal(t, []string{"about no file"}, messages)
}

// Findings count bytes; SARIF counts UTF-16 code units here. What cannot be read
// again keeps its number.
func TestSARIFCountsColumns(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "zones.json")
	require.NoError(t, os.WriteFile(file, []byte("plain\nä日😀x\nbroken \xff\nöx"), 0o600))
	for _, row := range []struct {
		name              string
		file              string
		line, column, out int
	}{
		{"ASCII", file, 1, 4, 4}, {"the start", file, 2, 1, 1},
		{"behind two bytes", file, 2, 3, 2}, {"behind three", file, 2, 6, 3}, {"behind two code units", file, 2, 10, 5}, {"the end", file, 2, 11, 6},
		{"no UTF-8", file, 3, 9, 9}, {"behind the end", file, 2, 40, 40}, {"just behind the end", file, 2, 12, 12}, {"a line that is gone", file, 9, 5, 5}, {"behind one byte", file, 1, 2, 2},
		{"the last line", file, 4, 4, 3},
		{"a file that is gone", filepath.Join(dir, "absent"), 1, 5, 5}, {"a whole document", file, 0, 0, 1},
	} {
		places, _ := logOf(t, finding.List{{File: row.file, Line: row.line, Column: row.column, Code: "bad-json"}}, dir, "")
		require.Equal(t, row.out, places[0].column, row.name)
		require.Equal(t, max(row.line, 1), places[0].line, row.name)
	}
	both, _ := logOf(t, finding.List{{File: file, Line: 2, Column: 6, Code: "bad-json"}, {File: filepath.Join(dir, "absent"), Line: 2, Column: 6, Code: "bad-json"}, {File: file, Line: 2, Column: 6, Code: "bad-json"}}, dir, "")
	require.Equal(t, []int{3, 6, 3}, []int{both[0].column, both[1].column, both[2].column}, "one file is not taken for another")
	places, _ := logOf(t, finding.List{{File: file, Line: 2, Column: 11, Code: "bad-json"}}, dir, t.TempDir())
	require.Equal(t, 11, places[0].column, "a file outside of --within is not read")
}

// What documents say becomes no link of a viewer.
func TestSARIFHasNoLinks(t *testing.T) {
	_, messages := logOf(t, finding.List{{File: "a", Code: "bad-cidr", Value: "[click](https://evil.example)", Err: errors.New("see [x](1)\n\x1b")}}, "/", "")
	require.Equal(t, []string{`"[click] (https://evil.example)": see [x] (1)\n\x1b`}, messages)
}
