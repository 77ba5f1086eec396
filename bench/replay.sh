#!/usr/bin/env bash
# Replays an access log of two million lines and lets grepcidr search the same
# file for the networks that the same policy allows.
#
#   bench/replay.sh DATA [RUNS]
#
# DATA is the folder of the real data. Needs go, and grepcidr for the comparison
# (Debian: apt-get install grepcidr). The log is kept in memory, in /dev/shm.
#
# What is compared: grepcidr counts the lines in which any address, also one in the
# referrer or the agent, is in one of the networks. netwicket reads the peer and
# the time, decides through the proxies, and counts by reason, country and client.
# Where the machine has other work, the processor's seconds are the ones to read.
#
# Our own runs are kept in bench/results/replay.txt, for the goals of the README.
set -eu

data=${1:?usage: bench/replay.sh DATA [RUNS]}
runs=${2:-5}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d /dev/shm/netwicket-replay.XXXXXX)
trap 'rm -rf "$work"' EXIT

go build -C "$root" -o "$work/netwicket" ./cmd/netwicket
for _ in $(seq 200); do cat "$data/logs/apache_logs"; done > "$work/access.log"
printf '%s\n' '{"geolocation":["CN","RU","BR"],"whitelisted":false}' > "$work/network.json"
netwicket() { "$work/netwicket" "$@" -c "$work/network.json" -g "$data/mmdb/country-2025.mmdb"; }

lines=$(wc -l < "$work/access.log")
echo "processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) in use; load $(cut -d' ' -f1 /proc/loadavg)"
echo "log: $lines lines, $(wc -c < "$work/access.log") bytes"

# timed NAME COMMAND... prints the seconds of each run: by the clock, and of all processors.
# With $benchmark they are also results in the format of Go's benchmarks.
TIMEFORMAT='%R %U %S'
benchmark=''
timed() {
	local name=$1 spent
	shift
	for _ in $(seq "$runs"); do
		spent=$({ time "$@" > "$work/out"; } 2>&1)
		[ -z "$benchmark" ] || awk -v name="$benchmark" -v n="$lines" -v spent="$spent" 'BEGIN {
			split(spent, s, " ")
			printf "Benchmark%s 1 %.0f ns/op %.0f cpu-ns/op %.0f lines/s %.0f lines/cpu-s\n", name, s[1] * 1e9, (s[2] + s[3]) * 1e9, n / s[1], n / (s[2] + s[3])
		}' >> "$work/results"
		awk -v name="$name" -v n="$lines" -v spent="$spent" 'BEGIN {
			split(spent, s, " ")
			printf "%-32s %6.2f s %6.2f million lines/s, %6.2f s of processors\n", name, s[1], n / s[1] / 1e6, s[2] + s[3]
		}'
	done
}

pattern='^(?P<peer>\S+) \S+ \S+ \[(?P<time>[^]]+)\]'
benchmark=ReplayLog/recognised timed "netwicket replay" netwicket replay --json "$work/access.log"
cat "$work/out"
benchmark=ReplayLog/regex timed "netwicket replay --pattern" netwicket replay --pattern "$pattern" --json "$work/access.log"
mkdir -p "$root/bench/results"
cp "$work/results" "$root/bench/results/replay.txt"
GOMAXPROCS=1 timed "netwicket replay, 1 core" netwicket replay --json "$work/access.log"

if ! command -v grepcidr > /dev/null; then
	echo "grepcidr is not installed; nothing to compare with"
	exit 0
fi
netwicket export --format cidr > "$work/allowed"
timed "grepcidr -c, $(grep -vc '^#' "$work/allowed") networks" grepcidr -c -f "$work/allowed" "$work/access.log"
echo "lines that grepcidr finds: $(cat "$work/out")"
sed 's/ .*//' "$work/access.log" > "$work/peers"
echo "of the peers alone: $(grepcidr -c -f "$work/allowed" "$work/peers")"
printf '203.0.113.0/24\n46.0.0.0/8\n' > "$work/few"
timed "grepcidr -c, 2 networks" grepcidr -c -f "$work/few" "$work/access.log"
