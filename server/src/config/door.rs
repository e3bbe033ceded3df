//! Settings of incoming connections: TLS, trusted proxies and allowed origins.

use std::path::PathBuf;

use switchboard_exchange::admission::{ForwardedHeader, Network, Proxies};

use super::layers::Layers;
use super::{BadSetting, Settings};

/// Settings of incoming connections.
#[derive(Clone, Debug, Default)]
pub struct DoorSettings {
    /// Files of the certificate with its chain and of the private key; `None` means plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Origins whose pages may open sockets and call the API. Without any, all pages may open sockets and none may call
    /// the API.
    pub allowed_origins: Vec<String>,
}

impl Settings {
    pub(super) fn door(layers: &Layers) -> Result<DoorSettings, BadSetting> {
        let file = |name| layers.text(name).map(PathBuf::from);
        let tls = match (file("tls_certificate"), file("tls_key")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return Err(layers.missing("tls_key", ", because `tls_certificate` is set")),
            (None, Some(_)) => return Err(layers.missing("tls_certificate", ", because `tls_key` is set")),
        };
        if let Some((certificate, key)) = &tls {
            crate::tls::read(certificate, key).map_err(|error| {
                let name = if error.is_of_key() { "tls_key" } else { "tls_certificate" };
                layers.bad(name, &format!("a PEM file ({error})"))
            })?;
        }
        let allowed_origins = layers.list("allowed_origins");
        if !allowed_origins.iter().all(|origin| is_origin(origin)) {
            return Err(layers.bad("allowed_origins", "comma-separated origins such as `https://app.example`"));
        }
        Ok(DoorSettings { tls, allowed_origins })
    }

    pub(super) fn proxies(layers: &Layers) -> Result<Proxies, BadSetting> {
        let networks: Option<Vec<_>> = layers.list("trusted_proxies").iter().map(|text| Network::read(text)).collect();
        let expected = "comma-separated addresses and networks such as `10.0.0.7` or `10.0.0.0/8`";
        let networks = networks.ok_or_else(|| layers.bad("trusted_proxies", expected))?;
        let header = match layers.text("forwarded_header").as_deref() {
            Some("x-forwarded-for") | None => ForwardedHeader::XForwardedFor,
            Some("forwarded") => ForwardedHeader::Forwarded,
            Some(_) => return Err(layers.bad("forwarded_header", "`x-forwarded-for` or `forwarded`")),
        };
        Ok(Proxies { networks, header })
    }
}

/// Whether an origin is written as browsers write it: a scheme, a host, and a port unless it is the scheme's default.
fn is_origin(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| url.has_host() && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

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
