//! The servers for a call between two browsers: STUN servers, and TURN servers with a short-lived credential.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use switchboard_core::{Party, Time};
use switchboard_wire::Secret;

/// The lifetime of a credential. TURN servers check a credential whenever a relay is prolonged, so it must outlive
/// every consultation, and a leaked one should be worthless the day after.
const CREDENTIAL_LIFE_S: u64 = 12 * 60 * 60;

/// The settings for calls.
#[derive(Clone, Debug, Default)]
pub struct Ice {
    pub stun_urls: Vec<String>,
    pub turn: Option<TurnServers>,
}

/// Servers that relay a call for the holder of a credential.
#[derive(Clone, Debug)]
pub struct TurnServers {
    pub urls: Vec<String>,
    /// The secret that signs credentials, which the TURN servers know too.
    pub secret: Secret,
}

/// The servers in the form of WebRTC's `RTCConfiguration`.
#[derive(Debug, Serialize)]
pub(crate) struct IceServers<'a> {
    ice_servers: Vec<IceServer<'a>>,
    expires_in_ms: Option<u64>,
}

/// One entry of `RTCConfiguration.iceServers`. Absent fields are left out, because browsers read null as the text
/// `null`.
#[derive(Debug, Serialize)]
struct IceServer<'a> {
    urls: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

impl<'a> IceServers<'a> {
    /// The servers for one side of a session, with a credential that is valid from now.
    #[must_use]
    pub(crate) fn of(ice: &'a Ice, party: Party, now: Time) -> Self {
        let mut ice_servers = Vec::new();
        if !ice.stun_urls.is_empty() {
            ice_servers.push(IceServer { urls: &ice.stun_urls, username: None, credential: None });
        }
        let expires_s = now.as_ms() / 1000 + CREDENTIAL_LIFE_S;
        ice_servers.extend(ice.turn.as_ref().map(|turn| with_credential(turn, expires_s, party)));
        let expires_in_ms = ice.turn.is_some().then(|| expires_s * 1000 - now.as_ms());
        Self { ice_servers, expires_in_ms }
    }
}

/// A TURN server with a credential as in draft-uberti-behave-turn-rest.
fn with_credential(turn: &TurnServers, expires_s: u64, party: Party) -> IceServer<'_> {
    // The side instead of a name, so that TURN servers learn of no person.
    let username = format!("{expires_s}:{}", party.word());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, turn.secret.expose().as_bytes());
    let credential = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
    IceServer { urls: &turn.urls, username: Some(username), credential: Some(credential) }
}

#[cfg(test)]
mod tests {
    use switchboard_wire::Secret;

    use super::*;

    fn told(ice: &Ice) -> serde_json::Value {
        serde_json::to_value(IceServers::of(ice, Party::Employee, Time::from_ms(1_700_000_000_250))).unwrap()
    }

    #[test]
    fn without_settings_no_server_is_named_and_nothing_expires() {
        assert_eq!(told(&Ice::default()), serde_json::json!({"ice_servers": [], "expires_in_ms": null}));
    }

    #[test]
    fn a_turn_server_comes_with_a_credential_and_a_stun_server_without() {
        let turn = TurnServers { urls: vec!["turn:b.example".to_owned()], secret: Secret::new("north".to_owned()) };
        let ice = Ice { stun_urls: vec!["stun:a.example".to_owned()], turn: Some(turn) };
        // The credential comes from: printf 1700043200:employee | openssl dgst -sha1 -hmac north -binary | base64
        let expected = serde_json::json!({
            "ice_servers": [
                {"urls": ["stun:a.example"]},
                {"urls": ["turn:b.example"], "username": "1700043200:employee", "credential": "5yCAVEUvWFRygGnJ1GcD+DFVsdE="},
            ],
            "expires_in_ms": 43_199_750,
        });
        assert_eq!(told(&ice), expected);
    }
}
