//! The server's door: encryption, proxies before it, and the pages of browsers that may come.

use std::net::IpAddr;
use std::path::PathBuf;

use super::layers::Layers;
use super::{BadSetting, Settings};

/// How connections come in.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// The files of the certificate with its chain, and of its private key; without them the server speaks plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The origins whose pages may open sockets and call the API; empty: sockets from any, the API from none.
    pub allowed_origins: Vec<String>,
}

/// The proxies that may say whom they speak for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Their addresses.
    pub networks: Vec<Network>,
    /// The header in which they say it.
    pub header: ForwardedHeader,
}

/// A header that names the addresses that a request came through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// An address, or all that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    bits: u32,
    is_v4: bool,
}

impl Network {
    /// An address, or a network such as `10.0.0.0/8`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let (number, width) = number(address);
        let bits = bits.map_or(Some(width), |bits| bits.parse().ok()).filter(|bits| *bits <= width)?;
        Some(Self { first: front(number, bits, width), bits, is_v4: width == 32 })
    }

    /// Whether the address is in it.
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
    if bits == 0 { 0 } else { number >> (width - bits) }
}

impl Settings {
    pub(super) fn door(layers: &Layers) -> Result<Door, BadSetting> {
        let file = |name| layers.text(name).map(PathBuf::from);
        let tls = match (file("tls_certificate"), file("tls_key")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return Err(layers.missing("tls_key", "because `tls_certificate` is")),
            (None, Some(_)) => return Err(layers.missing("tls_certificate", "because `tls_key` is")),
        };
        if let Some((certificate, key)) = &tls {
            crate::tls::read(certificate, key).map_err(|error| {
                let name = if error.is_of_key() { "tls_key" } else { "tls_certificate" };
                layers.bad(name, &format!("a file in PEM ({error})"))
            })?;
        }
        let allowed_origins = layers.list("allowed_origins");
        if !allowed_origins.iter().all(|origin| is_origin(origin)) {
            return Err(layers.bad("allowed_origins", "origins such as `https://app.example`, with commas between"));
        }
        Ok(Door { tls, allowed_origins })
    }

    pub(super) fn proxies(layers: &Layers) -> Result<Proxies, BadSetting> {
        let networks: Option<Vec<_>> = layers.list("trusted_proxies").iter().map(|text| Network::read(text)).collect();
        let expected = "addresses and networks such as `10.0.0.7` or `10.0.0.0/8`, with commas between";
        let networks = networks.ok_or_else(|| layers.bad("trusted_proxies", expected))?;
        let header = match layers.text("forwarded_header").as_deref() {
            Some("x-forwarded-for") | None => ForwardedHeader::XForwardedFor,
            Some("forwarded") => ForwardedHeader::Forwarded,
            Some(_) => return Err(layers.bad("forwarded_header", "`x-forwarded-for` or `forwarded`")),
        };
        Ok(Proxies { networks, header })
    }
}

/// As browsers write it: a scheme, a host, and a port that is not the scheme's own.
fn is_origin(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| url.has_host() && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for text in ["https://app.example", "http://localhost:3000", "https://app.example:8443"] {
            assert!(is_origin(text), "{text}");
        }
        for text in ["*", "app.example", "https://app.example/", "https://app.example:443", "https://APP.example"] {
            assert!(!is_origin(text), "{text}");
        }
    }
}
