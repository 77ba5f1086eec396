package decide_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// A header that says anything of the policy that is not so is refused, field by field.
func TestSnapshotHeaderIsThePolicys(t *testing.T) {
	opened := openSnapshot(t, snapshotOf(t, snapshotDocuments.compile(t)))
	var own map[string]any
	require.NoError(t, json.Unmarshal(opened.Header, &own))
	for field, other := range map[string]any{
		"fingerprint": "00000000000000000000000000000000", "zones": 6, "classes": 1, "intervals4": 1, "intervals6": 1, "documents": true, "data": []any{}, "program": nil,
	} {
		changed := maps.Clone(own)
		require.Contains(t, changed, field)
		changed[field] = other
		file := fileOf(t, mustJSON(t, changed), opened.Body)
		if field == "program" { // which says nothing of the policy
			readSnapshot(t, file)
			continue
		}
		require.Equal(t, "snapshot-invalid", codeOf(t, file), field)
		_, err := decide.ReadSnapshot(bytes.NewReader(file))
		require.ErrorContains(t, err, "the header describes another policy than the content is", field)
	}
	for _, header := range []string{"", "{", "[]", `{"zones":"five"}`} {
		file := fileOf(t, []byte(header), opened.Body)
		_, err := decide.ReadSnapshotHeader(bytes.NewReader(file))
		require.ErrorContains(t, err, "the header is no JSON of a snapshot", header)
		_, err = decide.ReadSnapshot(bytes.NewReader(file))
		require.ErrorContains(t, err, "the header is no JSON of a snapshot", header)
	}
}

// A zone that is switched off may be of a type that nobody knows, in a snapshot as in a document.
func TestSnapshotOfAnUnknownType(t *testing.T) {
	policy := documents{sailPoint: "{}", zones: `[{"id":"new","name":"new","type":"LATER","status":"INACTIVE","usage":"POLICY"}]`}.compile(t)
	require.Empty(t, decide.SameAsRead(policy, readSnapshot(t, snapshotOf(t, policy))))
}

// A snapshot says of its sources what the policy said, but for where they lay; a list has no date.
func TestSnapshotTellsOfItsData(t *testing.T) {
	content, err := mmdbtest.File{Type: "Test", Networks: []mmdbtest.Network{{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "US"}}}}}.Bytes()
	require.NoError(t, err)
	config := documents{sailPoint: `{"geolocation":["US"]}`}.config(t)
	config.Geo, err = geo.Load(geo.Source{File: "a.mmdb", Data: content}, geo.Source{File: "b.csv", Data: []byte("network,country,region,asn,anonymizer,services\n198.51.100.0/24,DE,,,,\n"), Kind: geo.CSV})
	require.NoError(t, err)
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	data := policy.Info().Data
	require.Len(t, data, 2)
	require.False(t, data[0].Built.IsZero())
	require.True(t, data[1].Built.IsZero())
	file := snapshotOf(t, policy)
	header, err := decide.ReadSnapshotHeader(bytes.NewReader(file))
	require.NoError(t, err)
	built := data[0].Built.UTC()
	require.Equal(t, []decide.SnapshotData{{Type: "Test", Built: &built}, {Type: "csv"}}, header.Data)
	for i := range data {
		data[i].File = ""
	}
	require.Equal(t, data, readSnapshot(t, file).Info().Data)

	// A date beyond all is the last that is taken, not one before 1970.
	opened := openSnapshot(t, file)
	section := sectionsOf(opened.Body)[infoSection]
	date := number(uint64(built.Unix()))
	require.Equal(t, 1, bytes.Count(section, date))
	for seconds, want := range map[uint64]int64{1 << 40: 1 << 40, 1<<40 + 1: 1 << 40, 1<<63 + 1: 1 << 40, 1: 1} {
		changed := sectionsOf(opened.Body)
		changed[infoSection] = bytes.Replace(section, date, number(seconds), 1)
		read, err := decide.ReadBody(bodyOf(changed))
		require.NoError(t, err)
		require.Equal(t, time.Unix(want, 0).UTC(), read.Info().Data[0].Built)
		if want > 1 { // which a header has no way to write
			var out bytes.Buffer
			require.ErrorContains(t, read.WriteSnapshot(&out), "year outside of range")
			require.Zero(t, out.Len())
		}
	}
}
