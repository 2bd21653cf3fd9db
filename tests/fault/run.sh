#!/bin/sh
# All fault tests: the store on a disk and with memory that fail, by programs; then the daemon, its
# disk, its XMPP server and the links between them are filled, killed, stopped, cut and flooded under
# load, and everything that was acknowledged is looked for. Needs the release build;
# PARLEY_BIN names another. Prints seeds (PARLEY_TEST_SEED repeats one), counts and durations.
#
#   tests/fault/run.sh [--long] [PYTEST ARGUMENT...]
set -u
cd "$(dirname "$0")/../.." || exit 1
. config/packages.sh

export PYTHONDONTWRITEBYTECODE=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
# shellcheck disable=SC2086
packages_need $packages_test || exit 1
form=
[ "${1:-}" = --long ] && form=--long && export PARLEY_TEST_LONG=1 && shift
failed=0
if [ $# -eq 0 ]; then
    for program in build/release/tests/fault_store_*; do
        "$program" $form || failed=1
    done
fi
# What a test mounts is gone with the namespace.
apart=
[ "$(id -u)" = 0 ] && apart="unshare --mount --"
# shellcheck disable=SC2086
$apart /usr/bin/python3 -m pytest -q -p no:cacheprovider --durations=10 "$@" tests/fault || failed=1
exit $failed
