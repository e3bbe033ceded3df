//! The token that phoenix.js puts into the list of WebSocket subprotocols (`authToken`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

const PREFIX: &str = "base64url.bearer.phx.";

/// Finds the token in a `Sec-WebSocket-Protocol` header, where it follows `base64url.bearer.phx.` in base64.
///
/// Both alphabets of base64 are accepted, padded or not, because phoenix.js names the URL-safe one and sends the
/// standard one.
pub fn subprotocol_token(header: &str) -> Option<String> {
    let encoded = header.split(',').find_map(|entry| entry.trim().strip_prefix(PREFIX))?;
    let encoded = encoded.trim_end_matches('=').replace('-', "+").replace('_', "/");
    String::from_utf8(STANDARD_NO_PAD.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_beside_the_protocol() {
        let header = "phoenix, base64url.bearer.phx.YS5iLmM";
        assert_eq!(subprotocol_token(header).as_deref(), Some("a.b.c"));
        let header = "base64url.bearer.phx.YS5iLmM=,phoenix";
        assert_eq!(subprotocol_token(header).as_deref(), Some("a.b.c"));
    }

    #[test]
    fn both_alphabets_are_read() {
        for encoded in ["w7/Dvj4/", "w7_Dvj4_", "fn5+", "fn5-"] {
            let header = format!("phoenix,base64url.bearer.phx.{encoded}");
            assert!(subprotocol_token(&header).is_some(), "{encoded}");
        }
    }

    #[test]
    fn a_header_without_a_token_has_none() {
        for header in [
            "",
            "phoenix",
            "base64url.bearer.phx",
            "base64url.bearer.phx.!!",
            "base64url.bearer.phx.YS5iLmM YS5i",
            "base64url.bearer.phx._w",
        ] {
            assert_eq!(subprotocol_token(header), None, "{header}");
        }
    }

    #[test]
    fn an_empty_token_is_a_token_that_no_key_will_take() {
        assert_eq!(subprotocol_token("base64url.bearer.phx.").as_deref(), Some(""));
    }
}
