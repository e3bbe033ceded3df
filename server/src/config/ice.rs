//! Settings of the STUN and TURN servers that calls between browsers are set up with.

use std::net::Ipv6Addr;

use switchboard_exchange::ice::{Ice, TurnServers};

use super::layers::Layers;
use super::{BadSetting, Settings};

impl Settings {
    pub(super) fn ice(layers: &Layers) -> Result<Ice, BadSetting> {
        let stun_urls = layers.list("stun_urls");
        if !stun_urls.iter().all(|url| is_stun(url)) {
            return Err(layers.bad("stun_urls", "comma-separated URLs such as `stun:stun.example.com:3478`"));
        }
        let urls = layers.list("turn_urls");
        if !urls.iter().all(|url| is_turn(url)) {
            let expected = "comma-separated URLs such as `turns:turn.example.com:5349?transport=tcp`";
            return Err(layers.bad("turn_urls", expected));
        }
        let turn = match (urls.is_empty(), layers.secret("turn_secret")) {
            (false, Some(secret)) => Some(TurnServers { urls, secret }),
            (true, None) => None,
            (false, None) => return Err(layers.missing("turn_secret", ", because `turn_urls` is set")),
            (true, Some(_)) => return Err(layers.missing("turn_urls", ", because `turn_secret` is set")),
        };
        Ok(Ice { stun_urls, turn })
    }
}

/// Whether a URL is one of RFC 7064: a scheme, a host and perhaps a port.
fn is_stun(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, place)| matches!(scheme, "stun" | "stuns") && is_place(place))
}

/// Whether a URL is one of RFC 7065: a scheme, a host, perhaps a port, and perhaps one of the two transports that
/// browsers know. The check is strict because browsers refuse all servers when one URL is bad.
fn is_turn(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let is_known = query.is_none_or(|query| matches!(query, "transport=udp" | "transport=tcp"));
    matches!(scheme, "turn" | "turns") && is_known && is_place(place)
}

/// Whether a text is a host and perhaps a port. An IPv6 address stands in brackets.
fn is_place(text: &str) -> bool {
    let (is_host, rest) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address.parse::<Ipv6Addr>().is_ok(), rest),
        None => {
            let (host, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_name(host), rest)
        }
    };
    is_host && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

fn is_name(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stun_url_has_a_host_and_perhaps_a_port() {
        for url in ["stun:stun.example.com", "stuns:stun.example.com:5349", "stun:192.0.2.1", "stun:[2001:db8::1]:3478"]
        {
            assert!(is_stun(url), "{url}");
        }
        for url in [
            "stun.example.com:3478",
            "stun://stun.example.com",
            "stun:",
            "stun::3478",
            "stun:host:0",
            "stun:host:65536",
            "stun:host:+1",
            "stun:host:",
            "stun:2001:db8::1",
            "stun:[2001:db8::1",
            "stun:[host]",
            "stun:host?transport=udp",
            "stun:a b",
            "STUN:host",
            "turn:host",
            "https://host",
        ] {
            assert!(!is_stun(url), "{url}");
        }
    }

    #[test]
    fn a_turn_url_may_name_its_transport() {
        for url in ["turn:host", "turns:host:5349?transport=tcp", "turn:[::1]:3478?transport=udp"] {
            assert!(is_turn(url), "{url}");
        }
        for url in
            ["turn:host?transport=sctp", "turn:host?", "turn:host?transport=udp&a=b", "turn:user@host", "stun:host"]
        {
            assert!(!is_turn(url), "{url}");
        }
    }
}
