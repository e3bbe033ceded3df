//! Authentication: tokens of people, keys for checking and signing them, and sign-in codes.

mod key;
mod key_set;
mod key_source;
mod keyring;
mod parts;
mod rules;
mod sign_in_codes;
mod signer;
mod subprotocol;

pub use self::key_set::{BadKeySet, KeySet};
pub use self::key_source::{LiveKeys, NoKeys, follow_file, follow_url, read_file};
pub use self::keyring::Keyring;
pub use self::rules::Rules;
pub use self::sign_in_codes::{
    CODE_LIFE_MS, CODED_TOKEN_MAX_BYTES, CODES_MAX, CODES_OF_COMPANY_MAX, NoCode, SignInCodes,
};
pub use self::signer::Signer;
pub use self::subprotocol::subprotocol_token;

use switchboard_wire::claims::{self, BadClaims, Claims};

/// The reason for refusing a token. No message repeats a part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token is not three parts of base64url with JSON objects in them.
    #[error("the token is not a JWT")]
    Malformed,
    /// The algorithm is `none`, or no key here is for it.
    #[error("the token's algorithm (`alg`) is not accepted")]
    Algorithm,
    /// The `kid` names no key here.
    #[error("no key has the token's key id (`kid`)")]
    UnknownKey,
    /// The header demands an extension (`crit`).
    #[error("the token's header requires an unknown extension (`crit`)")]
    CriticalExtension,
    /// The token was signed with another key, or changed after signing.
    #[error("the token's signature does not match")]
    Signature,
    #[error("the token has expired (`exp`)")]
    Expired,
    #[error("the token is not valid yet (`nbf`)")]
    NotYetValid,
    #[error("the token is not for this server (`aud`)")]
    Audience,
    #[error("the token is not from the trusted issuer (`iss`)")]
    Issuer,
    #[error(transparent)]
    Claims(#[from] BadClaims),
    /// The ring has no key that can sign, or the key is unusable.
    #[error("there is no key to sign tokens with")]
    Signing,
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod odd_tokens;

#[cfg(test)]
mod odd_signatures;
