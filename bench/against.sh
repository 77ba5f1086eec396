#!/bin/sh
# Measures the same benchmarks of an earlier commit and of the working tree in turn.
#
#   bench/against.sh COMMIT [REGEXP] [ROUNDS]
#
# The results go to bench/results/against.txt as BenchmarkBefore/... and
# BenchmarkAfter/..., which bench/table sets in proportion, round by round.
# bench/run.sh does not do it: few commits can still be built years later.
set -eu
cd "$(dirname "$0")"
commit=$1
pattern=${2:-^BenchmarkRequest$}
rounds=${3:-20}
time=${BENCHTIME:-100ms}
work=$(mktemp -d)
trap 'git worktree remove --force "$work/tree"; rm -rf "$work"' EXIT
mkdir -p results

git worktree add -q --detach "$work/tree" "$commit"
go test -C "$work/tree/bench" -c -o "$work/Before" .
go test -c -o "$work/After" .
# The earlier commit finds the data beside the repository no longer where it lies now.
export NETWICKET_DATA="${NETWICKET_DATA:-$(cd ../.. && pwd)/shared/data}"

printf 'before: %s\n' "$(git rev-parse --short "$commit")" >"$work/results"
for round in $(seq "$rounds"); do
	echo "round $round of $rounds" >&2
	for side in Before After; do
		"$work/$side" -test.run '^$' -test.bench "$pattern" -test.benchtime "$time" | sed -n "s|^Benchmark|&$side/|p" >>"$work/results"
	done
done
mv "$work/results" results/against.txt
