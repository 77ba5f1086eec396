package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// drive runs a driver, which reads statements and writes what it did, both as JSON.
func drive(folder string, environment []string, list []statement, command ...string) (version string, seconds []float64, err error) {
	in, err := json.Marshal(list)
	if err != nil {
		return "", nil, err
	}
	driver := exec.Command(command[0], command[1:]...)
	driver.Dir, driver.Env, driver.Stdin = folder, append(os.Environ(), environment...), bytes.NewReader(in)
	var out, stderr bytes.Buffer
	driver.Stdout, driver.Stderr = &out, &stderr
	if err := driver.Run(); err != nil {
		return "", nil, fmt.Errorf("%w: %.1500s", err, stderr.String())
	}
	var did struct {
		Version string
		Seconds []float64
	}
	if err := json.Unmarshal(out.Bytes(), &did); err != nil {
		return "", nil, fmt.Errorf("%w: %s", err, &out)
	}
	return did.Version, did.Seconds, nil
}

type duckdb struct{ *world }

func (*duckdb) name() string { return "duckdb" }

func (d *duckdb) missing() error {
	if _, err := exec.LookPath("node"); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Join(d.engines, "node_modules/@duckdb/node-api"))
	return err
}

func (*duckdb) requests() []string {
	return []string{`CREATE TABLE requests AS SELECT unnest(string_split(content[:-2], chr(10))) AS client FROM read_text('requests.txt')`}
}

func (d *duckdb) run(folder string, list []statement) (string, []float64, error) {
	for i := range list {
		if list[i].File != "" {
			list[i].SQL = fmt.Sprintf("COPY (%s) TO '%s' (FORMAT csv, DELIMITER '\t', HEADER false, QUOTE '', ESCAPE '')", list[i].SQL, list[i].File)
		}
	}
	return drive(folder, []string{"ENGINES=" + d.engines}, list, "node", filepath.Join(d.drivers, "duckdb.mjs"))
}

type clickhouse struct{ *world }

func (*clickhouse) name() string { return "clickhouse" }

func (c *clickhouse) library() string {
	return filepath.Join(c.engines, "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so")
}

func (c *clickhouse) missing() error {
	_, err := os.Stat(c.library())
	return err
}

func (*clickhouse) requests() []string {
	return []string{
		`CREATE TABLE requests (client String) ENGINE = MergeTree ORDER BY tuple()`,
		`INSERT INTO requests SELECT line FROM file('requests.txt', 'LineAsString', 'line String')`,
	}
}

func (c *clickhouse) run(folder string, list []statement) (string, []float64, error) {
	if err := c.functions(folder); err != nil {
		return "", nil, err
	}
	return drive(folder, []string{"CHDB_LIB_PATH=" + c.library(), "FUNCTIONS=" + folder}, list, filepath.Join(c.drivers, "clickhouse", "clickhouse"))
}

// functions are netwicket filter as pools, in both formats, as docs/analytics.md has them.
func (c *clickhouse) functions(folder string) error {
	policy, err := os.ReadFile(filepath.Join(folder, "policy.path"))
	if err != nil {
		return err
	}
	pool := func(name, format, argument, returned, flags string) string {
		return fmt.Sprintf(`
  <function>
    <type>executable_pool</type>
    <name>%s</name>
    <command>%s filter -c %s %s</command>
    <execute_direct>0</execute_direct>
    <format>%s</format>
    <argument><type>%s</type><name>client</name></argument>
    <return_type>%s</return_type>
    <pool_size>2</pool_size>
  </function>`, name, c.program, policy, flags, format, argument, returned)
	}
	text := "<functions>" + pool("netwicket", "LineAsString", "String", "String", "") + pool("netwicket_byte", "RowBinary", "IPv6", "UInt8", "--format rowbinary") + "\n</functions>\n"
	return os.WriteFile(filepath.Join(folder, "netwicket.xml"), []byte(text), 0o644)
}

// further asks the pools. Bytes are given the names of docs/cli.md and held to what the
// lines say.
func (c *clickhouse) further(*subject) []question {
	const names = `['no_policy','client_unresolved','blocklisted','threat','rule','no_rule','network_undefined','off_network','empty_allow_list','geo_unavailable','geo_unknown','untrusted_geography','overlay','permitted','not_enforced','unrestricted']`
	return []question{
		{"filter as an executable_pool, by lines", false, `SELECT client, replaceAll(netwicket(client), '\\\'', '\'') FROM requests;`},
		{"filter as an executable_pool, by bytes", false, `SELECT client, if(readable, if(byte >= 128, 'allow', 'deny'), 'deny'), if(readable, ` + names + `[byte % 128 + 1], 'client_unresolved'), splitByChar('\t', line)[3], splitByChar('\t', line)[4] FROM
			(SELECT client, isNotNull(toIPv6OrNull(client)) AND splitByChar('\t', line)[2] != 'client_unresolved' AS readable, netwicket_byte(toIPv6OrDefault(client)) AS byte, replaceAll(netwicket(client), '\\\'', '\'') AS line FROM requests);`},
	}
}

// measured are the same count by the recipe's look-up and by a dictionary of the layout
// IP_TRIE, of the networks of the same policy.
func (c *clickhouse) measured() (prepare []string, rivals []question) {
	return []string{
			`CREATE TABLE networks (network String, decision String, reason String) ENGINE = MergeTree ORDER BY tuple()`,
			`INSERT INTO networks SELECT network, decision, reason FROM file('networks.csv', 'CSVWithNames', 'network String, decision String, reason String')`,
			`CREATE DICTIONARY trie (network String, decision String, reason String) PRIMARY KEY network SOURCE(CLICKHOUSE(TABLE 'networks')) LAYOUT(IP_TRIE) LIFETIME(0)`,
			`CREATE TABLE addresses (client IPv6) ENGINE = MergeTree ORDER BY tuple()`,
			`INSERT INTO addresses SELECT toIPv6OrDefault(client) FROM requests WHERE isNotNull(toIPv6OrNull(client))`,
			`SYSTEM RELOAD DICTIONARY trie`,
		}, []question{
			{"ASOF", false, `SELECT countIf(t.decision = 'allow'), count() FROM (SELECT toUInt8(1) AS one, toUInt128(client) AS key FROM addresses) AS a ASOF LEFT JOIN netwicket_ranges AS t ON a.one = t.one AND a.key >= t.first`},
			{"ip_trie", false, `SELECT countIf(dictGetOrDefault('trie', 'decision', client, 'deny') = 'allow'), count() FROM addresses`},
		}
}

type postgresql struct{}

func (*postgresql) name() string { return "postgresql" }

// programs is the folder of PostgreSQL's programs.
func (*postgresql) programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // a pattern that is well formed
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

func (p *postgresql) missing() error {
	if p.programs() == "" {
		return fmt.Errorf("no /usr/lib/postgresql/*/bin")
	}
	_, err := exec.LookPath("psql")
	return err
}

func (*postgresql) requests() []string {
	return []string{
		`CREATE TABLE requests (client text)`,
		`\copy requests FROM 'requests.txt' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', NULL '\N')`,
		`ANALYZE requests`,
	}
}

// run starts a server of its own on a local socket. The server refuses to run as root.
func (p *postgresql) run(folder string, list []statement) (version string, seconds []float64, err error) {
	var as []string
	data := filepath.Join(folder, "postgresql")
	if err := os.Mkdir(data, 0o700); err != nil {
		return "", nil, err
	}
	if os.Getuid() == 0 {
		as = []string{"runuser", "-u", "postgres", "--"}
		if out, err := exec.Command("chown", "postgres", data).CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("%w: %s", err, out)
		}
	}
	do := func(args ...string) error {
		command := exec.Command(append(as, args...)[0], append(as, args...)[1:]...)
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := do(p.programs()+"/initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"); err != nil {
		return "", nil, err
	}
	if err := do(p.programs()+"/pg_ctl", "-D", data, "-w", "-l", data+"/log", "-o", "-k "+data+" -h '' -c fsync=off -c work_mem=256MB -c max_parallel_workers_per_gather=0", "start"); err != nil {
		return "", nil, err
	}
	defer func() { _ = do(p.programs()+"/pg_ctl", "-D", data, "-m", "immediate", "stop") }()
	return p.ask(folder, data, list)
}

// ask runs the statements in one session of psql, which tells the time of each.
func (p *postgresql) ask(folder, data string, list []statement) (string, []float64, error) {
	var script strings.Builder
	script.WriteString("\\set ON_ERROR_STOP 1\n\\pset format unaligned\n\\pset fieldsep '\\t'\n\\pset tuples_only on\n\\o version.txt\nSHOW server_version;\n\\o\n")
	const mark = "--statement--"
	for _, s := range list {
		script.WriteString("\\timing off\n\\echo " + mark + "\n\\timing on\n")
		if s.File != "" {
			script.WriteString("\\o " + s.File + "\n")
		}
		script.WriteString(s.SQL)
		if !strings.HasPrefix(s.SQL, `\`) {
			script.WriteString(";")
		}
		script.WriteString("\n\\o\n")
	}
	command := exec.Command("psql", "-X", "-q", "-h", data, "-U", "postgres", "-d", "postgres")
	command.Dir, command.Stdin = folder, strings.NewReader(script.String())
	out, err := command.CombinedOutput()
	if err != nil {
		return "", nil, fmt.Errorf("%w: %s", err, out)
	}
	version, err := os.ReadFile(filepath.Join(folder, "version.txt"))
	if err != nil {
		return "", nil, err
	}
	var seconds []float64
	for _, said := range strings.Split(string(out), mark)[1:] {
		took := 0.0
		if _, after, found := strings.Cut(said, "Time: "); found {
			_, _ = fmt.Sscanf(after, "%f", &took)
		}
		seconds = append(seconds, took/1000)
	}
	return strings.Fields(string(version))[0], seconds, nil
}
