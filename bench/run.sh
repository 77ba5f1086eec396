#!/bin/sh
# Runs all benchmarks and renews the tables of the READMEs from what came out.
#
#   bench/run.sh [ROUNDS]
#
# The rounds (6 if not given) go through all benchmarks one after the other, so
# that whatever else the machine does meets all of them alike. The raw results are
# kept in bench/results and can be compared by benchstat.
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
	printf 'toolchain: %s\n' "$(go env GOVERSION)" >"results/$1.txt.new"
	for round in $(seq "$rounds"); do
		echo "$1, round $round of $rounds" >&2
		(cd "$2" && "$work/$1" -test.run '^$' -test.bench . -test.benchtime "$time" -test.timeout 1h) >>"results/$1.txt.new"
	done
	mv "results/$1.txt.new" "results/$1.txt"
}

measure own .
measure peers compare
go run ./table results/own.txt results/peers.txt
go run ./table -update README.md results/own.txt results/peers.txt
