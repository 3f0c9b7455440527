//! Reaching anything outside.

use std::fs::read_to_string;
use std::io;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::raw;
use crate::verdict::Verdict;

const PATIENCE: Duration = Duration::from_secs(2);

pub fn raw_socket() -> Verdict {
    let socket = |family: i32, kind: i32, protocol: i32| {
        raw::call(libc::SYS_socket, [family, kind, protocol].map(|number| usize::try_from(number).unwrap_or_default()))
    };
    Verdict::of_tries([
        ("ICMP", socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP)),
        ("packet", socket(libc::AF_PACKET, libc::SOCK_RAW, 0)),
    ])
}

/// Asks every resolver that could be there for `example.com`.
pub fn dns() -> Verdict {
    let configured = read_to_string("/etc/resolv.conf").unwrap_or_default();
    let configured = configured.lines().filter_map(|line| line.strip_prefix("nameserver ")).map(str::trim);
    let resolvers: Vec<&str> = configured.chain(["127.0.0.11", "127.0.0.53", "8.8.8.8", "1.1.1.1"]).collect();
    Verdict::of_tries(resolvers.iter().map(|resolver| (resolver, ask(resolver))))
}

fn ask(resolver: &str) -> io::Result<usize> {
    const QUESTION: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01";
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect((resolver, 53))?;
    socket.send(QUESTION)?;
    socket.recv(&mut [0; 512])
}

pub fn metadata_address() -> Verdict {
    let addresses = ["169.254.169.254:80", "169.254.170.2:80", "[fd00:ec2::254]:80", "172.17.0.1:2375", "1.1.1.1:443"];
    Verdict::of_tries(addresses.map(|text| {
        let address = text.parse::<SocketAddr>().map_err(io::Error::other);
        (text, address.and_then(|address| TcpStream::connect_timeout(&address, PATIENCE)))
    }))
}

pub fn docker_sock() -> Verdict {
    let sockets =
        ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/crio/crio.sock"];
    Verdict::of_tries(sockets.map(|path| (path, UnixStream::connect(path))))
}

/// Contained when there is nothing but the loopback.
pub fn network_interfaces() -> Verdict {
    let table = match read_to_string("/proc/net/dev") {
        Ok(table) => table,
        Err(error) => return Verdict::contained(format!("/proc/net/dev: {error}")),
    };
    let names: Vec<&str> = table.lines().skip(2).filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim()).collect();
    let routes = read_to_string("/proc/net/route").unwrap_or_default().lines().skip(1).count();
    let detail = format!("interfaces {names:?}, {routes} routes");
    // Tunnel devices that some kernels give to every network namespace are down and lead nowhere without a route.
    if routes == 0 && !names.iter().any(|name| name.starts_with("eth")) { Verdict::contained(detail) } else { Verdict::escaped(detail) }
}
