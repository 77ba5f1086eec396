package question

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

var errSeveral = errors.New("expected one request, found several: leave the one that is meant")

// parseJSON reads the command line's object, or a record of a log.
func parseJSON(text string) (Question, error) {
	root, reader := jsondoc.Read("", []byte(text))
	if len(reader.Found) > 0 {
		if q, read, err := parseRecord(text); read && text[0] == '[' {
			return q, err // of a log whose lines begin with the time in brackets
		}
		return Question{}, jsonError(reader)
	}
	if headers := root.Get("headers"); root.Get("remote").Exists() || headers.Kind() == jsondoc.Array {
		reader.Strict(root, "remote", "headers")
		r := request.Read(reader, root)
		if len(reader.Found) > 0 {
			return Question{}, jsonError(reader)
		}
		return Question{Kind: Object, Request: r}, nil
	}
	q, read, err := parseRecord(onOneLine(root))
	if !read {
		return Question{}, errors.New(`expected {"remote":"10.0.0.1:4711","headers":[["Name","value"]]} or a record of a log, found other JSON`)
	}
	return q, err
}

// onOneLine is a record, or a list of them, as a log may have it.
func onOneLine(node jsondoc.Node) string {
	var out bytes.Buffer
	_ = json.Compact(&out, node.Raw()) // which was read as JSON
	return out.String()
}

func jsonError(reader *jsondoc.Reader) error {
	first := reader.Found[0]
	return fmt.Errorf("line %d, column %d: %s", first.Line, first.Column, first.Message())
}

// errEnough ends the reading of a log: two records are too many.
var errEnough = errors.New("enough")

// parseRecord reads one record of an access log, with the line before it that says what
// its columns are if it has one. read is false for what is no log.
func parseRecord(text string) (q Question, read bool, err error) {
	parser, err := accesslog.New(accesslog.Options{})
	if err != nil {
		return Question{}, false, err
	}
	var entries []accesslog.Entry
	err = accesslog.Blocks(strings.NewReader(text), func(block accesslog.Block) error {
		if block.Err != nil {
			return block.Err
		}
		for _, line := range block.Records() {
			if entries, err = parser.Append(entries, block.Layout, line); err != nil {
				return err
			}
			if len(entries) > 1 {
				return errEnough
			}
		}
		return nil
	})
	switch {
	case len(entries) > 1:
		return Question{}, true, errSeveral
	case err != nil || len(entries) == 0 || entries[0].Check() != nil:
		return Question{}, false, nil
	}
	return Question{Kind: Record, Request: entries[0].Request(accesslog.NewHeader())}, true, nil
}
