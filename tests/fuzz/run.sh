#!/bin/sh
# Fuzzes what outsiders can send, so many seconds a target, two targets at a time. Seeds come from
# the transcripts; what crashed once stays in tests/fuzz/regressions/TARGET. Ends with one line
# "N passed, N failed".
#
#   tests/fuzz/run.sh [SECONDS] [TARGET...]      60 seconds; all of fuzz_*.c
set -u
cd "$(dirname "$0")/../.." || exit 1
. config/packages.sh
# shellcheck disable=SC2086
packages_need $packages_build $packages_test || exit 1

seconds=${1:-60}
[ $# -gt 0 ] && shift
targets=${*:-$(cd tests/fuzz && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')}
work=$PWD/build/fuzz-work
mkdir -p "$work"
CC=clang cmake --preset fuzz >"$work/build.log" 2>&1 &&
    cmake --build --preset fuzz --target fuzzers >>"$work/build.log" 2>&1 || {
    tail -n 30 "$work/build.log"
    echo "0 passed, 1 failed"
    exit 1
}
/usr/bin/python3 tests/fuzz/corpus.py "$work/seeds" || exit 1

fuzz() {
    target=$1
    corpus=$work/corpus/$target
    mkdir -p "$corpus" "tests/fuzz/regressions/$target"
    "build/fuzz/tests/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=8192 -dict=tests/fuzz/xml.dict -artifact_prefix="$work/$target-" -print_final_stats=1 \
        "$corpus" "$work/seeds/$target" "tests/fuzz/regressions/$target" >"$work/$target.log" 2>&1
    code=$?
    if [ $code -eq 0 ] && grep -h "DONE" "$work/$target.log" | sed "s/^/$target: /" | grep .; then
        echo "passed fuzz/$target"
    else
        tail -n 40 "$work/$target.log"
        echo "failed fuzz/$target"
        echo "$target" >>"$work/failed"
    fi
}

rm -f "$work/failed"
running=0
for target in $targets; do
    fuzz "$target" &
    running=$((running + 1))
    if [ $((running % 2)) -eq 0 ]; then wait; fi
done
wait
failed=0
[ -f "$work/failed" ] && failed=$(wc -l <"$work/failed")
total=$(echo "$targets" | wc -w)
echo "$((total - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
