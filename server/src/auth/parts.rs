//! Parser for the parts of a token: the header and the claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::TokenError;
use super::key::Algorithm;

/// The algorithm that a header names, and the id of a key if the header names one.
pub(super) fn read_header(header: &str) -> Result<(Algorithm, Option<String>), TokenError> {
    let header = read_part(header)?;
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(TokenError::Malformed)?;
    let algorithm = Algorithm::named(algorithm).ok_or(TokenError::Algorithm)?;
    // A token with an unknown critical extension must be refused (RFC 7515, section 4.1.11).
    if header.contains_key("crit") {
        return Err(TokenError::CriticalExtension);
    }
    let key_id = header.get("kid").and_then(Value::as_str).map(str::to_owned);
    Ok((algorithm, key_id))
}

/// Decodes the header or the claims: a JSON object in base64url.
pub(super) fn read_part(part: &str) -> Result<Map<String, Value>, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}
