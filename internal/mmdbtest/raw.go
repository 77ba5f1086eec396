package mmdbtest

import (
	"fmt"
	"time"
)

// Raw is a file given node by node and byte by byte, so that a test can write
// what no database holds: cycles, records that point nowhere, broken values.
type Raw struct {
	RecordSize int         // 24, 28 or 32; zero: 24
	IPVersion  int         // zero: 6
	Nodes      [][2]uint32 // as they are stored: a node, len(Nodes) for nothing, len(Nodes)+16+offset for data
	Data       []byte      // the data section; see [Value]
	Metadata   Map         // overrides single fields of the metadata
}

// Value is a value as a data section stores it, without pointers.
func Value(value any) ([]byte, error) { return encode(nil, value, nil) }

// Bytes is the content of the file.
func (r Raw) Bytes() ([]byte, error) {
	f := File{Type: "Raw", IPVersion: r.IPVersion, RecordSize: r.RecordSize, Built: time.Unix(0, 0)}.withDefaults()
	content := storeNodes(r.Nodes, f.RecordSize)
	content = append(content, make([]byte, 16)...)
	content = append(content, r.Data...)
	content = append(content, marker...)
	fields := f.metadata(len(r.Nodes))
	for key, value := range r.Metadata {
		fields[key] = value
	}
	metadata, err := Value(fields)
	if err != nil {
		return nil, fmt.Errorf("mmdbtest: %w", err)
	}
	return append(content, metadata...), nil
}
