//! Who may come in: the tokens of people and the API key of back ends.

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

/// Why a token is refused, in words that repeat nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts of base64url, or not JSON objects in them.
    #[error("the token is not a JWT")]
    Malformed,
    /// `none`, or an algorithm that no key here is for.
    #[error("the token's algorithm (`alg`) is not one that is accepted here")]
    Algorithm,
    /// Its `kid` names no key here.
    #[error("no key here has the id that the token names (`kid`)")]
    UnknownKey,
    /// The header demands an extension (`crit`).
    #[error("the token's header demands an extension (`crit`) that is unknown here")]
    CriticalExtension,
    /// Signed with another key, or changed after it was signed.
    #[error("the token's signature does not match")]
    Signature,
    /// Its `exp` has passed.
    #[error("the token has expired (`exp`)")]
    Expired,
    /// Its `nbf` is still to come.
    #[error("the token is not valid yet (`nbf`)")]
    NotYetValid,
    /// It is for somebody else.
    #[error("the token is not for this server (`aud`)")]
    Audience,
    /// It is from somebody else.
    #[error("the token is not from the issuer that is trusted here (`iss`)")]
    Issuer,
    /// Its claims are not as they must be.
    #[error(transparent)]
    Claims(#[from] BadClaims),
    /// No key on the ring can sign, or it is no key.
    #[error("there is no key to sign a token with")]
    Signing,
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod odd_tokens;

#[cfg(test)]
mod odd_signatures;
