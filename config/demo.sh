#!/bin/sh
# Parley on this machine, with an XMPP server of its own: builds it, makes ./demo with configuration
# and accounts, starts Prosody and Parley in the background, and says how to try it. Debian 12, as
# root or with sudo when packages are missing. Everything listens on the loopback only. Starting it
# again restarts both and keeps the data; `rm -r demo` forgets it.
#
#   config/demo.sh [start|stop|status]
#
# PARLEY_DEMO_PORT       port of the web pages (8480, or the next free one)
# PARLEY_DEMO_XMPP_PORT  port for the agents' XMPP clients (5222, or the next free one)
# PARLEY_DEMO_PARLEY     a parley that is built already
set -eu
cd "$(dirname "$0")/.."
root=$PWD
demo=$root/demo
conf=$demo/parley.conf
prosody_conf=$demo/prosody.cfg.lua
agents="sarah:Sarah omar:Omar lena:Lena"
. config/packages.sh

die() {
    echo "demo.sh: $*" >&2
    exit 1
}

# ---- processes ----------------------------------------------------------------------------------

# running NAME: the process that demo/NAME.pid names is there, and is ours.
running() {
    [ -s "$demo/$1.pid" ] || return 1
    read -r pid <"$demo/$1.pid" || return 1
    grep -qaF -- "$demo/" "/proc/$pid/cmdline" 2>/dev/null
}

# launch NAME COMMAND...: in the background, in a session of its own.
launch() {
    name=$1
    shift
    setsid nohup "$@" >>"$demo/$name.log" 2>&1 </dev/null &
    echo $! >"$demo/$name.pid"
}

# halt NAME: politely, and by force after 15 seconds.
halt() {
    if running "$1"; then
        read -r pid <"$demo/$1.pid"
        kill "$pid"
        tenths=150
        while running "$1"; do
            tenths=$((tenths - 1))
            if [ "$tenths" = 0 ]; then
                kill -9 "$pid"
            fi
            sleep 0.1
        done
    fi
    rm -f "$demo/$1.pid"
}

# wait_until SECONDS NAME COMMAND...: the command succeeds; NAME must go on running meanwhile.
wait_until() {
    tenths=$(($1 * 10))
    name=$2
    shift 2
    # asked in this order, another process that answers in its place is not taken for it
    until "$@" && running "$name"; do
        tenths=$((tenths - 1))
        if [ "$tenths" = 0 ] || ! running "$name"; then
            stop
            tail -n 20 "$demo/$name.log" >&2
            die "$name did not start; all it said is in $demo/$name.log"
        fi
        sleep 0.1
    done
}

# ---- ports --------------------------------------------------------------------------------------

listens() {
    grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$1") [0-9A-F]*:0000 0A" /proc/net/tcp \
        /proc/net/tcp6 2>/dev/null
}

# port WISH DEFAULT: the wished one, which must be free, or the first free from the default on.
port() {
    if [ -n "$1" ]; then
        ! listens "$1" || die "port $1 is in use"
        echo "$1"
        return
    fi
    candidate=$2
    while listens "$candidate"; do
        candidate=$((candidate + 1))
        [ "$candidate" -lt $(($2 + 100)) ] || die "no free port near $2"
    done
    echo "$candidate"
}

# ---- what is needed -----------------------------------------------------------------------------

install_packages() {
    had_prosody=$(packages_missing prosody)
    # shellcheck disable=SC2086
    packages_need $packages_build $packages_demo curl openssl
    # Debian starts its own Prosody when the package comes in; nobody asked for that one.
    if [ -n "$had_prosody" ] && [ -d /run/systemd/system ]; then
        echo "Stopping the XMPP server that Debian started with its package"
        as_root=
        [ "$(id -u)" = 0 ] || as_root=sudo
        $as_root systemctl disable --quiet --now prosody || true
    fi
}

build() {
    parley=${PARLEY_DEMO_PARLEY:-}
    [ -z "$parley" ] || return 0
    parley=$root/build/release/parley
    tests=
    pkg-config --exists cmocka || tests=-DPARLEY_TESTS=OFF
    echo "Building Parley; this takes a minute the first time"
    mkdir -p "$demo"
    # shellcheck disable=SC2086
    if ! { cmake --preset release $tests && cmake --build --preset release --target parley; } \
        >"$demo/build.log" 2>&1; then
        tail -n 30 "$demo/build.log" >&2
        die "the build failed; all of it is in $demo/build.log"
    fi
}

random_word() {
    LC_ALL=C tr -dc 'a-km-z2-9' </dev/urandom 2>/dev/null | head -c "$1"
}

# ---- the demo's folder --------------------------------------------------------------------------

write_secrets() {
    [ -s "$demo/xmpp.secret" ] || random_word 32 >"$demo/xmpp.secret"
    if [ ! -s "$demo/agents.txt" ]; then
        for agent in $agents; do
            echo "${agent%%:*}@localhost $(random_word 12)"
        done >"$demo/agents.txt"
    fi
    if [ ! -s "$demo/localhost.key" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
            -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
            -keyout "$demo/localhost.key" -out "$demo/localhost.crt" 2>/dev/null
    fi
}

write_prosody_conf() {
    as_root=
    [ "$(id -u)" != 0 ] || as_root="run_as_root = true"
    cat >"$prosody_conf" <<END
-- Made by config/demo.sh; it is written anew at each start.
$as_root
pidfile = "$demo/prosody-own.pid"
data_path = "$demo/prosody-data"
log = { info = "$demo/prosody.log" }
plugin_paths = {}
modules_enabled = { "roster"; "saslauth"; "tls"; "disco"; "carbons"; "smacks"; "csi_simple"; "ping";
    "pep"; "bookmarks"; "vcard4"; "vcard_legacy"; "private"; "blocklist"; "mam" }
modules_disabled = { "s2s" }
interfaces = { "127.0.0.1", "::1" }
c2s_ports = { $xmpp_port }
c2s_direct_tls_ports = {}
s2s_ports = {}
http_ports = {}
https_ports = {}
component_interfaces = { "127.0.0.1" }
component_ports = { $component_port }
authentication = "internal_hashed"
storage = "internal"
gc = { mode = "incremental", threshold = 200 }
-- On the loopback nobody listens in, and some clients do not like a certificate nobody signed.
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
certificates = "$demo"

VirtualHost "localhost"

Component "support.localhost"
    component_secret = "$(cat "$demo/xmpp.secret")"
    component_conflict_resolve = "kick_old"

Component "upload.localhost"
    component_secret = "$(cat "$demo/xmpp.secret")"
    component_conflict_resolve = "kick_old"
END
}

write_parley_conf() {
    cat >"$conf" <<END
# Made by config/demo.sh; it is written anew at each start. Every setting there is:
# config/parley.conf.example
http: { listen = "127.0.0.1:$http_port"; };
xmpp: { port = $component_port; domain = "support.localhost"; secret_file = "$demo/xmpp.secret"; };
upload: { domain = "upload.localhost"; };
store: { path = "$demo/parley.db"; };
assistant: { faq_file = "$root/config/faq.example.json"; };
END
}

add_agents() {
    for agent in $agents; do
        jid=${agent%%:*}@localhost
        password=$(sed -n "s/^$jid //p" "$demo/agents.txt")
        # always: somebody may have brought an old agents.txt to new data, or the other way round
        prosodyctl --config "$prosody_conf" register "${agent%%:*}" localhost "$password" \
            >>"$demo/prosodyctl.log" 2>&1 || die "prosodyctl failed; see $demo/prosodyctl.log"
        if ! "$parley" agent list --json --config "$conf" | grep -qF "\"jid\":\"$jid\""; then
            "$parley" agent add "$jid" --name "${agent#*:}" --config "$conf" ||
                die "the agent $jid could not be added"
        fi
    done
}

# ---- the three commands -------------------------------------------------------------------------

ready() {
    [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$http_port/readyz")" = 200 ]
}

stop() {
    halt parley
    halt prosody
}

tell() {
    url=http://127.0.0.1:$http_port
    cat <<END

Parley runs.

  Customer's page   $url/
                    Write something, then ask for a person.

  Agents            address            password
$(while read -r jid password; do
        printf '                    %-18s %s\n' "$jid" "$password"
    done <"$demo/agents.txt")

  The XMPP server is 127.0.0.1, port $xmpp_port. Its certificate is self-made: let the client accept
  it, or connect without encryption. For example with Profanity:

      /connect sarah@localhost server 127.0.0.1 port $xmpp_port tls trust
      /disco items support.localhost      who waits; the list is empty until a customer asks
      /join ROOM@support.localhost        take the chat, and answer

  With Gajim: add the account sarah@localhost, choose the server 127.0.0.1 and port $xmpp_port in the
  advanced settings, then Accounts > Discover Services > support.localhost.

  In $root:
  Commands          ${parley#"$root/"} chat list --config demo/parley.conf
                    ${parley#"$root/"} help
  Log files         demo/parley.log  demo/prosody.log
  Stop              config/demo.sh stop
END
}

start() {
    case $root in
    *[\"\\]*) die "the path of this folder must not hold quotes or backslashes" ;;
    esac
    umask 077
    install_packages
    build
    mkdir -p "$demo/prosody-data"
    stop
    http_port=$(port "${PARLEY_DEMO_PORT:-}" 8480)
    xmpp_port=$(port "${PARLEY_DEMO_XMPP_PORT:-}" 5222)
    component_port=$(port "" 5347)
    write_secrets
    write_prosody_conf
    write_parley_conf
    "$parley" check-config --config "$conf"
    add_agents
    launch prosody prosody -F --config "$prosody_conf"
    wait_until 20 prosody listens "$component_port"
    launch parley "$parley" serve --config "$conf"
    wait_until 30 parley ready
    tell
}

status() {
    bad=0
    for name in prosody parley; do
        if running "$name"; then
            echo "$name runs (process $pid), log $demo/$name.log"
        else
            echo "$name does not run"
            bad=3
        fi
    done
    if [ -s "$conf" ] && running parley; then
        http_port=$(sed -n 's/.*listen = "127.0.0.1:\([0-9]*\)".*/\1/p' "$conf")
        curl -s -m 5 "http://127.0.0.1:$http_port/readyz" || bad=3
        echo
    fi
    return $bad
}

case ${1:-start} in
start) start ;;
stop) stop ;;
status) status ;;
*)
    echo "usage: config/demo.sh [start|stop|status]" >&2
    exit 2
    ;;
esac
