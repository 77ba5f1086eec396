// Package packed tells, by their first bytes, files that nothing here reads and
// that one command makes readable: what is compressed, archives, UTF-16, web pages.
// Whoever reads files or texts asks it, so that every message is the same.
package packed

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// HeadSize is how much of a file tells what it is.
const HeadSize = 4 << 10

// Error says what a file is, and what to do about it.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

// format is one way of packing, known by how its files begin.
type format struct {
	magic, what string
	suffix      string // that the command asks for; "-": it takes any name
	command     string
}

// Check is an error for a file that begins in one of the ways of packing, as
// [*Error], and nil for any other. The name is that of the file, for the command;
// head its first [HeadSize] bytes, or all.
func Check(name string, head []byte) error {
	head = head[:min(len(head), HeadSize)]
	file := ShellName(name)
	for _, f := range []format{
		{"\x1f\x8b\x08", "compressed with gzip", ".gz", "gunzip"},
		{"\x28\xb5\x2f\xfd", "compressed with zstd", ".zst", "unzstd"},
		{"\xfd7zXZ\x00", "compressed with xz", ".xz", "unxz"},
		{"\x04\x22\x4d\x18", "compressed with LZ4", ".lz4", "unlz4"},
		{"PK\x03\x04", "a zip archive", "-", "unzip"},
		{"PK\x05\x06", "an empty zip archive", "-", "unzip"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "-", "7z x"},
		{"\xff\xfe\x00\x00", "a text in UTF-32", "-", "iconv -f UTF-32 -t UTF-8"},
		{"\x00\x00\xfe\xff", "a text in UTF-32", "-", "iconv -f UTF-32 -t UTF-8"},
		{"\xff\xfe", "a text in UTF-16", "-", "iconv -f UTF-16 -t UTF-8"},
		{"\xfe\xff", "a text in UTF-16", "-", "iconv -f UTF-16 -t UTF-8"},
	} {
		if !bytes.HasPrefix(head, []byte(f.magic)) {
			continue
		}
		if isTar(inflated(head)) {
			return found("a tar archive compressed with gzip", "tar -xzf "+file)
		}
		return found(f.what, f.line(file))
	}
	switch {
	case len(head) > 9 && string(head[:3]) == "BZh" && string(head[4:10]) == "1AY&SY":
		return found("compressed with bzip2", format{suffix: ".bz2", command: "bunzip2"}.line(file))
	case isTar(head):
		return found("a tar archive", "tar -xf "+file)
	case len(head) > 3 && isText(head[0]) && head[1] == 0 && isText(head[2]) && head[3] == 0:
		return found("a text in UTF-16", "iconv -f UTF-16LE -t UTF-8 "+file+" > "+file+".utf8")
	case len(head) > 3 && head[0] == 0 && isText(head[1]) && head[2] == 0 && isText(head[3]):
		return found("a text in UTF-16", "iconv -f UTF-16BE -t UTF-8 "+file+" > "+file+".utf8")
	case isPage(head):
		return &Error{"it is a web page (HTML), perhaps that of a sign-in; fetch the document itself, from the address of the API and with a token"}
	}
	return nil
}

func found(what, command string) error {
	return &Error{fmt.Sprintf("it is %s, which is not read; make it readable with: %s", what, command)}
}

// line is the command for a file. Programs that unpack one file refuse a name
// without their ending, and iconv writes to standard output.
func (f format) line(file string) string {
	switch {
	case strings.HasPrefix(f.command, "iconv"):
		return f.command + " " + file + " > " + file + ".utf8"
	case f.suffix == "-":
		return f.command + " " + file
	case strings.HasSuffix(file, f.suffix):
		return f.command + " -k " + file
	default:
		return f.command + " < " + file + " > " + file + ".unpacked"
	}
}

// ShellName is a name that can be copied into a shell as it is, or FILE, also for
// what is read from a pipe.
func ShellName(name string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./-]*$`).MatchString(name) && !strings.HasPrefix(name, "/dev/") {
		return name
	}
	return "FILE"
}

func isTar(head []byte) bool { return len(head) >= 262 && string(head[257:262]) == "ustar" }

// inflated is the begin of what gzip packed, or nothing.
func inflated(head []byte) []byte {
	unpacked, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return nil
	}
	var begin [512]byte
	n, _ := io.ReadFull(unpacked, begin[:]) // it is cut off, which does not matter
	return begin[:n]
}

// isText says that a byte may be the first of a document or a list.
func isText(b byte) bool { return b >= ' ' && b < 0x7f || b == '\n' || b == '\r' || b == '\t' }

func isPage(head []byte) bool {
	text := strings.ToLower(strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), " \t\r\n"))
	return strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html")
}
