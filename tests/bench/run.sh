#!/bin/sh
# Measures everything, each beside its floor in the same run: tables here, figures in
# build/bench/*.json. About six minutes, with --quick two; --large takes the database of 10 million
# entries. Whatever does not end in its time is ended, and counts as failed.
#
#   tests/bench/run.sh [--quick] [--large] [NAME...]     names: posts paths streams size growth store rooms
set -u
cd "$(dirname "$0")/../.." || exit 1
. config/packages.sh

export PYTHONDONTWRITEBYTECODE=1
quick='' large='' names=''
for word in "$@"; do
    case $word in
    --quick) quick=--quick ;;
    --large) large=--large ;;
    -*) sed -n '2,6s/^# \{0,1\}//p' "$0" && exit 2 ;;
    *) names="$names $word" ;;
    esac
done
# shellcheck disable=SC2086
packages_need $packages_build $packages_bench || exit 1
cmake --preset release >/dev/null && cmake --build --preset release --target parley benches |
    tail -n 1 || exit 1
out=build/bench
mkdir -p $out
failed=''

# bench NAME SECONDS COMMAND...
bench() {
    name=$1 limit=$2
    shift 2
    case " ${names:-$name} " in *" $name "*) ;; *) return ;; esac
    timeout --foreground -s INT -k 10 "$limit" "$@" || failed="$failed $name"
}

for name in posts paths streams growth; do
    bench $name 120 tests/bench/$name.py $quick --json $out/$name.json
done
size_limit=240 seconds=2 occupants=2,10,100
[ -n "$large" ] && size_limit=1200
[ -n "$quick" ] && seconds=0.5 occupants=2
bench size $size_limit tests/bench/size.py $quick $large --json $out/size.json
store=$(mktemp -d build/bench-XXXXXX)
trap 'rm -rf "$store"' EXIT
trap 'exit 1' HUP INT TERM
bench store 60 build/release/tests/bench_store "$store" $seconds
bench rooms 240 tests/bench/rooms.py --seconds $seconds --occupants $occupants \
    --json $out/rooms.json
[ -z "$failed" ] && echo "Figures: $out" && exit 0
echo "Failed:$failed" >&2
exit 1
