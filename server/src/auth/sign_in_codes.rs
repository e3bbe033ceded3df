//! Sign-in codes: each is exchanged for a token, once and within a minute, so that a link contains no token.
//!
//! A browser keeps the addresses that it visits, with the part behind `#`. A code in such an address is used up.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use switchboard_core::{CompanyId, Time};
use switchboard_journal::api_key::sha256;
use switchboard_wire::Secret;

/// Lifetime of a code in milliseconds: enough for the answer to a back end, a redirect, and the loading of a page.
pub const CODE_LIFE_MS: u64 = 60_000;
/// The most bytes of a token behind a code. Real tokens are many times smaller, and all codes take at most 16 MiB.
pub const CODED_TOKEN_MAX_BYTES: usize = 8 * 1024;
/// The most unused codes of one company, so that one company cannot use up [`CODES_MAX`].
pub const CODES_OF_COMPANY_MAX: usize = 512;
/// The most unused codes of all companies.
pub const CODES_MAX: usize = 2048;
/// Random bytes of a code, as many as an API key has, so that a code cannot be guessed.
const CODE_BYTES: usize = 32;

/// The reason why no code was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// There are too many unused codes.
    TooMany,
    NoRandomness,
}

/// The unused codes. They are in memory only, so a restart invalidates them.
#[derive(Debug, Default)]
pub struct SignInCodes(Mutex<OpenCodes>);

type CodeDigest = [u8; 32];

#[derive(Debug, Default)]
struct OpenCodes {
    /// The key is a code's digest, so that the time of a look-up reveals nothing about the code.
    codes: HashMap<CodeDigest, Coded>,
    /// Expiry times in their order, including those of codes that have been taken.
    ends: VecDeque<(Time, CodeDigest)>,
    of_company: HashMap<CompanyId, usize>,
}

#[derive(Debug)]
struct Coded {
    company: CompanyId,
    token: Secret,
}

impl SignInCodes {
    /// Makes a code for a token of that company. The caller has checked the token.
    ///
    /// # Errors
    /// There are too many unused codes, or the system has no randomness.
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

    /// Takes the token behind a code; `None` when the code is unknown, used or expired.
    pub fn take(&self, code: &str, now: Time) -> Option<Secret> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.end_until(now);
        waiting.remove(&sha256(code))
    }
}

impl OpenCodes {
    fn end_until(&mut self, now: Time) {
        while let Some((end, digest)) = self.ends.front().copied()
            && end <= now
        {
            self.ends.pop_front();
            self.remove(&digest);
        }
    }

    /// Bounds `ends`, because a code that is taken leaves its expiry time there.
    fn forget_taken(&mut self) {
        if self.ends.len() >= 2 * CODES_MAX {
            let codes = &self.codes;
            self.ends.retain(|(_, digest)| codes.contains_key(digest));
        }
    }

    fn remove(&mut self, digest: &CodeDigest) -> Option<Secret> {
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
        // Codes that were never taken expire and make room.
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
