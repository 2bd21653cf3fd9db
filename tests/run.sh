#!/bin/sh
# Everything that is tested without a person: lints, unit and contract tests and transcripts with
# gcc's optimised build and with clang's sanitizers; then the daemon between real HTTP clients and
# agents' clients behind a real server: the optimised build behind Prosody, the sanitizers' behind
# ejabberd; then faults under load, and a minute of fuzzing for each target.
# Installs what is missing on Debian 12. Ends with one line "N passed, N failed".
#
#   tests/run.sh [PART...]   parts: lint unit integration browser client fault asan fuzz; none: all of them
set -u
cd "$(dirname "$0")/.." || exit 1
. config/packages.sh

parts=" ${*:-lint unit integration browser client fault asan fuzz} "
results=$PWD/build/results
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
rm -rf "$results"
mkdir -p "$results"

wants() {
    case $parts in *" $1 "*) return 0 ;; esac
    return 1
}

say() {
    printf '\n=== %s\n' "$1"
}

# note passed|failed NAME: a result that no test program writes itself.
note() {
    echo "$1 $2" >>"$results/notes"
}

finish() {
    "$python" tests/count.py "$results"
    exit
}

lints() {
    say "lints"
    tests/lint/run.sh >"$results/lint.log" 2>&1
    cat "$results/lint.log"
    for lint in layers size banned format; do
        if grep -qx "lint $lint: ok" "$results/lint.log"; then
            note passed "lint/$lint"
        else
            note failed "lint/$lint"
        fi
    done
    run_pytest lint tests/lint
}

# build PRESET COMPILER
build() {
    say "build $1"
    if CC=$2 cmake --preset "$1" >"$results/build-$1.log" 2>&1 &&
        cmake --build --preset "$1" >>"$results/build-$1.log" 2>&1; then
        return 0
    fi
    tail -n 60 "$results/build-$1.log"
    note failed "build/$1"
    return 1
}

# programs PRESET: the unit and contract tests.
programs() {
    say "unit and contract tests, $1"
    ctest --test-dir "build/$1" -j2 --output-on-failure --no-tests=error \
        --test-output-size-passed 1000000 --test-output-size-failed 1000000 \
        --output-junit "$results/$1.ctest.xml" >"$results/ctest-$1.log" 2>&1 ||
        cat "$results/ctest-$1.log"
    [ -s "$results/$1.ctest.xml" ] || note failed "ctest/$1"
}

# run_pytest NAME ARGUMENT...
run_pytest() {
    name=$1
    shift
    timeout -k 10 3600 "$python" -m pytest -q -p no:cacheprovider \
        --junit-xml="$results/$name.pytest.xml" "$@"
    code=$?
    # 0: all passed, 1: some failed; what else can happen may leave no count behind.
    if [ $code -gt 1 ] || [ ! -s "$results/$name.pytest.xml" ]; then
        note failed "pytest/$name"
    fi
}

integration() {
    say "integration, release, Prosody"
    PARLEY_BIN=$PWD/build/release/parley run_pytest integration tests/integration
}

# The pages: their types, then Chromium against the daemon and the server.
browser() {
    say "pages, Chromium"
    ui=webbridge/ui
    if (cd $ui && node node_modules/typescript/bin/tsc --noEmit -p . &&
        node node_modules/typescript/bin/tsc --noEmit -p react); then
        note passed "browser/types"
    else
        note failed "browser/types"
    fi
    PARLEY_BIN=$PWD/build/release/parley timeout -k 10 1800 node --test --test-reporter=spec \
        --test-reporter-destination=stdout --test-reporter=junit \
        --test-reporter-destination="$results/browser.pytest.xml" tests/browser/ ||
        [ -s "$results/browser.pytest.xml" ] || note failed "browser"
}

# The client library in Node, and its packages.
client() {
    say "client library, Node and React"
    PARLEY_BIN=$PWD/build/release/parley timeout -k 10 1800 node --test --test-reporter=spec \
        --test-reporter-destination=stdout --test-reporter=junit \
        --test-reporter-destination="$results/client.pytest.xml" tests/client/ ||
        [ -s "$results/client.pytest.xml" ] || note failed "client"
}

faults() {
    say "faults, release, Prosody"
    PARLEY_BIN=$PWD/build/release/parley run_pytest fault tests/fault
}

# integration under the sanitizers, which slow everything down. A report fails even where the test
# around it did not notice.
integration_asan() {
    say "integration, asan, ejabberd"
    export ASAN_OPTIONS="detect_leaks=1:log_path=$results/sanitizer"
    export UBSAN_OPTIONS="print_stacktrace=1:log_path=$results/sanitizer"
    PARLEY_BIN=$PWD/build/asan/parley PARLEY_TEST_PATIENCE=${PARLEY_TEST_PATIENCE:-3} \
        PARLEY_TEST_SERVER=ejabberd run_pytest asan -m "not demo and not prosody" tests/integration
    for report in "$results"/sanitizer.*; do
        [ -e "$report" ] || continue
        cat "$report"
        note failed "sanitizer/$(basename "$report")"
    done
}

fuzzers() {
    say "fuzzers"
    unset ASAN_OPTIONS UBSAN_OPTIONS
    tests/fuzz/run.sh "${PARLEY_FUZZ_SECONDS:-60}" >"$results/fuzz.log" 2>&1
    ended=$?
    cat "$results/fuzz.log"
    grep -E '^(passed|failed) fuzz/' "$results/fuzz.log" >>"$results/notes"
    if [ $ended -ne 0 ] && ! grep -q '^failed fuzz/' "$results/fuzz.log"; then
        note failed fuzz/all
    fi
}

# shellcheck disable=SC2086
if ! packages_need $packages_build $packages_test; then
    echo "0 passed, 1 failed" # there may be no Python to count with
    exit 1
fi
wants lint && lints
if wants unit || wants integration || wants browser || wants client || wants fault; then
    if build release gcc; then
        wants unit && programs release
        wants integration && integration
        wants browser && browser
        wants client && client
        wants fault && faults
    fi
fi
if wants unit || wants asan; then
    if build asan clang; then
        wants unit && programs asan
        wants asan && integration_asan
    fi
fi
wants fuzz && fuzzers
finish
