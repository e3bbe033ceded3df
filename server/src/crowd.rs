//! Tokens for the people of `switchboard load` and `switchboard demo`.

use switchboard_core::Party;
use switchboard_exchange::clock::Clock;
use switchboard_load::{Identity, Sign};
use switchboard_wire::claims::{Claims, Role};

use crate::auth::Keyring;

/// Signs tokens with the secret of the server.
#[must_use]
pub fn sign_with(secret: &str) -> Box<Sign> {
    let (keyring, clock) = (Keyring::hs256(secret.as_bytes()), Clock::start());
    Box::new(move |identity: &Identity| {
        let now_ms = clock.now().as_ms();
        let claims = Claims {
            subject: identity.id.clone(),
            role: match identity.role {
                Party::Client => Role::Client,
                Party::Employee => Role::Employee,
            },
            company: Some(identity.company.clone()),
            name: identity.name.clone(),
            topics: identity.topics.clone(),
            skills: None,
            priority: None,
            scope: None,
            issued_at_ms: Some(now_ms),
            expires_at_s: now_ms / 1000 + identity.valid_for.as_secs(),
        };
        Ok(keyring.sign(&claims)?)
    })
}
