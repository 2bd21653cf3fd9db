# Debian 12 packages, and how to get those that are missing. Sourced by tests/run.sh and demo.sh.
# shellcheck shell=sh disable=SC2034,SC2086

packages_build="gcc libc6-dev cmake ninja-build pkg-config libstrophe-dev libmicrohttpd-dev
    libsqlite3-dev libcjson-dev libuv1-dev libconfig-dev libsodium-dev libidn-dev
    libunistring-dev libmagic-dev libcurl4-openssl-dev uthash-dev"
# The pages are built with npm's packages; a Node that did not come from Debian serves as well.
command -v npm >/dev/null || packages_build="$packages_build nodejs npm"
packages_test="chromium clang clang-format ejabberd libclang-rt-dev llvm libcmocka-dev git prosody python3
    faketime python3-aiohttp python3-pytest python3-slixmpp slowhttptest e2fsprogs mount"
packages_bench="libcmocka-dev lua-dbi-sqlite3 prosody python3"
packages_demo="prosody"

# packages_missing NAME...  prints those that are not installed.
packages_missing() {
    for name in "$@"; do
        dpkg-query -W -f='${Status}\n' "$name" 2>/dev/null | grep -q '^install ok installed$' ||
            echo "$name"
    done
}

# packages_need NAME...  installs what is missing, as root or with sudo; touches nothing otherwise.
packages_need() {
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root="env"
    elif command -v sudo >/dev/null; then
        as_root="sudo env"
    else
        echo "These packages are missing, and there is no sudo:" $missing >&2
        return 1
    fi
    echo "Installing:" $missing >&2
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -q update >&2 &&
        $as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
            install $missing >&2
}
