package netset_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/netset"
)

// TestShapes reads lists as their publishers write them.
func TestShapes(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string // networks with their positions
	}{
		{"counts behind tabs (ipsum)", "# IPsum\n#\n77.90.185.20\t10\n2.57.122.53\t9\n16.5.0.132\t3", []string{"3:1 77.90.185.20", "4:1 2.57.122.53", "5:1 16.5.0.132"}},
		{"counts and dates", " 77.90.185.20  12.5 2026-03-01 10:15:00 # seen\n2001:db8::1 1 2026-03-01T00:00:00Z", []string{"1:2 77.90.185.20", "2:1 2001:db8::1"}},
		{"a range with a count", "77.90.185.20 - 77.90.185.29 4\n", []string{"1:1 77.90.185.20 - 77.90.185.29"}},
		{"comments behind semicolons (Spamhaus)", "; Spamhaus DROP List 2026/03/01\n; Expires: Sun\n1.10.16.0/20 ; SBL256894\n1.19.0.0/16\t; SBL434604, \"x\r\n", []string{"3:1 1.10.16.0/20", "4:1 1.19.0.0/16"}},
		{"JSON lines (Spamhaus)", "\ufeff{\"cidr\":\"1.10.16.0/20\",\"sblid\":\"SBL256894\",\"rir\":\"apnic\"}\n" +
			"{\"cidr\":\"2a06:e480::/29\",\"sblid\":\"SBL1\",\"rir\":\"ripencc\"}\r\n\n{\"type\":\"metadata\",\"timestamp\":1790329442,\"size\":104,\"records\":2,\"copyright\":\"(c) The Spamhaus Project\"}\n",
			[]string{"1:12 1.10.16.0/20", "2:9 2a06:e480::/29"}},
		{"one JSON line", `{"cidr":"1.10.16.0/20"}`, []string{"1:9 1.10.16.0/20"}},
		{"a CSV with a header line (Feodo)", "####\n# Feodo Tracker\n####\n#\n\"first_seen_utc\",\"dst_ip\",\"dst_port\",\"c2_status\",\"last_online\",\"malware\"\n" +
			"\"2021-01-17 07:30:05\",\"67.213.75.205\",\"443\",\"offline\",\"2021-08-18\",\"Dridex #2, of two\"\n\"2021-01-17 07:44:46\",\"51.178.161.32\",\"4643\",\"online\",\"\",\"say \"\"x\"\"\"\n# END\n",
			[]string{"6:24 67.213.75.205", "7:24 51.178.161.32"}},
		{"a CSV with its header in a comment", "# first_seen_utc,dst_ip,dst_port\n2026-03-01 08:00:00,67.213.75.50,443\n", []string{"2:21 67.213.75.50"}},
		{"a header line without rows", "\"first_seen_utc\",\"dst_ip\",\"dst_port\"\n", nil},
		{"the first cell of a CSV (Apple)", "172.224.226.0/31,GB,GB-ENG,London,\n2a02:26f7:b000::/45,US,US-CA,\"Washington, D.C.\",\n172.224.230.0/27,NO,NO-03,,\n",
			[]string{"1:1 172.224.226.0/31", "2:1 2a02:26f7:b000::/45", "3:1 172.224.230.0/27"}},
		{"a header line that does not say address", "id,scope,value\n7,Ip,1.10.16.7\n", []string{"2:6 1.10.16.7"}},
		{"cells with spaces", " 1.10.16.1 , x\n 1.10.16.2 , y", []string{"1:2 1.10.16.1", "2:2 1.10.16.2"}},
		{"AWS", `{"syncToken":"1700000000","createDate":"2026-03-01-10-00-00","prefixes":[{"ip_prefix":"3.4.12.4/32","region":"eu-west-1","service":"AMAZON","network_border_group":"eu-west-1"}],` +
			"\n" + `"ipv6_prefixes":[{"ipv6_prefix":"2600:1f14::/35","region":"us-west-2","service":"EC2","network_border_group":"us-west-2"}]}`, []string{"1:87 3.4.12.4/32", "2:33 2600:1f14::/35"}},
		{"Google", "{\n \"syncToken\": \"1700000000\",\n \"creationTime\": \"2026-03-01T10:00:00.123456\",\n \"prefixes\": [{\n  \"ipv4Prefix\": \"8.8.4.0/24\"\n },{\n  \"ipv6Prefix\": \"2001:4860::/32\", \"service\": \"Google Cloud\", \"scope\": \"x\"\n }]\n}",
			[]string{"5:17 8.8.4.0/24", "7:17 2001:4860::/32"}},
		{"Azure", `{"changeNumber":1,"cloud":"Public","values":[{"name":"A","id":"A","properties":{"changeNumber":9,"region":"","regionId":0,"platform":"Azure","systemService":"x","addressPrefixes":["4.145.74.52/30","2603:1000::/24"],"networkFeatures":["API","NSG"]}},` +
			`{"name":"B","properties":{"addressPrefixes":[]}}]}`, []string{"1:181 4.145.74.52/30", "1:198 2603:1000::/24"}},
		{"Fastly", `{"addresses":["23.235.32.0/20"],"ipv6_addresses":["2a04:4e40::/32"]}`, []string{"1:15 23.235.32.0/20", "1:51 2a04:4e40::/32"}},
		{"Cloudflare", `{"result":{"ipv4_cidrs":["173.245.48.0/20"],"ipv6_cidrs":["2400:cb00::/32"],"etag":"38f79d050aa027e3be3865e495dcc9bc"},"success":true,"errors":[],"messages":[]}`, []string{"1:26 173.245.48.0/20", "1:59 2400:cb00::/32"}},
		{"ipset save", "create blocked hash:net family inet hashsize 1024 maxelem 65536 timeout 300 counters comment bucketsize 12 initval 0xbb1\nadd blocked 1.10.16.0/20 timeout 299 packets 1 bytes 2 comment \"seen twice\"\nadd blocked 1.19.0.7\n",
			[]string{"2:13 1.10.16.0/20", "3:13 1.19.0.7"}},
		{"a range without a space before its dash", " 1.10.16.0- 1.10.16.9 \n", []string{"1:2 1.10.16.0- 1.10.16.9"}},
		{"a range with a count, further in", "  1.10.16.0 - 1.10.16.9 4\n", []string{"1:3 1.10.16.0 - 1.10.16.9"}},
		{"comments without space before them", "1.10.16.7#x\n1.10.16.8 #x\n1.10.16.9\t# 1.2.3.4\n", []string{"1:1 1.10.16.7", "2:1 1.10.16.8", "3:1 1.10.16.9"}},
		{"an address in the comment of a row", "1.10.16.7,x # 1.2.3.4 too\n", []string{"1:1 1.10.16.7"}},
		{"a comma within a cell", "\"1.10.16.7\",\"x, y\"\n", []string{"1:2 1.10.16.7"}},
		{"an empty name of a column", "ip,\n1.10.16.7,x\n", []string{"2:1 1.10.16.7"}},
		{"a header line with a country and no networks of its own", "ip,country\n1.10.16.7,DE\n", []string{"2:1 1.10.16.7"}},
		{"a header line of networks without what geo data has", "network,comment\n1.10.16.0/20,x\n", []string{"2:1 1.10.16.0/20"}},
		{"counts of which one is no length", "1.10.16.0 24\n1.10.17.0 99\n", []string{"1:1 1.10.16.0", "2:1 1.10.17.0"}},
		{"counts of which one is too short a length", "1.10.16.0 24\n1.10.17.7 24\n1.10.18.0 24\n", []string{"1:1 1.10.16.0", "2:1 1.10.17.7", "3:1 1.10.18.0"}},
		{"counts behind prefixes", "1.10.16.0 24\n1.10.17.0/24 24\n", []string{"1:1 1.10.16.0", "2:1 1.10.17.0/24"}},
		{"JSON lines at a key that nobody knows", "{\"ip\":\"1.10.16.7\"}\n{\"ip\":\"1.10.16.8\"}\n", []string{"1:7 1.10.16.7", "2:7 1.10.16.8"}},
		{"JSON lines with other members", "\r\n {\"cidr\":\"1.10.16.0/20\",\"tags\":[\"x\"],\"more\":{\"a\":1},\"n\":null}\n{\"type\":\"metadata\",\"cidr\":\"1.10.32.0/20\"}", []string{"2:10 1.10.16.0/20", "3:27 1.10.32.0/20"}},
		{"a JSON line that is as long as it may be", "{\"cidr\":\"1.10.16.7\"" + strings.Repeat(" ", netset.MaxLine-20) + "}\n{\"cidr\":\"1.10.16.8\"}", []string{"1:9 1.10.16.7", "2:9 1.10.16.8"}},
		{"Azure with one prefix alone", `{"values":[{"properties":{"addressPrefixes":"1.10.16.0/20"}}]}`, []string{"1:45 1.10.16.0/20"}},
		{"an element of ipset with a comment of one word", "create a hash:ip\nadd a 1.10.16.7 timeout 299\nadd a 1.10.16.8 comment \"seen\"\n", []string{"2:7 1.10.16.7", "3:7 1.10.16.8"}},
		{"a count that is the whole length", "1.10.16.4 32\n", []string{"1:1 1.10.16.4"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			entries, found := read(row.text, netset.Limits{})
			var got []string
			for _, e := range entries {
				parsed, _, err := netset.Parse(e.Text)
				require.NoError(t, err)
				require.Equal(t, parsed, e.Range)
				got = append(got, fmt.Sprintf("%d:%d %s", e.Line, e.Column, e.Text))
			}
			require.Equal(t, row.want, got)
			if row.want != nil {
				require.Empty(t, found)
			} else {
				require.Equal(t, []string{`1:1 true no-networks "" the list has no network; it has no effect`}, found)
			}
			for _, e := range entries { // the column is that of the text, behind a quotation mark in JSON
				line := strings.Split(row.text, "\n")[e.Line-1]
				require.True(t, strings.HasPrefix(strings.TrimPrefix(line[e.Column-1:], `"`), e.Text), "%q", line[e.Column-1:])
			}
		})
	}
}

// TestNoLists: what may mean anything else is refused as a whole, with what it looks
// like and with the command that makes a list of it.
func TestNoLists(t *testing.T) {
	for _, row := range []struct{ name, text, at, want string }{
		{"first and last", "1.10.16.0\t1.10.16.255\t24\t12", "1:1", `awk '{print $1 "-" $2}' feed > list.txt`},
		{"a mask", "1.10.16.0 255.255.255.0", "1:1", "two addresses"},
		{"lengths of prefixes", "# x\n1.10.16.0 24\n1.10.17.0 24\n", `2:1: "1.10.16.0 24"`, `awk '{print $1 "/" $2}' feed > list.txt; if it holds anything else, awk '{print $1}' feed > list.txt`},
		{"lengths of prefixes behind a mark and spaces", "\ufeff  1.10.16.0 24\n", "1:6", `awk '{print $1 "/" $2}' feed > list.txt`},
		{"a word behind a range", "1.10.16.0 - 1.10.16.9 OK\n", "1:1", `awk '{print $1}' feed > list.txt`},
		{"a row of a range behind a CSV", "x,1.10.17.0/24\n1.10.18.0/24 5\n", "2:1", "column 1, and in column 2 of the rows before"},
		{"a row whose network stands further to the left", "x,1.10.17.0/24\n1.10.16.0/20,x\n", "2:1", "column 1, and in column 2 of the rows before"},
		{"an address with an open quotation mark", "\"1.10.16.7 # x\n", "1:1", "a quotation mark that is not closed on its line"},
		{"a word", "1.10.16.0/20 SBL256894", "1:1", `awk '{print $1}' feed > list.txt`},
		{"a map of verdicts", "1.10.16.0/20 OK\n", "1:1", `awk '{print $1}' feed > list.txt`},
		{"a map of numbers", "1.10.16.0/20 1\n1.10.17.0/24 0\n", "2:1", `awk '{print $1}' feed > list.txt`},
		{"a map of nginx", "1.10.16.0/20 1;\n", "1:1", "semicolons"},
		{"nginx", "allow 1.10.16.0/20;\ndeny all;\n", "1:1", `configuration of nginx; expected one network a line. This makes a list: awk '$1=="deny" && /[0-9]/{sub(/;$/,"",$2); print $2}' feed > list.txt`},
		{"iptables", "*filter\n:INPUT ACCEPT [0:0]\n", "1:1", `this looks like rules of iptables, which may also accept; expected one network a line. This makes a list: grep -oE '\-s [0-9a-fA-F.:/]+' feed | cut -c4- > list.txt`},
		{"a rule of iptables", "-A INPUT -s 1.10.16.0/20 -j DROP\n", "1:1", "iptables"},
		{"nftables", "table inet filter {\n", "1:1", "nftables"},
		{"hosts", "# hosts\n0.0.0.0 ads.example.com\n", "2:1", "a hosts file"},
		{"names", "ads.example.com\n", "1:1", "a list of names"},
		{"names in a CSV", "ads.example.com,malware\n", "1:1", "a list of names"},
		{"names of an adblocker", "||ads.example.com^\n", "1:1", "a list of names"},
		{"HTML", "\n <p>Forbidden</p>\n", "2:2", "web page"},
		{"a page", "<!DOCTYPE html><p>1.2.3.4", "1:1", "web page (HTML)"},
		{"PEM", "-----BEGIN CERTIFICATE-----\nMIIB\n", "1:1", "PEM"},
		{"MMDB", "\x00\x01\xab\xcd\xefMaxMind.com\xe9", "1:1", "an MMDB database"},
		{"gzip", "\x1f\x8b\x08\x00", "1:1", "gunzip"},
		{"ports", "1.10.16.7:443\n", "1:1", "cut -d: -f1 feed > list.txt"},
		{"PeerGuardian", "Some org:1.10.16.0-1.10.16.255\n", "1:1", "sed 's/.*://' feed > list.txt"},
		{"Tor's exit addresses", "ExitNode 0011\nExitAddress 1.10.16.7 2026-03-01 10:00:00\n", "1:1", "not an IP address"},
		{"Tor's exit addresses alone", "ExitAddress 1.10.16.7 2026-03-01 10:00:00\n", "1:1", `awk '$1=="ExitAddress"{print $2}' feed > list.txt`},
		{"text", "seen from 1.10.16.7 twice\n", "1:1", "grep -oE"},
		{"semicolons", "1.10.16.7;8\n", "1:1", "awk -F';' '{print $1}' feed > list.txt"},
		{"an address behind a semicolon", "1.10.16.0 ; 1.10.16.255 ; x\n", "1:1", "another address behind a semicolon"},
		{"two addresses in a CSV", "name,first,last ip\nx,\"1.10.16.0\",\"1.10.16.255\"\n", "2:1", `awk -F, 'NR>1 && !/^#/{gsub(/"/, ""); print $2 "-" $3}' feed > list.txt`},
		{"a broken second address in a CSV", "1.10.16.0,1.10.16.300\n", "1:1", "two addresses"},
		{"verdicts in a CSV", "1.10.16.0/20,allow\n", "1:1", `a CSV whose rows say what to do with an address; expected one network a line. This makes a list: awk -F, '{gsub(/"/, "")} $2=="allow"{print $1}' feed > list.txt`},
		{"verdicts before the addresses in a CSV", "Deny,x,1.10.16.0/20\n", "1:1", `$1=="Deny"{print $3}' feed > list.txt`},
		{"a verdict in a row without an address", "x,1.10.17.0/24\ndeny,\n", "2:1", `$1=="deny"{print $2}' feed > list.txt`},
		{"another column", "1.10.16.0/20,x\ny,1.10.17.0/24\n", "2:3", "column 2, and in column 1 of the rows before"},
		{"a line behind a CSV", "x,1.10.17.0/24\n1.10.16.0/20\n", "2:1", "column 1, and in column 2 of the rows before"},
		{"an open quotation mark", "\"1.10.16.0/20,x\n", "1:1", "not closed"},
		{"a header line without addresses", "name,kind\n", "1:1", "names no column of addresses"},
		{"a CSV of ports (ThreatFox)", "# x\n\"2026-03-01 10:00:00\", \"17\", \"1.10.16.7:443\", \"ip:port\"\n", "2:31", `awk -F, '!/^#/{gsub(/[ "]/, ""); sub(/:.*/, "", $3); print $3}' feed > list.txt`},
		{"corrections", "network,country,region,asn,anonymizer,services\n1.10.16.0/20,DE,,,,\n", "1:1", "geo data"},
		{"blocks of GeoLite2", "network,geoname_id,registered_country_geoname_id\n1.10.16.0/20,1,1\n", "1:1", "geo data"},
		{"a JSON line without a network", "{\"cidr\":\"1.10.16.0/20\"}\n{\"asn\":64500}\n", "2:1", "a record without a network"},
		{"two networks in a JSON line", "{\"cidr\":\"1.10.16.0/20\",\"but\":\"1.10.17.0/24\"}\n{}", "1:1", "two networks"},
		{"another key in a JSON line", "{\"cidr\":\"1.10.16.0/20\"}\n{\"ip\":\"1.10.17.1\"}", "2:1", "at another key"},
		{"a network within a JSON line", "{\"cidr\":\"1.10.16.0/20\",\"x\":[\"1.2.3.4\"]}\n{}", "1:1", "jq -r '.x[]' feed > list.txt"},
		{"a network within an object of a JSON line", "{\"cidr\":\"1.10.16.0/20\",\"x\":{\"ip\":\"1.2.3.4\"}}\n{}", "1:1", "jq -r '.x.ip' feed > list.txt"},
		{"a word for a verdict in a JSON line", "{\"cidr\":\"1.10.16.0/20\",\"action\":\"Allow\"}\n{}", "1:1", `jq -r 'select(.action | tostring == "Allow") | .cidr' feed > list.txt`},
		{"a verdict for the type of a JSON line", "{\"type\":\"deny\",\"cidr\":\"1.10.16.0/20\"}\n{}", "1:1", `"type" may say what to do with the network`},
		{"verdicts in a JSON line", "{\"cidr\":\"1.10.16.0/20\",\"ok\":true}\n{}", "1:1", `jq -r 'select(.ok | tostring == "true") | .cidr' feed > list.txt`},
		{"JSON that nobody knows", `[{"ip_address":"1.10.16.7","port":80,"x-y":{"z":["::1"]}}]`, "1:16 /0/ip_address", `jq -r '.[].ip_address, .[]["x-y"].z[]' feed > list.txt`},
		{"an array of addresses", `["1.10.16.7"]`, "1:2 /0", `jq -r '.[]' feed > list.txt`},
		{"an array of addresses with spaces", " [ \"1.10.16.7\" ]", "1:4 /0", `jq -r '.[]' feed > list.txt`},
		{"JSON without networks", `{"a":1}`, "1:1", "without networks"},
		{"an error answer", `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`, "1:1", "error answer of Okta's API"},
		{"an answer that failed", `{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`, "1:1", "without networks"},
		{"a network beside those of a provider", `{"addresses":["1.10.16.0/20"],"except":["1.10.16.7"]}`, "1:41 /except/0", `jq -r '.except[]' feed > list.txt`},
		{"a network beside those of an element (Azure)", `{"values":[{"name":"A","except":"1.10.16.7","properties":{"addressPrefixes":["1.10.16.0/20"]}}]}`, "1:33 /values/0/except", `jq -r '.values[].except' feed > list.txt`},
		{"a network beside those of properties (Azure)", `{"values":[{"properties":{"except":"1.10.16.7","addressPrefixes":["1.10.16.0/20"]}}]}`, "1:36 /values/0/properties/except", `jq -r '.values[].properties.except' feed > list.txt`},
		{"networks where another provider has them", `{"prefixes":[{"ip_prefix":"1.10.16.0/20","properties":{"addressPrefixes":["1.10.16.7"]}}]}`, "1:75 /prefixes/0/properties/addressPrefixes/0", `jq -r '.prefixes[].properties.addressPrefixes[]' feed > list.txt`},
		{"one place of many networks", `[{"ip":"1.10.16.7"},{"ip":"1.10.16.8"}]`, "1:8 /0/ip", `jq -r '.[].ip' feed > list.txt`},
		{"eight places", `{"a":"::1","b":"::1","c":"::1","d":"::1","e":"::1","f":"::1","g":"::1","h":"::1"}`, "1:6 /a", `jq -r '.a, .b, .c, .d, .e, .f, .g, .h' feed > list.txt`},
		{"nine places", `{"a":"::1","b":"::1","c":"::1","d":"::1","e":"::1","f":"::1","g":"::1","h":"::1","i":"::1"}`, "1:6 /a", `jq -r '.. | strings | select(test("^[0-9a-fA-F.:]+(/[0-9]+)?$"))' feed > list.txt`},
		{"a network within a prefix", `{"prefixes":[{"ip_prefix":"1.10.16.0/20","except":"1.10.16.7"}]}`, "1:51 /prefixes/0/except", "at a place where none is read"},
		{"several sets", "create a hash:ip family inet\nadd a 1.10.16.7\ncreate b hash:ip family inet\n", "3:1", `awk '$1=="add" && $2=="a"{print $3}' feed > list.txt`},
		{"several sets, of which one has a name for the shell", "create '$(reboot)' hash:ip\ncreate b hash:ip\n", "2:1", `$2=="FILE"{print $3}' feed`},
		{"an element of another set", "create a hash:ip family inet\nadd b 1.10.16.7\n", "2:1", "of another set than a"},
		{"an exception in a set", "create a hash:net family inet\nadd a 1.10.16.0/20\nadd a 1.10.16.7 nomatch\n", "3:1", "an element with nomatch"},
		{"an element without a network", "create a hash:net\nadd a\n", "2:1", "not a line that ipset save writes; expected add NAME NETWORK"},
		{"an option of an element without its value", "create a hash:net\nadd a 1.10.16.7 timeout\n", "2:1", "an element with timeout, which is not read"},
		{"a comment of an element that is missing", "create a hash:net\nadd a 1.10.16.7 comment\n", "2:1", "an element with comment, which is not read"},
		{"an exception behind a comment", "create a hash:net\nadd a 1.10.16.7 comment \"x\" nomatch\n", "2:1", "an element with comment, which is not read"},
		{"an exception before what is no comment", "create a hash:net\nadd a 1.10.16.7 comment nomatch \"x\"\n", "2:1", "an element with comment, which is not read"},
		{"an exception between comments", "create a hash:net\nadd a 1.10.16.7 comment \"x\" nomatch \"y\"\n", "2:1", "an element with comment, which is not read"},
		{"an exception with a text", "create a hash:net\nadd a 1.10.16.7 nomatch \"x\"\n", "2:1", "an element with nomatch, which is not read"},
		{"a set without a type", "create a\n", "1:1", "a set of another type than hash:ip, hash:net and bitmap:ip"},
		{"a set of networks and ports", "create a hash:ip,port family inet\n", "1:1", "another type"},
		{"a set with a mask", "create a hash:ip family inet netmask 24\n", "1:1", "a set with netmask"},
		{"a set without its create", "add a 1.10.16.7\n", "1:1", `awk '$1=="add"{print $3}' feed > list.txt`},
		{"another command of ipset", "create a hash:ip family inet\ndel a 1.10.16.7\n", "2:1", "not a line that ipset save writes"},
		{"a comment of a set that is not closed", "create a hash:ip\nadd a 1.10.16.7 comment \"x nomatch\n", "2:1", "an element with comment"},
	} {
		t.Run(row.name, func(t *testing.T) {
			failures, _ := netset.ReadList("feed", row.text, netset.Limits{}, func(netset.Entry) {})
			require.NotEmpty(t, failures)
			require.Contains(t, failures[0].Error(), "feed:"+row.at+":")
			require.Contains(t, failures[0].Error(), row.want)
			require.NotContains(t, failures[0].Error(), "\n")
		})
	}
}

// TestBadEntriesOfShapes: in every shape a network that is none is an error at its
// place, and so is an element without one; nothing else is said.
func TestBadEntriesOfShapes(t *testing.T) {
	for text, want := range map[string]string{
		"1.10.16.7\t8\n1.10.16.300\t3\n":                            `2:1 false bad-address "1.10.16.300\t3" not an IP address (IPv4 field has value >255)`,
		"x,1.10.16.7\ny,1.10.16.300\n":                              `2:3 false bad-address "1.10.16.300" not an IP address (IPv4 field has value >255)`,
		"\"::1\",\"::2\"0\n":                                        `1:1 false not-a-list "\"::1\",\"::2\"0" a quotation mark within a cell; expected cells as RFC 4180 has them`,
		"x,1.10.16.7\ny,\n":                                         `2:3 false bad-address "" not an IP address (unable to parse IP)`,
		"{\"cidr\":\"1.10.16.0/20\"}\n{\"cidr\":\"1.10.16/20\"}\n":  `2:9 false bad-cidr "1.10.16/20" not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (IPv4 address too short)`,
		"{\"cidr\":\"1.10.16.0/20\"}\n{\"cidr\":\"1.10.16":          `2:9 false bad-json "" the string is never closed`,
		`{"addresses":["1.10.16.0/33"]}`:                            `1:15 false bad-cidr "1.10.16.0/33" not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (prefix length out of range)`,
		`{"addresses":[7]}`:                                         `1:15 false bad-type "7" expected a network as a string`,
		`{"addresses":null}`:                                        `1:14 false bad-type "null" expected an array of networks`,
		`{"prefixes":[{"region":"x"}]}`:                             `1:14 false bad-shape "" expected one network at .ip_prefix or .ipv4Prefix or .ipv6Prefix`,
		`{"prefixes":[{"ip_prefix":"1.2.3.4","ipv6Prefix":"::1"}]}`: `1:14 false bad-shape "" expected one network at .ip_prefix or .ipv4Prefix or .ipv6Prefix`,
		`{"values":[{"properties":{}}]}`:                            `1:12 false bad-shape "" expected one network at .properties.addressPrefixes[]`,
		"create a hash:ip\nadd a x\n":                               `2:7 false bad-address "x" not an IP address (unable to parse IP)`,
		"1.10.16.300\n<p>\n":                                        `1:1 false bad-address "1.10.16.300" not an IP address (IPv4 field has value >255)` + "\n" + `2:1 false bad-address "<p>" not an IP address (unable to parse IP)`,
		"1.10.16.7 -\n":                                             `1:1 false not-a-list "1.10.16.7 -" this looks like rows with a column that is neither a count nor a date; expected one network a line. This makes a list: awk '{print $1}' f > list.txt`,
		"x,y,1.10.16.7\nz,w\n":                                      `2:3 false not-a-list "w" the network stands in column 2, and in column 3 of the rows before; expected one column of networks`,
		"\"1.10.16.7\" \n":                                          `1:1 false not-a-list "\"1.10.16.7\"" this looks like lines with addresses among other text; expected one network a line. This makes a list: grep -oE '([0-9]{1,3}\.){3}[0-9]{1,3}(/[0-9]{1,2})?' f > list.txt`,
		"1.10.16.7,\"\"x\n":                                         `1:1 false not-a-list "1.10.16.7,\"\"x" a quotation mark within a cell; expected cells as RFC 4180 has them`,
		"1.10.16.7,x\"\"\n":                                         `1:1 false not-a-list "1.10.16.7,x\"\"" a quotation mark within a cell; expected cells as RFC 4180 has them`,
		",\n1.10.16.7,x\n":                                          `1:1 false bad-address "" not an IP address (unable to parse IP)`,
		"1st,ip\nx,1.10.16.7\n":                                     `1:1 false bad-address "1st" not an IP address (unable to parse IP)` + "\n" + `2:3 false not-a-list "1.10.16.7" the network stands in column 2, and in column 1 of the rows before; expected one column of networks`,
		"näme,ip\nx,1.10.16.7\n":                                    `1:1 false bad-address "näme" not an IP address (unable to parse IP)` + "\n" + `2:3 false not-a-list "1.10.16.7" the network stands in column 2, and in column 1 of the rows before; expected one column of networks`,
		"ip,kind\nname,other\n":                                     `2:1 false bad-address "name" not an IP address (unable to parse IP)`,
		"\ufffda\xff\n":                                             `1:5 false bad-encoding "" the line is not valid UTF-8`,
		"1.10.16.300 \n":                                            `1:1 false bad-address "1.10.16.300" not an IP address (IPv4 field has value >255)`,
		"0.0.0.0 ads.example.com\n":                                 `1:1 false not-a-list "0.0.0.0 ads.example.com" this looks like a hosts file, which lists names and not addresses; expected one network a line`,
		"1.10.16.9-1.10.16.1\n":                                     `1:1 false bad-range "1.10.16.9-1.10.16.1" the range ends before it starts`,
		`{"addresses":[["1.10.16.7"]]}`:                             `1:15 false bad-type "" expected a network as a string`,
		`{"addresses":[7],"x":"1.10.16.7"}`:                         `1:15 false bad-type "7" expected a network as a string`,
		`{"addresses":["1.10.16.7"`:                                 `1:26 false bad-json "" the document ends too early; expected ',' or ']'`,
		"{\"cidr\":\"1.10.16.7\",\"cidr\":\"1.10.16.8\"}\n{\"cidr\":\"1.10.16.9\"}": `1:21 false duplicate-key "cidr" the object has this key already at 1:2; only one of them can count`,
		"[]\n[]": `2:1 false bad-json "" unexpected '['; expected nothing more; the document ended before this`,
		" [":     `1:3 false bad-json "" the document ends too early; expected a value`,
		"\ufeff{\"cidr\":\"1.10.16.300\"}\n{}": `1:12 false bad-address "1.10.16.300" not an IP address (IPv4 field has value >255)` + "\n" +
			`2:1 false not-a-list "{}" a record without a network; expected one, such as {"cidr": "192.0.2.0/24"}`,
		"{\"cidr\":\"1.10.16.7\"}\n{\"cidr\":\"1.10.16.8\",\"x\":\"\xff\"}\n{\"cidr\":\"1.10.16.9\"}":        `2:26 false bad-encoding "" the line is not valid UTF-8`,
		"{\"cidr\":\"1.10.16.7\"}\n{\"cidr\":\"1.10.16.8\"" + strings.Repeat(" ", netset.MaxLine-19) + "}\n": `2:1 false line-too-long "" the line has 4097 bytes, more than the limit of 4096; expected one network a line`,
	} {
		_, found := read(text, netset.Limits{})
		require.Equal(t, want, strings.Join(found, "\n"), "%q", text)
	}
	for text, want := range map[string]string{
		`{"addresses":["1.2.3.4","1.2.3.5","1.2.3.6","1.2.3.7"],"ipv6_addresses":["::1"]}`:          `1:35`,
		`{"values":[{"properties":{"addressPrefixes":["1.2.3.4","1.2.3.5","1.2.3.6","1.2.3.7"]}}]}`: `1:66`,
	} {
		entries, found := read(text, netset.Limits{Entries: 2})
		require.Len(t, entries, 2)
		require.Equal(t, []string{want + ` false too-many-entries "" more than 2 entries`}, found, "and what follows is not looked at")
	}
}

// TestWhatIsTakenForANetwork: a network at a place that is not known keeps a document
// from being read, however it is written; other text does not.
func TestWhatIsTakenForANetwork(t *testing.T) {
	for text, want := range map[string]bool{
		"1.10.16.7": true, "1.10.16.0/20": true, "1.10.16.0-1.10.16.9": true, "1.10.16.0 - 1.10.16.9": true, "1.10.16.0\t- 1.10.16.9": true, "1.10.16.*": true, "1.10.16.300": true, "0.0.0.": true,
		"[::1]": true, "2001:db8::/32": true, "::a": true, "::f": true, "::A": true, "::F": true, "1:2:3:4:5:6:7:8": true, "1:2:3:4:5:6:7": true, "fe80::1%eth0": true, "fe80::1%": true,
		"1.10.16": false, "1..2.": false, "a.b.c.d": false, "v1.10.16.7": false, "1.10.16.7:443x": false, "1:2:3:4:5:6": false, "12:30:00": false, "%d": false, "1:2%": false, "1%": false,
		"::g": false, "::G": false, "::`": false, "::@": false, "::!": false, "::~": false, "::_": false, "::é": false, "std::map": false, "": false, "38f79d05": false,
	} {
		_, found := read(fmt.Sprintf("[%q]", text), netset.Limits{})
		require.Len(t, found, 1)
		if want {
			require.Contains(t, found[0], "a network at a place where none is read", text)
		} else {
			require.Contains(t, found[0], "a JSON document without networks", text)
		}
	}
}

// TestColumns: which columns may stand behind a network.
func TestColumns(t *testing.T) {
	for text, want := range map[string]bool{
		"1": true, "9": true, "10": true, "0.5": true, "2026-03-01": true, "10:15:00": true, "0:00": true, "2026-03-01T00:00:00Z": true, "2026-03-01T00:00:00+01:00": true,
		"0": false, "0.0": false, "1x": false, "x": false, "-1": false, "+1": false, ":1": false, ".5": false, "T1": false, "1/2": false, "1;": false, "OK": false,
	} {
		entries, found := read("1.10.16.0/20 "+text+"\n", netset.Limits{})
		require.Equal(t, want, len(entries) == 1 && len(found) == 0, "%s: %v", text, found)
	}
}

// TestNamesOfColumns: a CSV without rows is read, with a warning, where one of its
// columns may be that of networks.
func TestNamesOfColumns(t *testing.T) {
	for name, want := range map[string]bool{
		"ip": true, "IP": true, "ips": true, "ipv4": true, "ip_v6": true, "ip6": true, "dst_ip": true, "src-ip": true, "source ip": true, "ip addresses": true, "ipaddress": true, "srcip": true,
		"addr": true, "prefixes": true, "cidrs": true, "netblock": true, "host": true, "hosts": true, "ioc": true,
		"zip": false, "ship": false, "ipx": false, "kind": false, "vip": false, "ipss": false, "description": false,
	} {
		_, found := read(name+",x\n", netset.Limits{})
		if want {
			require.Equal(t, []string{`1:1 true no-networks "" the list has no network; it has no effect`}, found, name)
		} else {
			require.Equal(t, []string{`1:1 false not-a-list "" a CSV of one line, which names no column of addresses; expected one network a line`}, found, name)
		}
	}
}

// TestKeysInCommands: a command names a member as jq does.
func TestKeysInCommands(t *testing.T) {
	for key, want := range map[string]string{
		"ip": ".ip", "a_z": ".a_z", "AZ": ".AZ", "_": "._", "a0": ".a0", "a9": ".a9",
		"0a": `.["0a"]`, "9": `.["9"]`, "a-b": `.["a-b"]`, "a@": `.["a@"]`, "a`": ".[\"a`\"]", "a{": `.["a{"]`, "a[": `.["a["]`, "a~": `.["a~"]`, "a:": `.["a:"]`, "a/": `.["a/"]`, "é": `.["é"]`, "": `.[""]`,
		"it's": `.["its"]`,
	} {
		_, found := read(fmt.Sprintf(`{%q:"1.10.16.7"}`, key), netset.Limits{})
		require.Len(t, found, 1)
		require.Contains(t, found[0], "This makes a list: jq -r '"+want+"' f > list.txt", key)
	}
}

// TestDatabaseForAList: the mark of a database is looked for where a database has it.
func TestDatabaseForAList(t *testing.T) {
	const mark, tail = "\xab\xcd\xefMaxMind.com", 128 << 10
	_, found := read("\n"+mark+strings.Repeat("\n", tail-len(mark)), netset.Limits{})
	require.Len(t, found, 1)
	require.Contains(t, found[0], "this is an MMDB database")
	_, found = read("\n"+mark+strings.Repeat("\n", tail-len(mark)+1), netset.Limits{})
	require.Equal(t, []string{`2:1 false bad-encoding "" the line is not valid UTF-8`}, found)
}
