//! Settings for checking tokens: a secret, keys in a file or at a URL, and the rules that every token must keep.

use std::path::PathBuf;

use switchboard_wire::Secret;

use super::layers::Layers;
use super::shown_url::PrivateUrl;
use super::{BadSetting, Settings};
use crate::auth::{Rules, read_file};

/// Keys and rules that tokens are checked with. At least one of the first three fields is set.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Shared secret, for HS256.
    pub secret: Option<Secret>,
    /// File with public keys.
    pub keys: Option<PathBuf>,
    /// URL that public keys are fetched from.
    pub url: Option<PrivateUrl<String>>,
    pub rules: Rules,
}

impl Settings {
    /// Everything but the secret, which `dev` may have to generate first.
    pub(super) fn tokens(layers: &Layers) -> Result<Tokens, BadSetting> {
        let keys = layers.text("jwt_keys").map(PathBuf::from);
        if let Some(Err(error)) = keys.as_deref().map(read_file) {
            return Err(layers.bad("jwt_keys", &format!("a file with a JWKS or PEM public keys ({error})")));
        }
        let url = layers.text("jwks_url");
        if url.as_deref().is_some_and(|url| !is_safe(url)) {
            return Err(layers.bad("jwks_url", "an `https://` URL, or an `http://` URL of this machine"));
        }
        Ok(Tokens { secret: None, keys, url: url.map(PrivateUrl::new), rules: Self::rules(layers)? })
    }

    pub(super) fn rules(layers: &Layers) -> Result<Rules, BadSetting> {
        Ok(Rules {
            audience: layers.text("jwt_audience"),
            issuer: layers.text("jwt_issuer"),
            leeway_s: layers.value("jwt_leeway_s")?,
        })
    }
}

/// Whether keys from a URL can be trusted: encrypted, or from this machine. An attacker who could change them on the
/// way could sign in as anyone.
fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let here = ["localhost", "127.0.0.1", "[::1]"];
    match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(|host| here.contains(&host)),
        _ => false,
    }
}
