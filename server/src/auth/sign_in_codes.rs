//! Sign-in codes: each stands for a token, for a minute and for one taker, so that a link names no token.
//!
//! A browser keeps the addresses that it was sent to, also what stands behind `#`. A code that it keeps is good for
//! nothing any more.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use switchboard_core::{CompanyId, Time};
use switchboard_journal::api_key::sha256;
use switchboard_wire::Secret;

/// How long a code is good, in milliseconds: from the answer to a back end, over a redirect, to a page that has loaded.
pub const CODE_LIFE_MS: u64 = 60_000;
/// Bytes of a token that a code may stand for: many times what a token has, and all codes together a few megabytes.
pub const CODED_TOKEN_MAX_BYTES: usize = 8 * 1024;
/// Codes that wait to be taken: of one company, so that none takes the places of all, and in all.
pub const CODES_OF_COMPANY_MAX: usize = 512;
/// See [`CODES_OF_COMPANY_MAX`].
pub const CODES_MAX: usize = 2048;
/// As many as an API key has: nobody guesses one within its minute, nor within a life.
const CODE_BYTES: usize = 32;

/// Why there is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// Too many wait to be taken.
    TooMany,
    /// The system has no randomness.
    NoRandomness,
}

/// The codes that wait to be taken. They are in memory alone: a restart ends them, as a minute would.
#[derive(Debug, Default)]
pub struct SignInCodes(Mutex<Waiting>);

type Digest = [u8; 32];

#[derive(Debug, Default)]
struct Waiting {
    /// By the digests of the codes: how long a look-up takes says nothing of a code.
    codes: HashMap<Digest, Coded>,
    /// In the order in which they end. Some were taken by now.
    ends: VecDeque<(Time, Digest)>,
    of_company: HashMap<CompanyId, usize>,
}

#[derive(Debug)]
struct Coded {
    company: CompanyId,
    token: Secret,
}

impl SignInCodes {
    /// Makes a code for a token that was looked at, for its company.
    ///
    /// # Errors
    /// When there are too many already, or there is no randomness.
    pub fn make(&self, company: CompanyId, token: Secret, now: Time) -> Result<String, NoCode> {
        let mut bytes = [0; CODE_BYTES];
        rand::fill(&mut bytes).map_err(|_| NoCode::NoRandomness)?;
        let code = URL_SAFE_NO_PAD.encode(bytes);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.end_until(now);
        let of_company = waiting.of_company.get(&company).copied().unwrap_or_default();
        if of_company >= CODES_OF_COMPANY_MAX || waiting.codes.len() >= CODES_MAX {
            return Err(NoCode::TooMany);
        }
        waiting.of_company.insert(company.clone(), of_company + 1);
        waiting.forget_taken();
        let digest = sha256(&code);
        waiting.ends.push_back((now.plus_ms(CODE_LIFE_MS), digest));
        waiting.codes.insert(digest, Coded { company, token });
        Ok(code)
    }

    /// The token that a code stands for; none when the code was taken, has ended, or is none.
    pub fn take(&self, code: &str, now: Time) -> Option<Secret> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.end_until(now);
        waiting.remove(&sha256(code))
    }
}

impl Waiting {
    fn end_until(&mut self, now: Time) {
        while let Some((end, digest)) = self.ends.front().copied()
            && end <= now
        {
            self.ends.pop_front();
            self.remove(&digest);
        }
    }

    /// Codes that are taken at once leave their ends behind: no more than there may be codes.
    fn forget_taken(&mut self) {
        if self.ends.len() >= 2 * CODES_MAX {
            let codes = &self.codes;
            self.ends.retain(|(_, digest)| codes.contains_key(digest));
        }
    }

    fn remove(&mut self, digest: &Digest) -> Option<Secret> {
        let Coded { company, token } = self.codes.remove(digest)?;
        if let Some(count) = self.of_company.get_mut(&company) {
            *count -= 1;
            if *count == 0 {
                self.of_company.remove(&company);
            }
        }
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> CompanyId {
        "acme".parse().unwrap()
    }

    fn make(codes: &SignInCodes, company: &CompanyId, now_ms: u64) -> Result<String, NoCode> {
        codes.make(company.clone(), Secret::new(format!("token of {now_ms}")), Time::from_ms(now_ms))
    }

    fn take(codes: &SignInCodes, code: &str, now_ms: u64) -> Option<String> {
        codes.take(code, Time::from_ms(now_ms)).map(|token| token.expose().to_owned())
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let codes = SignInCodes::default();
        let [first, second] = [1, 2].map(|now_ms| make(&codes, &acme(), now_ms).unwrap());
        assert_eq!(first.len(), 43);
        assert_eq!(take(&codes, &first, 3).as_deref(), Some("token of 1"));
        assert_eq!(take(&codes, &first, 3), None);
        assert_eq!(take(&codes, "", 3), None);
        assert_eq!(take(&codes, &second, 2 + CODE_LIFE_MS), None);
    }

    #[test]
    fn one_company_takes_no_more_than_its_share_and_all_no_more_than_there_are() {
        let codes = SignInCodes::default();
        for _ in 0..CODES_OF_COMPANY_MAX {
            make(&codes, &acme(), 1).unwrap();
        }
        assert_eq!(make(&codes, &acme(), 1), Err(NoCode::TooMany));
        let mut last = None;
        for number in CODES_OF_COMPANY_MAX..CODES_MAX {
            last = Some(make(&codes, &format!("c{}", number % 100).parse().unwrap(), 1).unwrap());
        }
        let other = "other".parse().unwrap();
        assert_eq!(make(&codes, &other, 1), Err(NoCode::TooMany));
        take(&codes, &last.unwrap(), 1).unwrap();
        make(&codes, &other, 1).unwrap();
        // Whatever was never taken makes room by itself.
        make(&codes, &acme(), 1 + CODE_LIFE_MS).unwrap();
        let waiting = codes.0.lock().unwrap();
        assert_eq!((waiting.codes.len(), waiting.ends.len(), waiting.of_company.len()), (1, 1, 1));
    }

    #[test]
    fn codes_that_are_taken_at_once_leave_little_behind() {
        let codes = SignInCodes::default();
        for _ in 0..5 * CODES_MAX {
            let code = make(&codes, &acme(), 1).unwrap();
            take(&codes, &code, 1).unwrap();
        }
        let waiting = codes.0.lock().unwrap();
        assert!(waiting.codes.is_empty() && waiting.of_company.is_empty());
        assert!(waiting.ends.len() <= 2 * CODES_MAX, "{}", waiting.ends.len());
    }
}
