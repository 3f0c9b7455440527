# shellcheck shell=bash
# A private Docker engine beside whichever runs already: own data, own socket, own containerd, no bridge and no firewall
# rules, so that two of them do not meet. Networks that a test creates work inside the engine only. Sourced, never run.

docker_install() {
    apt_install dockerd docker.io cgroupfs-mount
    apt_install docker docker.io
}

docker_answers() { docker --host "$1" version; }

# docker_start DIR: uses the data in DIR/docker, or starts empty.
docker_start() {
    local dir
    docker_install
    mkdir -p "$1/docker/run"
    dir=$(cd "$1" && pwd)
    ! running "$dir/docker.pid" || die "dockerd already runs in $dir"
    # dockerd believes these files even when the process is a zombie that nobody reaps.
    rm -f "$dir/docker/run/docker.pid"
    [ -n "$(docker_processes "$dir" containerd)" ] || rm -f "$dir/docker/run/containerd/containerd.pid"
    # A socket's path may have 107 bytes, and containerd puts its own below the exec root.
    [ ${#dir} -le 60 ] || die "docker-start: the path $dir is too long for a socket, use a shorter one"
    [ "$(id -u)" = 0 ] || die "starting a Docker engine needs root; start Docker yourself, or run as root"
    mountpoint -q /sys/fs/cgroup || cgroupfs-mount
    # An empty file of its own: the machine's /etc/docker/daemon.json is about another engine.
    echo '{}' >"$dir/docker/daemon.json"
    detach "$dir/docker.pid" "$dir/docker.log" dockerd --host "unix://$dir/docker.sock" --config-file "$dir/docker/daemon.json" \
        --data-root "$dir/docker/data" --exec-root "$dir/docker/run" --pidfile "$dir/docker/run/docker.pid" \
        --bridge none --iptables=false --ip6tables=false --ip-forward=false
    wait_until 60 docker_answers "unix://$dir/docker.sock" && running "$dir/docker.pid" || die "dockerd does not start: $(tail -n 5 "$dir/docker.log")"
}

# docker_stop DIR [fast|kill]: `kill` ends the engine and its containerd at once; containers go on until the next `fast`.
docker_stop() {
    local dir
    [ -d "$1/docker" ] || return 0
    dir=$(cd "$1" && pwd)
    case ${2:-fast} in
        fast)
            end_pid "$dir/docker.pid" TERM 30
            docker_kill_containers "$dir"
            # shellcheck disable=SC2046
            docker_kill $(docker_processes "$dir" containerd)
            docker_unmount "$dir"
            ;;
        kill)
            end_pid "$dir/docker.pid" KILL 10
            # shellcheck disable=SC2046
            docker_kill $(docker_processes "$dir" containerd)
            ;;
        *) die "docker-stop: fast or kill" ;;
    esac
}

# docker_processes DIR NAME: the processes whose command line names this engine's folder, which is what a killed engine leaves.
docker_processes() {
    local entry
    for entry in /proc/[0-9]*; do
        [ "$(cat "$entry/comm" 2>/dev/null)" = "$2" ] && tr '\0' '\n' <"$entry/cmdline" 2>/dev/null | grep -qF "$1/docker/run/containerd" && echo "${entry#/proc/}"
    done
    return 0
}

docker_kill() {
    local pid
    for pid in "$@"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait_until 10 gone "$pid" || die "process $pid does not end"
    done
}

# A container's first process is its shim's child, and the rest of the container dies with it.
docker_kill_containers() {
    local shim
    for shim in $(docker_processes "$1" containerd-shim); do
        # shellcheck disable=SC2046
        docker_kill $(pgrep -P "$shim") "$shim"
    done
}

docker_unmount() {
    local mounted
    awk -v below="$1/docker/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r mounted; do
        umount -l "$mounted" || true
    done
}
