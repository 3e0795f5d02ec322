//! From which address a request came, also through proxies.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::{
    app::AppState,
    problem::{Kind, Problem},
};

/// The client's address: the peer's, unless the peer is a trusted proxy, which tells us whom it speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        // Only missing when a server is put together without it; without an address there is nothing to count by.
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Err(Problem::new(Kind::Internal).detail("no peer address"));
        };
        Ok(Self(client(peer.ip(), &parts.headers, &state.limits.trusted_proxies)))
    }
}

/// Proxies append, so the list is read from its end; the first entry that no trusted proxy wrote is the client. What
/// stands before it was written by the client and may be invented.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
    let mut client = peer.to_canonical();
    let values = headers.get_all("x-forwarded-for").iter().rev();
    // As bytes: a client's own entry may be no text and still stand before a proxy's in one value.
    for entry in values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b',')) {
        if !is_trusted(&client) {
            break;
        }
        match str::from_utf8(entry).map(|text| text.trim().parse::<IpAddr>()) {
            Ok(Ok(address)) => client = address.to_canonical(),
            _ => break,
        }
    }
    client
}

/// A range of addresses, written like 10.0.0.0/8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                leading(u128::from(base.to_bits()) << 96, self.prefix)
                    == leading(u128::from(address.to_bits()) << 96, self.prefix)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                leading(base.to_bits(), self.prefix) == leading(address.to_bits(), self.prefix)
            }
            _ => false,
        }
    }
}

fn leading(bits: u128, prefix: u8) -> u128 {
    bits.checked_shr(128 - u32::from(prefix)).unwrap_or(0)
}

/// Not a network: no address, or a prefix longer than its addresses.
#[derive(Debug, PartialEq, Eq)]
pub struct BadNetwork;

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let base: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), str::parse).map_err(|_| BadNetwork)?;
        if prefix > longest { Err(BadNetwork) } else { Ok(Self { base, prefix }) }
    }
}

/// What a limit counts by. One subscriber usually holds a whole /64 of IPv6, so that counting single addresses would
/// limit nobody.
pub(super) fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{Network, client, counted};

    fn who(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_outside_can_choose_the_address_they_are_counted_by() {
        assert_eq!(who("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(who("10.1.2.3", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn a_chain_of_trusted_proxies_is_followed_to_its_start() {
        assert_eq!(who("10.1.2.3", &["198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(who("10.1.2.3", &["6.6.6.6, 198.51.100.1", "10.9.9.9"]), "198.51.100.1");
        assert_eq!(who("::ffff:10.1.2.3", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(who("fd00::1", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn an_unreadable_entry_ends_the_search_at_who_wrote_it() {
        assert_eq!(who("10.1.2.3", &["unknown"]), "10.1.2.3");
        assert_eq!(who("10.1.2.3", &["198.51.100.1, garbage, 10.9.9.9"]), "10.9.9.9");
        assert_eq!(who("10.1.2.3", &[]), "10.1.2.3");
        // What a client wrote before its proxy's entry must not hide that entry, whatever its bytes.
        assert_eq!(who("10.1.2.3", &["ä, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(who("10.1.2.3", &["198.51.100.1", "ä"]), "10.1.2.3");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "proxy"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!(!"0.0.0.0/0".parse::<Network>().unwrap().contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn a_subscriber_of_ipv6_is_counted_once() {
        assert_eq!(counted("2001:db8:1:2:3::4".parse().unwrap()), counted("2001:db8:1:2:ffff::1".parse().unwrap()));
    }
}
