# shellcheck shell=bash
# Where things are kept, and the few words that every script of the rig needs. Sourced, never run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/tallyman
TOOLS=$CACHE/tools

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "\`$*\` needs root, and there is no sudo"
    fi
}

# apt_install COMMAND PACKAGE...: nothing happens when COMMAND exists. Where no service manager runs, packages must not
# start daemons of their own: nobody would stop them.
apt_install() {
    local command=$1 policy=/usr/sbin/policy-rc.d placed=
    shift
    ! command -v "$command" >/dev/null || return 0
    command -v apt-get >/dev/null || die "\`$command\` is missing: install it (Debian's packages are called: $*)"
    say "installing $*"
    if [ ! -d /run/systemd/system ] && [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        placed=yes
    fi
    { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2
    local rc=$?
    [ -z "$placed" ] || as_root rm -f "$policy"
    [ $rc = 0 ] || die "apt-get could not install: $*"
}

# cargo_tool NAME VERSION: a cargo subcommand, built once into the cache. Any version that is there will do.
cargo_tool() {
    if ! command -v "$1" >/dev/null; then
        say "installing $1 $2 (once, it takes some minutes)"
        CARGO_TARGET_DIR=$CACHE/tools-target cargo install --quiet --locked --root "$TOOLS" --version "$2" "$1" >&2 || die "could not install $1"
        rm -rf "$CACHE/tools-target"
    fi
}

# free_port: below the range that the kernel hands out to clients, so that no connection takes it in between.
free_port() {
    local port
    for _ in $(seq 200); do
        port=$((RANDOM % 12000 + 20000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
            echo "$port"
            return
        }
    done
    die "no free port"
}

# wait_until SECONDS COMMAND...: asks ten times a second.
wait_until() {
    local left=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.1
    done
}

alive() { [ -n "${1:-}" ] && [ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }

gone() { ! alive "$1"; }

session_gone() { ! pgrep -s "$1"; }

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# detach PID_FILE LOG COMMAND...: a process that outlives the caller and its terminal. The file holds its id and its start
# time, because ids come round again.
detach() {
    local pid_file=$1 log=$2
    shift 2
    setsid "$@" </dev/null >>"$log" 2>&1 &
    echo "$! $(started_at $!)" >"$pid_file"
    disown
}

# pid_of PID_FILE: nothing when the process has ended.
pid_of() {
    local pid='' start=''
    [ ! -f "$1" ] || read -r pid start <"$1" || true
    if alive "$pid" && [ "$(started_at "$pid")" = "$start" ]; then echo "$pid"; fi
}

running() { [ -n "$(pid_of "$1")" ]; }

# end_pid PID_FILE SIGNAL SECONDS: asks, waits, then insists.
end_pid() {
    local pid
    pid=$(pid_of "$1")
    if [ -n "$pid" ]; then
        kill "-$2" "$pid" 2>/dev/null || true
        wait_until "$3" gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
        wait_until 10 gone "$pid" || die "process $pid does not end"
    fi
    rm -f "$1"
}
