#!/bin/sh
# How much of the code that reads what outsiders send the fuzzers' corpus reaches: lines of
# component/muc, component/xml and component/stream.c. Run tests/fuzz/run.sh before.
set -eu
cd "$(dirname "$0")/../.."
. config/packages.sh
# shellcheck disable=SC2086
packages_need $packages_build $packages_test

work=$PWD/build/fuzz-work
flags="-fprofile-instr-generate -fcoverage-mapping"
CC=clang cmake --preset fuzz -B build/coverage -DPARLEY_SANITIZE=fuzzer-no-link \
    -DCMAKE_C_FLAGS="$flags" >"$work/coverage.log" 2>&1
cmake --build build/coverage --target fuzzers >>"$work/coverage.log" 2>&1
for target in jid stream room; do
    LLVM_PROFILE_FILE="$work/$target.profraw" "build/coverage/tests/fuzz_$target" -runs=0 \
        "$work/corpus/$target" "$work/seeds/$target" >>"$work/coverage.log" 2>&1
done
llvm-profdata merge -o "$work/all.profdata" "$work"/*.profraw
llvm-cov report build/coverage/tests/fuzz_room -object build/coverage/tests/fuzz_stream \
    -object build/coverage/tests/fuzz_jid -instr-profile="$work/all.profdata" \
    "$PWD/component/muc" "$PWD/component/xml" "$PWD/component/stream.c"
