//! Addresses that webhooks may go to: public ones alone, checked where the connection is made.
//!
//! An endpoint's address is set by an admin or a back end, and the server connects to it from inside its network. So
//! this module resolves the name and removes the addresses that are not public, and the connection goes to one of the
//! rest: a name that resolves differently a moment later gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

/// Bytes of an endpoint's address, at most.
const URL_MAX_BYTES: usize = 2048;
/// Names that are looked up at once. Each lookup holds a thread of the blocking pool, which also reads the store for
/// all callers, and a name server that does not answer holds that thread for a long time.
const LOOKUPS_MAX: usize = 4;

/// Reads an endpoint's address, or says what is wrong with it.
///
/// # Errors
/// A sentence for the caller who set the address.
pub fn read_url(text: &str, allow_private: bool) -> Result<Url, String> {
    if text.len() > URL_MAX_BYTES {
        return Err(format!("has at most {URL_MAX_BYTES} bytes"));
    }
    let url = Url::parse(text).map_err(|error| format!("is not a valid URL: {error}"))?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        "http" => {
            return Err("must begin with `https://`: the setting `webhooks_allow_private` allows others".to_owned());
        }
        _ => return Err("must begin with `https://`".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password: the signature identifies the sender".to_owned());
    }
    if url.fragment().is_some() {
        return Err("must not have a fragment".to_owned());
    }
    let host = url.host_str().ok_or("must name a host")?;
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    // RFC 6761: these names stand for this machine with every name server.
    let is_here = host == "localhost" || host.ends_with(".localhost");
    if !allow_private && (is_here || literal.is_ok_and(|address| !is_public(address))) {
        return Err("must be public: the setting `webhooks_allow_private` allows others".to_owned());
    }
    Ok(url)
}

/// Whether an address belongs to the public internet.
#[must_use]
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Shared by providers (RFC 6598), protocol assignments, 6to4 relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        // Multicast, reserved and broadcast.
        || a >= 224;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = address.segments();
    // An address that translates to IPv4 (RFC 6052) is as public as its IPv4 address.
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let is_global = first & 0xe000 == 0x2000;
    // Protocol assignments with Teredo among them, documentation, and 6to4, which carries an IPv4 address.
    let special = (first == 0x2001 && (second < 0x200 || second == 0xdb8))
        || (first == 0x3fff && second < 0x1000)
        || first == 0x2002;
    is_global && !special
}

/// Resolver of names to addresses that webhooks may go to.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    allow_private: bool,
    lookups: Arc<Semaphore>,
}

impl Resolver {
    /// A resolver for public addresses, or for all.
    #[must_use]
    pub(super) fn new(allow_private: bool) -> Self {
        Self { allow_private, lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow_private, lookups) = (self.allow_private, self.lookups.clone());
        Box::pin(async move {
            let place = lookups.acquire_owned().await?;
            let lookup = move || {
                // The place is held until the lookup has returned, even when its request is gone, because the lookup
                // still uses a thread.
                let _place = place;
                // The HTTP client sets the port.
                (name.as_str(), 0).to_socket_addrs()
            };
            let found = tokio::task::spawn_blocking(lookup).await??;
            let allowed: Vec<SocketAddr> = found.filter(|found| allow_private || is_public(found.ip())).collect();
            if allowed.is_empty() {
                return Err("its host name has no public address".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    #[test]
    fn addresses_that_are_not_of_the_public_internet_are_told_apart() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2001:10::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(private), "{private}");
        }
        for open in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(public(open), "{open}");
        }
    }

    #[test]
    fn an_address_is_refused_however_a_private_host_is_written() {
        for url in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://127.1./",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
            "http://example.com/",
            "ftp://example.com/",
            "https://a:b@example.com/",
            "https://a@example.com/",
            "https://example.com/#x",
            "example.com",
            "",
        ] {
            assert!(read_url(url, false).is_err(), "{url}");
        }
        for url in ["https://example.com/hook?a=b", "https://1.1.1.1:8443/"] {
            assert!(read_url(url, false).is_ok(), "{url}");
        }
        for url in ["http://localhost:9999", "https://localhost/hook", "https://a.localhost", "https://10.0.0.1/"] {
            assert!(read_url(url, false).is_err_and(|said| said.contains("`webhooks_allow_private`")), "{url}");
        }
        assert!(read_url("http://127.0.0.1:9/", true).is_ok() && read_url("ftp://127.0.0.1/", true).is_err());
    }

    #[tokio::test]
    async fn a_name_of_this_machine_resolves_to_nothing_unless_it_is_allowed() {
        let resolve = |allow_private| Resolver::new(allow_private).resolve("localhost".parse().expect("a name"));
        assert!(resolve(false).await.is_err());
        assert!(resolve(true).await.is_ok_and(|mut found| found.all(|found| found.ip().is_loopback())));
    }
}
