//! Close codes of the sockets that the server closes.

/// The device was silent for too long.
pub const GOING_AWAY: u16 = 1001;
/// A frame does not have the right form.
pub const FORM: u16 = 1002;
pub const NOT_JSON: u16 = 1007;
pub const TOO_BIG: u16 = 1009;
/// A frame to the device would be larger than a frame may be.
pub const TOO_LARGE_TO_TELL: u16 = 1011;
pub const RESTART: u16 = 1012;
/// The device reads events too slowly.
pub const TOO_SLOW: u16 = 1013;
pub const TOKEN_EXPIRED: u16 = 4401;

/// The person's tokens were revoked.
pub const REVOKED: u16 = 4403;

/// All codes, each with a word for it.
pub const ALL: [(u16, &str); 9] = [
    (GOING_AWAY, "silent"),
    (FORM, "bad_form"),
    (NOT_JSON, "not_json"),
    (TOO_BIG, "too_big"),
    (TOO_LARGE_TO_TELL, "too_large_to_tell"),
    (RESTART, "restart"),
    (TOO_SLOW, "too_slow"),
    (TOKEN_EXPIRED, "token_expired"),
    (REVOKED, "revoked"),
];

/// The word for a code. A code that is not in the list has the word of [`FORM`].
#[must_use]
pub fn why(code: u16) -> &'static str {
    ALL.iter().find(|(known, _)| *known == code).map_or("bad_form", |(_, why)| why)
}
