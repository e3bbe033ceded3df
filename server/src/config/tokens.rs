//! What tokens are checked with: a secret, keys in a file or at a URL, and the rules that every token must keep.

use std::path::PathBuf;

use switchboard_wire::Secret;

use super::layers::Layers;
use super::{BadSetting, Settings};
use crate::auth::{Rules, read_file};
use crate::shown_url::PrivateUrl;

/// What tokens are checked with. At least one of the first three is there.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// The shared secret, for HS256.
    pub secret: Option<Secret>,
    /// A file of public keys.
    pub keys: Option<PathBuf>,
    /// Where public keys are fetched.
    pub url: Option<PrivateUrl<String>>,
    /// What every token must keep to.
    pub rules: Rules,
}

impl Settings {
    /// All of it but the secret.
    pub(super) fn tokens(layers: &Layers) -> Result<Tokens, BadSetting> {
        let keys = layers.text("jwt_keys").map(PathBuf::from);
        if let Some(Err(error)) = keys.as_deref().map(read_file) {
            return Err(layers.bad("jwt_keys", &format!("a file with a JWKS or public keys in PEM ({error})")));
        }
        let url = layers.text("jwks_url");
        if url.as_deref().is_some_and(|url| !is_safe(url)) {
            return Err(layers.bad("jwks_url", "a URL that begins with `https://`, or `http://` and this machine"));
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

/// Whoever can change what comes from there can be anybody: so it comes encrypted, or from this machine.
fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let here = ["localhost", "127.0.0.1", "[::1]"];
    match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(|host| here.contains(&host)),
        _ => false,
    }
}
