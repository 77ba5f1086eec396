package records_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
)

// Every character of a name comes back as it was, and a document of it is the same
// as package encoding/json would write it but for <, > and &.
func TestNamesAsJSON(t *testing.T) {
	for r := range rune(0x300) {
		name := "a" + string(r) + "b"
		text := string((&records.Zone{Type: records.IP, Name: name}).Append(nil, nil))
		var back struct{ Name string }
		require.NoError(t, json.Unmarshal([]byte(text), &back), text)
		require.Equal(t, name, back.Name)
		if !strings.ContainsRune("<>&", r) {
			want, err := json.Marshal(name)
			require.NoError(t, err)
			require.Contains(t, text, `"name":`+string(want)+`,`)
		}
	}
}
