package admin

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/shown"
)

const maxBody = 2 << 20 // bytes (H5)

// mediaType is what a route's body must be.
func mediaType(body wire.Body) string {
	if body == wire.JSONPatch {
		return "application/json-patch+json"
	}
	return "application/json"
}

// takes says that a request's body is of the media type, parameters allowed (H4).
func takes(r *http.Request, want string) bool {
	lines := r.Header.Values("Content-Type")
	if len(lines) != 1 {
		return false
	}
	kind, _, err := mime.ParseMediaType(lines[0])
	return err == nil && kind == want
}

// accepts says that a client takes JSON for an answer: it does not say what it
// takes, or that is among it (H4, RFC 9110 section 12.5.1).
func accepts(header http.Header) bool {
	lines := header.Values("Accept")
	if len(lines) == 0 {
		return true
	}
	best, quality := -1, 0.0 // the most specific range decides
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		kind, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		specific := map[string]int{"*/*": 0, "application/*": 1, "application/json": 2}
		rank, fits := specific[kind]
		if !fits || rank < best {
			continue
		}
		q := 1.0
		if text, given := parameters["q"]; given {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if rank > best || q > quality {
			best, quality = rank, q
		}
	}
	return quality > 0
}

var errTooLarge = errors.New("the body is larger than 2 MiB")

// readBody reads the JSON of a request, and exactly one object where one is asked
// for (H5). The error says where and why, without what was sent.
func readBody(r *http.Request, w http.ResponseWriter, body wire.Body) (jsondoc.Node, error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return jsondoc.Node{}, errTooLarge
	case err != nil:
		return jsondoc.Node{}, errors.New("the body could not be read to its end")
	}
	root, err := jsondoc.Parse("body", text)
	if err != nil {
		return jsondoc.Node{}, errors.New(places(err))
	}
	if body == wire.Object && root.Kind() != jsondoc.Object {
		return jsondoc.Node{}, errors.New("body:1:1: expected an object")
	}
	return root, nil
}

// places are the errors of a body, each with its line and column.
func places(err error) string {
	var list finding.List
	if !errors.As(err, &list) {
		return shown.Lines(err.Error())
	}
	var texts []string
	for _, found := range list[:min(len(list), 5)] {
		texts = append(texts, shown.Text(found.Error()))
	}
	return strings.Join(texts, "; ")
}
