//! Rules for tokens: the audience, the issuer, and the leeway of the times.

use serde_json::{Map, Value, json};

use super::TokenError;
use super::claims::present;

/// Rules that every token must keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The audience that `aud` must name; `None` accepts any.
    pub audience: Option<String>,
    /// The issuer that `iss` must be; `None` accepts any.
    pub issuer: Option<String>,
    /// The greatest difference between the clock of the issuer and the clock of this server, in seconds.
    pub leeway_s: u64,
}

impl Rules {
    pub(super) const fn leeway_ms(&self) -> u64 {
        self.leeway_s.saturating_mul(1000)
    }

    /// Refuses a token for another audience or from another issuer.
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

    /// Adds the claims that [`Rules::check`] requires to a new token.
    pub(super) fn write(&self, claims: &mut Map<String, Value>) {
        if let Some(audience) = &self.audience {
            claims.insert("aud".to_owned(), json!(audience));
        }
        if let Some(issuer) = &self.issuer {
            claims.insert("iss".to_owned(), json!(issuer));
        }
    }
}

/// Whether `aud`, which is one text or a list of texts (RFC 7519, section 4.1.3), names the audience.
fn names(audience: Option<&Value>, wanted: &str) -> bool {
    match audience {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(wanted)),
        _ => false,
    }
}
