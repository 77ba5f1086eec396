#!/bin/sh
# Runs all benchmarks and renews the tables of the README from what came out.
#
#   bench/run.sh [ROUNDS]
#
# Each round (6 if not given) goes through all benchmarks, our own and the peers', one
# after the other: whatever else the machine does meets all of them alike, and what is
# set in proportion was measured within minutes. The raw results are kept in
# bench/results and can be compared by benchstat.
set -eu
cd "$(dirname "$0")"
rounds=${1:-6}
time=${BENCHTIME:-150ms}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p results

go test -c -o "$work/own" .
(cd compare && go test -c -o "$work/peers" .)

measure() { # NAME DIRECTORY
	(cd "$2" && "$work/$1" -test.run '^$' -test.bench . -test.benchtime "$time" -test.timeout 1h) >>"$work/$1.txt"
}

for name in own peers; do printf 'toolchain: %s\n' "$(go env GOVERSION)" >"$work/$name.txt"; done
for round in $(seq "$rounds"); do
	echo "round $round of $rounds" >&2
	measure own .
	measure peers compare
done
for name in own peers; do mv "$work/$name.txt" "results/$name.txt"; done
go run ./table results/*.txt
go run ./table -update README.md results/*.txt
