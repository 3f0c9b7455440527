//! Which addresses are somebody else's: the IANA special-purpose registries (RFC 6890 and its updates), read as "everything that is not global
//! unicast is ours".

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First address and number of leading bits.
const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),            // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // the host of a virtual machine at Azure: public by its number only
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local: the metadata services of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, broadcast
];

/// What is not public inside of `2000::/3`. Outside of it nothing is: loopback, IPv4 in other clothes (mapped, compatible, NAT64 `64:ff9b::`),
/// unique local, link-local, multicast.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, ORCHID, benchmarks
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: IPv4 inside
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Whether an address belongs to the Internet at large.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|(base, bits)| base.to_bits() >> (32 - bits) == address.to_bits() >> (32 - bits)),
        IpAddr::V6(address) => {
            let is_in = |(base, bits): &(Ipv6Addr, u32)| base.to_bits() >> (128 - bits) == address.to_bits() >> (128 - bits);
            is_in(&GLOBAL_UNICAST) && !SPECIAL_V6.iter().any(is_in)
        }
    }
}

/// The IPv4 address that an IPv6 address carries, if it is of a kind that does: whoever stands between the networks sends on to that one.
#[must_use]
pub fn carried(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let of_bits = |bits: u128| Some(Ipv4Addr::from_bits(u32::try_from(bits & u128::from(u32::MAX)).unwrap_or_default()));
    let bits = address.to_bits();
    match address.segments() {
        // Compatible (RFC 4291 § 2.5.5.1), mapped (§ 2.5.5.2), translated (RFC 2765), NAT64 (RFC 6052, RFC 8215).
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => of_bits(bits),
        [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0 | 1, ..] => of_bits(bits),
        // 6to4 (RFC 3056).
        [0x2002, ..] => of_bits(bits >> 80),
        // Teredo (RFC 4380): the client's address, each bit turned over.
        [0x2001, 0, ..] => of_bits(!bits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_known_in_every_guise() {
        let guises = ["::a9fe:a9fe", "::ffff:169.254.169.254", "::ffff:0:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe"];
        for text in guises.into_iter().chain(["2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:5601:5601"]) {
            assert_eq!(carried(text.parse().unwrap()), Some(Ipv4Addr::new(169, 254, 169, 254)), "{text}");
        }
        for text in ["::1", "::", "2606:4700::1111", "fd00:ec2::254", "8.8.8.8"] {
            assert_eq!(carried(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn only_the_internet_at_large_is_public() {
        let ours = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in ours {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        let theirs = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "168.63.129.17",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "223.255.255.255",
        ];
        for text in theirs.into_iter().chain(["2001:200::1", "2606:4700::1111", "2a00:1450:4001::1", "2003::1", "3ffe::1"]) {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
