//! Who is calling: the peer of the connection, or whom the proxies that we trust say they forward for.

use std::net::IpAddr;

use platform::Network;
use poem::{Addr, Request};

/// The caller's address, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    #[must_use]
    pub fn of(request: &Request, trusted: &[Network]) -> Self {
        let Addr::SocketAddr(peer) = &request.remote_addr().0 else { return Self(None) };
        let values = request.headers().get_all("x-forwarded-for");
        let hops: Vec<&str> = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        Self(Some(behind(peer.ip(), &hops, trusted)))
    }
}

/// Walk the hops from their end: the first address that is not a proxy of ours is the caller.
fn behind(peer: IpAddr, hops: &[&str], trusted: &[Network]) -> IpAddr {
    let mut client = peer.to_canonical();
    for hop in hops.iter().rev() {
        let is_proxy = trusted.iter().any(|network| network.contains(client));
        match hop.trim().parse::<IpAddr>() {
            Ok(address) if is_proxy => client = address.to_canonical(),
            _ => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_of_ours_may_say_for_whom_it_forwards() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let client = |peer: &str, hops: &[&str]| behind(peer.parse().unwrap(), hops, &trusted).to_string();
        assert_eq!(client("203.0.113.9", &["1.1.1.1"]), "203.0.113.9", "a stranger is believed nothing");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", " 203.0.113.9"]), "203.0.113.9", "what the caller itself wrote is not believed");
        assert_eq!(client("10.0.0.1", &["203.0.113.9", "10.0.0.2"]), "203.0.113.9", "two proxies of ours");
        assert_eq!(client("10.0.0.1", &["nonsense"]), "10.0.0.1");
    }
}
