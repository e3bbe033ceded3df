//! Who may come in: the tokens of people and the API key of back ends.

mod api_key;
mod claims;
mod keyring;
mod parts;
mod subprotocol;

use jsonwebtoken::crypto::aws_lc;

pub use self::api_key::ApiKey;
pub use self::claims::{Claims, Role, UnknownRole};
pub use self::keyring::Keyring;
pub use self::subprotocol::subprotocol_token;

/// Chooses the cryptography that tokens are checked with, for the whole process. Any number of calls does no harm.
///
/// jsonwebtoken finds it by itself only as long as no other crate of the build turns on a second backend of its.
pub fn install_crypto_provider() {
    // An error says that one is installed already.
    let _ = aws_lc::DEFAULT_PROVIDER.install_default();
}

/// Why a token is refused, in words that repeat nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts of base64url, or not JSON objects in them.
    #[error("the token is not a JWT")]
    Malformed,
    /// `none`, or an algorithm that no key here is for.
    #[error("the token's algorithm (`alg`) is not one that is accepted here")]
    Algorithm,
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
    /// A claim that must be there is not.
    #[error("the token has no `{0}`")]
    Missing(&'static str),
    /// A claim is not of the form it must have.
    #[error("the token's `{claim}` must be {expected}")]
    BadClaim {
        /// The claim's name.
        claim: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// An employee's or an admin's token without a company.
    #[error("the token has no `company`, which an employee's and an admin's must have")]
    NoCompany,
    /// No key on the ring can sign.
    #[error("there is no key to sign a token with")]
    Signing,
}
