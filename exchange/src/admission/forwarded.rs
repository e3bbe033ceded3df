//! The caller behind a trusted proxy: the address in `X-Forwarded-For` or `Forwarded`.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use super::Peer;

/// The proxies that may name the addresses of their callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    pub networks: Vec<Network>,
    /// The one header that counts: if both did, a caller could forge the one that the proxy does not set.
    pub header: ForwardedHeader,
}

/// A header with the addresses through which a request came; `Forwarded` is that of RFC 7239.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    #[default]
    XForwardedFor,
    Forwarded,
}

/// An address, or a network of addresses with the same first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    bits: u32,
    is_v4: bool,
}

impl Network {
    /// Parses an address, or a network such as `10.0.0.0/8`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let (number, width) = number(address);
        let bits = bits.map_or(Some(width), |bits| bits.parse().ok()).filter(|bits| *bits <= width)?;
        Some(Self { first: front(number, bits, width), bits, is_v4: width == 32 })
    }

    /// Whether the network contains an address.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let (number, width) = number(address.to_canonical());
        self.is_v4 == (width == 32) && front(number, self.bits, width) == self.first
    }
}

fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// The first bits of an address.
fn front(number: u128, bits: u32, width: u32) -> u128 {
    // A shift by 128 would overflow.
    if bits == 0 { 0 } else { number >> (width - bits) }
}

impl Proxies {
    /// Whether the address belongs to a trusted proxy.
    #[must_use]
    pub fn trust(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.has(address))
    }

    /// The caller behind a request over a connection from `peer`: the nearest address that is no trusted proxy's.
    #[must_use]
    pub fn client(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        let mut nearest = peer.0;
        if !self.trust(nearest) {
            return peer;
        }
        // From the end, because each proxy appends: addresses before that of an untrusted caller may be forged.
        for said in self.said(headers).iter().rev() {
            // Behind an address that cannot be read no other can be trusted.
            let Some(address) = said else { break };
            nearest = *address;
            if !self.trust(nearest) {
                break;
            }
        }
        Peer(nearest)
    }

    /// The addresses in the header, the farthest first; none for one that cannot be read.
    fn said(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self.header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
        lines.flat_map(|line| line.split(',')).map(|element| self.address(element.trim())).collect()
    }

    fn address(&self, element: &str) -> Option<IpAddr> {
        match self.header {
            ForwardedHeader::XForwardedFor => read_address(element),
            ForwardedHeader::Forwarded => {
                let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
                let mut of = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
                read_address(of.next()?.1.trim_matches('"'))
            }
        }
    }
}

/// Parses an address with or without a port, as proxies write both.
fn read_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8::/32"].map(|text| Network::read(text).unwrap()).to_vec();
        let name = if header == ForwardedHeader::Forwarded { "forwarded" } else { "x-forwarded-for" };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().unwrap());
        }
        Proxies { networks, header }.client(Peer(peer.parse().unwrap()), &headers).0.to_string()
    }

    #[test]
    fn the_nearest_address_that_is_no_proxy_counts() {
        for (peer, lines, who) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.7,10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["unknown"], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("2001:db8::1", &["[2a00::7]:4711"], "2a00::7"),
        ] {
            assert_eq!(client(ForwardedHeader::XForwardedFor, peer, lines), who, "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_when_it_is_the_one() {
        for (line, who) in [
            ("for=198.51.100.7", "198.51.100.7"),
            ("for=203.0.113.9, For=\"198.51.100.7:1\";proto=https;by=10.0.0.1", "198.51.100.7"),
            ("proto=https;for=\"[2a00::7]:4711\"", "2a00::7"),
            ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &[line]), who, "{line}");
        }
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_like_it() {
        for (network, inside, outside) in [
            ("10.0.0.7", "10.0.0.7", "10.0.0.8"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "::ffff:10.9.9.9", "2001:db8::1"),
            ("0.0.0.0/0", "192.0.2.1", "::1"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
        ] {
            let network = Network::read(network).unwrap();
            assert!(network.has(inside.parse().unwrap()), "{network:?} {inside}");
            assert!(!network.has(outside.parse().unwrap()), "{network:?} {outside}");
        }
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "proxy", "10.0.0.0/8/8"] {
            assert_eq!(Network::read(text), None, "{text}");
        }
    }
}
