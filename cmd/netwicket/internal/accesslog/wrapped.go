package accesslog

import "strings"

// What ships logs puts the line of a program into an object of its own: Docker's
// json-file driver and Fluent Bit under log, Filebeat and CloudWatch under
// message, Splunk under _raw, Google Cloud under textPayload.
var wrappedAt = [...]string{"log", "message", "@message", "_raw", "result._raw", "textPayload", "result"}

// maxWraps is how many objects may stand around a line.
const maxWraps = 3

// unwrapped is the record inside of an object that has no address itself.
func unwrapped(record map[string]any) (line string, inner map[string]any) {
	for _, path := range wrappedAt {
		if inner, ok := record[path].(map[string]any); ok && path == "result" {
			return "", inner
		}
		if text := textAt(record, path); strings.TrimSpace(text) != "" {
			return strings.TrimRight(text, "\r\n"), nil
		}
	}
	return "", nil
}
