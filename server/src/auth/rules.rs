//! What a token must say beside who it is for: to whom, from whom, and how exact its times are.

use serde_json::{Map, Value, json};

use super::TokenError;
use super::claims::present;

/// What every token must keep to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Must be in `aud`, when it is set.
    pub audience: Option<String>,
    /// Must be `iss`, when it is set.
    pub issuer: Option<String>,
    /// By how many seconds the clock of whoever makes tokens may differ from ours.
    pub leeway_s: u64,
}

impl Rules {
    pub(super) const fn leeway_ms(&self) -> u64 {
        self.leeway_s.saturating_mul(1000)
    }

    /// Refuses what is for others, or by others.
    pub(super) fn check(&self, claims: &Map<String, Value>) -> Result<(), TokenError> {
        if let Some(audience) = &self.audience
            && !names(present(claims, "aud"), audience)
        {
            return Err(TokenError::Audience);
        }
        if let Some(issuer) = &self.issuer
            && present(claims, "iss").and_then(Value::as_str) != Some(issuer)
        {
            return Err(TokenError::Issuer);
        }
        Ok(())
    }

    /// Says in a new token what [`Rules::check`] will ask for.
    pub(super) fn write(&self, claims: &mut Map<String, Value>) {
        if let Some(audience) = &self.audience {
            claims.insert("aud".to_owned(), json!(audience));
        }
        if let Some(issuer) = &self.issuer {
            claims.insert("iss".to_owned(), json!(issuer));
        }
    }
}

/// `aud` is one text or many (RFC 7519, section 4.1.3).
fn names(audience: Option<&Value>, wanted: &str) -> bool {
    match audience {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(wanted)),
        _ => false,
    }
}
