#!/usr/bin/env bash
# How long a reader waits: seconds from a save to the first verdict, for every
# coding question (or those named), with its own reference as the attempt.
#
#   bench/save_to_verdict.sh [id...]
#
# Attempts go to a folder of their own. Prints one line a question, then the
# medians of those that need neither Eigen nor xtensor and of the others.
set -eu
cd "$(dirname "$0")/.."
WB_PRACTICE=$(mktemp -d)
export WB_PRACTICE
trap 'rm -rf "$WB_PRACTICE"' EXIT

ids=("$@")
[ ${#ids[@]} -gt 0 ] || mapfile -t ids < <(./wb list coding --ids)

median() {
    sort -n | awk '{ x[NR] = $1 }
        END { if (NR) print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2
              else print "none" }'
}

for id in "${ids[@]}"; do
    header=include/whiteboard/$id.hpp
    ./wb start "$id" -q >/dev/null
    kind=plain
    grep -qE 'Eigen|core/(matrix|tensor|table)' "$header" && kind=arrays
    for round in 1 2 3; do
        { cat "$header"; echo "// $round"; } >"$WB_PRACTICE/$id.hpp"
        ./wb check "$id" --quick --json | sed -n 's/^  "seconds": \([0-9.e-]*\),$/\1/p'
    done | median | sed "s|^|$kind $id |"
done | tee "$WB_PRACTICE/times"

for kind in plain arrays; do
    printf 'median, %s: ' "$kind"
    awk -v kind="$kind" '$1 == kind { print $3 }' "$WB_PRACTICE/times" | median
done
