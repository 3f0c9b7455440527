# shellcheck shell=bash
# A private Redis 7. Sourced, never run.

redis_install() { apt_install redis-server redis-server; }

# redis_start DIR PORT: uses the data in DIR/redis, or starts empty.
redis_start() {
    local dir=$1 port=$2
    redis_install
    mkdir -p "$dir/redis"
    ! running "$dir/redis.pid" || die "Redis already runs in $dir"
    detach "$dir/redis.pid" "$dir/redis.log" redis-server --port "$port" --bind 127.0.0.1 --dir "$dir/redis" --appendonly yes --appendfsync everysec --save '' --daemonize no
    wait_until 10 redis_answers "$port" && running "$dir/redis.pid" || die "Redis does not start: $(tail -n 5 "$dir/redis.log")"
    echo "$port" >"$dir/redis.port"
}

redis_answers() { [ "$(redis-cli -h 127.0.0.1 -p "$1" ping)" = PONG ]; }

# redis_stop DIR [fast|kill]
redis_stop() {
    case ${2:-fast} in
        fast) end_pid "$1/redis.pid" TERM 10 ;;
        kill) end_pid "$1/redis.pid" KILL 10 ;;
        *) die "redis-stop: fast or kill" ;;
    esac
}
