package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// subject is a policy, its table, and requests with the answers of eval.
type subject struct {
	name, folder string
	policy, old  string   // -c of the program
	flags        []string // of export --format table
	compare      bool
	random       int
	measure      bool // compare what takes how long
	odd          bool // ask what is no address, too

	asked []string
	ends  int
	said  map[string]answer // of a client's text
}

// answer is what eval says of a client: decision, reason, zone and rule, parted by tabs.
type answer struct{ now, was string }

func verdict(text string) string { verdict, _, _ := strings.Cut(text, "\t"); return verdict }

// subjects are a small policy in every form of a table, and a large one.
func (w *world) subjects() ([]*subject, error) {
	small, old := filepath.Join(w.folder, "small"), filepath.Join(w.folder, "old")
	for folder, texts := range map[string][2]string{
		small: {`["192.0.2.0/24","10.0.0.0/9","2001:db8:1::/48","2000::/5","224.0.0.0/3","::/100"]`, `"203.0.113.4-203.0.113.9","0.0.0.5-0.0.1.9","198.51.100.0/24","2001:db8:1:bad::/64","255.255.255.255/32","10.1.2.3/32"`},
		old:   {`["192.0.2.0/25","10.0.0.0/8","2001:db8::/32","2000::/4","::/100"]`, `"203.0.113.0/28","10.1.2.3/32"`},
	} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		var gateways []string
		for entry := range strings.SplitSeq(texts[1], ",") {
			kind := "RANGE"
			if strings.Contains(entry, "/") {
				kind = "CIDR"
			}
			gateways = append(gateways, `{"type":"`+kind+`","value":`+entry+`}`)
		}
		for name, text := range map[string]string{
			"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"sailpoint":{"networkConfig":"network.json"}}`,
			"network.json":   `{"range":` + texts[0] + `}`,
			"zones.json": `[{"type":"IP","id":"b","name":"Blocked, \"really\" 'so' Zürich","usage":"BLOCKLIST","gateways":[` + strings.Join(gateways, ",") + `]},
				{"type":"IP","id":"o","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/26"}]}]`,
			"rules.json": `[{"id":"1","name":"office, 1","priority":1,"conditions":{"network":{"connection":"ZONE","include":["o"]}},"actions":{"signon":{"access":"ALLOW"}}},
				{"id":"2","name":"rest","priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}]`,
		} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
				return nil, err
			}
		}
	}
	list := []*subject{
		{name: "small, beside an older one", policy: small, old: old, compare: true, random: 20_000, odd: true},
		{name: "small, not cut at buckets", policy: small, flags: []string{"--no-buckets"}, random: 20_000, odd: true},
		{name: "small, IPv4 alone", policy: small, old: old, compare: true, flags: []string{"--family", "4", "--no-buckets"}, random: 2000},
	}
	if w.large != "" {
		list = append(list, &subject{name: "of 100 zones on three databases", policy: w.large, flags: []string{"--no-embedded"}, random: w.random, odd: true, measure: true})
	}
	for i, s := range list {
		s.folder = filepath.Join(w.folder, strconv.Itoa(i))
		if err := os.Mkdir(s.folder, 0o755); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// prepare writes the table and the requests, and asks eval.
func (w *world) prepare(s *subject) error {
	table := filepath.Join(s.folder, "policy.csv.gz")
	args := append([]string{"export", "-c", s.policy, "--format", "table", "-o", table}, s.flags...)
	if s.compare {
		args = append(args, "--against", s.old)
	}
	if out, err := exec.Command(w.program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("export: %w: %s", err, out)
	}
	if err := s.choose(table); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.folder, "requests.txt"), []byte(strings.Join(s.asked, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	if s.measure { // a dictionary of the same policy
		args := []string{"export", "-c", s.policy, "--format", "csv", "-o", filepath.Join(s.folder, "networks.csv")}
		if out, err := exec.Command(w.program, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("export: %w: %s", err, out)
		}
	}
	if err := os.WriteFile(filepath.Join(s.folder, "policy.path"), []byte(s.policy), 0o644); err != nil {
		return err
	}
	now, err := w.eval(s.policy, s)
	if err != nil {
		return err
	}
	was := now
	if s.compare {
		if was, err = w.eval(s.old, s); err != nil {
			return err
		}
	}
	s.said = map[string]answer{}
	for i, client := range s.asked {
		s.said[client] = answer{now[i], was[i]}
	}
	return nil
}

// choose asks for both ends of every range, random addresses of both families, and
// text that is none.
func (s *subject) choose(table string) error {
	file, err := os.Open(table)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	text, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	rows := csv.NewReader(text)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return err
	}
	only4 := strings.Join(s.flags, " ") == "--family 4 --no-buckets"
	inTable := func(addr netip.Addr) bool {
		return !scattered(addr) && (!only4 || addr.Is4()) && (!strings.Contains(strings.Join(s.flags, " "), "--no-embedded") || !embeds(addr))
	}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for _, end := range row[1:3] {
			if inTable(netip.MustParseAddr(end)) {
				s.asked = append(s.asked, strings.Clone(end))
			}
		}
	}
	s.ends = len(s.asked)
	random := rand.New(rand.NewPCG(7, 7))
	for len(s.asked) < s.ends+s.random {
		if addr := randomAddr(random); inTable(addr) {
			s.asked = append(s.asked, written(random, addr))
		}
	}
	if s.odd {
		s.asked = append(s.asked, "", "unknown", "-", "192.0.2", "192.0.2.256", "192.0.2.7/32", "192.0.02.7", "010.0.0.1", "0x0a.0.0.1", "1.2.3.4.5", "2130706433", "::1::", "1:2:3", ":::", ":", "2001:db8::g",
			"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "::192.0.2.300", "::ffff:192.0.02.7", "1::2:3:4:5:6:7:8", "::2:3:4:5:6:192.0.2.7", "1::3:4:5:6:7:192.0.2.7", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "1::2::3", "١.1.1.1", "192.0.2.7\u00a0", "::ffff:192.0.2.07", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:192.0.2.7", "1:2:3:4:5:6:7:192.0.2.7", "::/0", "'; DROP TABLE requests", "::FFFF:192.0.2.7")
	}
	return nil
}

func scattered(addr netip.Addr) bool {
	return netip.MustParsePrefix("2001::/32").Contains(addr) || netip.MustParsePrefix("64:ff9b:1::/48").Contains(addr)
}

func embeds(addr netip.Addr) bool {
	return netip.MustParsePrefix("2002::/16").Contains(addr) || netip.MustParsePrefix("64:ff9b::/96").Contains(addr) || scattered(addr)
}

func randomAddr(random *rand.Rand) netip.Addr {
	var b [16]byte
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	switch random.IntN(8) {
	case 0, 1, 2, 3:
		return netip.AddrFrom4([4]byte(b[:4]))
	case 4:
		return netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1})
	case 5:
		return netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]})
	default:
		b[0] = 0x20 | b[0]&0x1f
		return netip.AddrFrom16(b)
	}
}

// written is an address in one of the ways in which logs have it.
func written(random *rand.Rand, addr netip.Addr) string {
	switch random.IntN(4) {
	case 0:
		return strings.ToUpper(addr.String())
	case 1:
		return netip.AddrFrom16(addr.As16()).StringExpanded()
	case 2:
		return netip.AddrFrom16(addr.As16()).String() // ::ffff:192.0.2.7
	default:
		return addr.String()
	}
}

// eval asks the program about each request.
func (w *world) eval(policy string, s *subject) ([]string, error) {
	// A line that is empty or begins with # is no request; a blank peer is the same as none.
	args := []string{"eval", "-c", policy}
	command := exec.Command(w.program, args...)
	var in bytes.Buffer
	for _, client := range s.asked {
		if client == "" {
			client = "?"
		}
		in.WriteString(client + "\n")
	}
	command.Stdin = &in
	var out, stderr bytes.Buffer
	command.Stdout, command.Stderr = &out, &stderr
	if err := command.Run(); err != nil && command.ProcessState.ExitCode() != 2 {
		return nil, fmt.Errorf("eval: %w: %s", err, &stderr)
	}
	var list []string
	lines := bufio.NewScanner(&out)
	for lines.Scan() {
		said, err := parse(lines.Text())
		if err != nil {
			return nil, err
		}
		list = append(list, said)
	}
	if len(list) != len(s.asked) {
		return nil, fmt.Errorf("eval answers %d of %d requests", len(list), len(s.asked))
	}
	return list, nil
}

// parse reads a line of eval: deny 203.0.113.9 blocklisted,other zone="B" rule="R".
func parse(line string) (string, error) {
	decision, rest, _ := strings.Cut(line, " ")
	_, rest, _ = strings.Cut(rest, " ")
	reason, rest, _ := strings.Cut(rest, " ")
	reason, _, _ = strings.Cut(reason, ",")
	named := map[string]string{}
	for rest != "" {
		key, value, found := strings.Cut(rest, "=")
		if !found || strings.Contains(key, " ") {
			break
		}
		if quoted, err := strconv.QuotedPrefix(value); err == nil {
			if named[key], err = strconv.Unquote(quoted); err != nil {
				return "", err
			}
			rest = strings.TrimPrefix(value[len(quoted):], " ")
			continue
		}
		_, rest, _ = strings.Cut(value, " ")
	}
	return strings.Join([]string{decision, reason, named["zone"], named["rule"]}, "\t"), nil
}

// requireAnswers holds a file of client, decision, reason, zone and rule to eval.
func (s *subject) requireAnswers(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	rows := 0
	counts := map[string]int{}
	for line := range strings.Lines(string(text)) {
		client, said, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		want, asked := s.said[client]
		if !asked || want.now != said {
			return fmt.Errorf("%q: %q, eval says %q", client, said, want.now)
		}
		counts[client]++
		rows++
	}
	for _, client := range s.asked {
		counts[client]--
	}
	for client, count := range counts {
		if count != 0 {
			return fmt.Errorf("%q has %+d answers", client, count)
		}
	}
	if rows != len(s.asked) {
		return fmt.Errorf("%d answers to %d requests", rows, len(s.asked))
	}
	return nil
}

func (s *subject) changes() int {
	count := 0
	for _, client := range s.asked {
		if said := s.said[client]; verdict(said.now) != verdict(said.was) {
			count++
		}
	}
	return count
}

// requireDifferences holds a file of the decision that was, the one that is, requests
// and clients to eval.
func (s *subject) requireDifferences(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	requests, clients := map[string]int{}, map[string]map[string]bool{}
	for _, client := range s.asked {
		said := s.said[client]
		if key := verdict(said.was) + "\t" + verdict(said.now); verdict(said.was) != verdict(said.now) {
			if requests[key]++; clients[key] == nil {
				clients[key] = map[string]bool{}
			}
			clients[key][client] = true
		}
	}
	var want []string
	for key, count := range requests {
		want = append(want, fmt.Sprintf("%s\t%d\t%d\n", key, count, len(clients[key])))
	}
	sort.Strings(want)
	if got := string(text); got != strings.Join(want, "") || got == "" {
		return fmt.Errorf("%q, eval says %q", got, want)
	}
	return nil
}
