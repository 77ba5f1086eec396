package netset

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/netwicket/netwicket/internal/packed"
)

// notList is the code for a file that is something else than a list.
const notList = "not-a-list"

// refuse notes that a line cannot be read as one of a list, which ends the reading:
// the lines behind it are of the same kind.
func (r *listReader) refuse(value string, at int, cause error) bool {
	r.fail(at, value, notList, cause)
	return false
}

// unread notes why text is no network. If it is a line of another kind of file, the
// file is what the finding is about.
func (r *listReader) unread(text string, at int, cause error) bool {
	if len(r.failures) == 0 { // the first of a file tells
		if what := r.looks(text); what != nil {
			return r.refuse(text, at, what)
		}
	}
	r.fail(at, text, Code(text), cause)
	return true
}

// rewrite is an error about a file that a command makes a list of.
func (r *listReader) rewrite(what, command, more string) error {
	return fmt.Errorf("this looks like %s; expected one network a line. This makes a list: %s%s", what, shell(command, r.file), more)
}

func shell(command, file string) string {
	return strings.TrimRight(command, " ") + " " + packed.ShellName(file) + " > list.txt"
}

// kind is a kind of file that somebody may take for a list, known by a line of it.
type kind struct{ line, what, command string }

const (
	quads    = `grep -oE '([0-9]{1,3}\.){3}[0-9]{1,3}(/[0-9]{1,2})?'`
	anyQuads = `([0-9]{1,3}\.){3}[0-9]{1,3}`
)

// looks says which kind of file a line is from, or nothing.
func (r *listReader) looks(line string) error {
	for _, k := range []kind{
		{`^-----BEGIN `, "a certificate or key (PEM)", ""},
		{`^<`, "a web page or XML, perhaps an error page", ""},
		{`^\*\(?(filter|nat|raw|mangle)\b|^(ip6?tables )?-[AI] \S+ .*-[sd] `, "rules of iptables, which may also accept", `grep -oE '\-s [0-9a-fA-F.:/]+' FILE | cut -c4-`},
		{`^(allow|deny|set_real_ip_from)\s+[0-9a-fA-F.:/]+\s*;`, "a configuration of nginx", `awk '$1=="deny" && /[0-9]/{sub(/;$/,"",$2); print $2}'`},
		{`^(geo|map|http|server|location)\b.*\{`, "a configuration of nginx", quads},
		{`(?i)^(require|allow from|deny from|order)\b`, "a configuration of Apache", quads},
		{`^(table|chain|set|flush|elements|define)\b`, "rules of nftables", quads},
		{`^(add|del|flush|destroy|swap) \S+`, "what ipset restores, without the line that creates the set", `awk '$1=="add"{print $3}'`},
		{`^ExitAddress `, "the exit addresses of Tor", `awk '$1=="ExitAddress"{print $2}'`},
		{`^(0\.0\.0\.0|127\.[0-9.]+|::1?|fe80::\S+)\s+\S*[a-zA-Z]`, "a hosts file, which lists names and not addresses", ""},
		{`:` + anyQuads + `\s*-\s*` + anyQuads + `$`, "ranges with names before them (PeerGuardian)", `sed 's/.*://'`},
		{`^` + anyQuads + `:[0-9]+$`, "addresses with ports", `cut -d: -f1`},
		{`^` + anyQuads + `\s*-\s*` + anyQuads + `\s*,`, "ranges of eMule, whose numbers have leading zeros", ""},
		{`(?i)^(\|\||@@)|^[a-z0-9_*-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*[a-z]\^?(\s|,|$)`, "a list of names, and a list of networks holds addresses", ""},
		{`[a-zA-Z"'{(=].*\b` + anyQuads + `\b`, "lines with addresses among other text", quads},
	} {
		if !regexp.MustCompile(k.line).MatchString(line) {
			continue
		}
		switch {
		case k.command == "":
			return errors.New("this looks like " + k.what + "; expected one network a line")
		case strings.Contains(k.command, " FILE"):
			return fmt.Errorf("this looks like %s; expected one network a line. This makes a list: %s > list.txt", k.what, strings.ReplaceAll(k.command, "FILE", packed.ShellName(r.file)))
		default:
			return r.rewrite(k.what, k.command, "")
		}
	}
	return nil
}
