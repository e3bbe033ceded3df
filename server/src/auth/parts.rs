//! The parts of a token as they are written: a header, and claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::TokenError;
use super::key::Algorithm;

/// The algorithm that a header names, and the id of the key if it names one.
pub(super) fn read_header(header: &str) -> Result<(Algorithm, Option<String>), TokenError> {
    let header = read_part(header)?;
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(TokenError::Malformed)?;
    let algorithm = Algorithm::named(algorithm).ok_or(TokenError::Algorithm)?;
    // RFC 7515, section 4.1.11: whoever does not know a critical extension must refuse the token.
    if header.contains_key("crit") {
        return Err(TokenError::CriticalExtension);
    }
    let key_id = header.get("kid").and_then(Value::as_str).map(str::to_owned);
    Ok((algorithm, key_id))
}

/// Reads the header or the claims: an object in JSON in base64.
pub(super) fn read_part(part: &str) -> Result<Map<String, Value>, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}
