//! Revoked tokens: every revocation as it came, looked through from end to end.

use switchboard_core::{EmployeeId, Time, Whose};

use super::{ExpectedAnswer, Model};

/// One revocation of tokens.
#[derive(Clone, Debug)]
pub struct Shut {
    whose: Whose,
    before: Time,
    /// The employees at the time of the revocation.
    staff: Vec<EmployeeId>,
}

/// The parts of a token that revocations look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownToken {
    pub who: TokenHolder,
    /// Whether the token names this company and no other.
    pub is_for_company: bool,
    /// When the token was issued.
    pub issued_ms: Option<u64>,
}

/// The bearer of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenHolder {
    Client(String),
    Employee(String),
    Admin,
}

impl Model {
    pub(super) fn revoke(&mut self, whose: &Whose, before: Time) -> ExpectedAnswer {
        let staff = self.staff.iter().flatten().map(|staff| staff.id.clone()).collect();
        self.shut.push(Shut { whose: whose.clone(), before, staff });
        if *whose != Whose::Everybody {
            self.told.shut_out.push(whose.clone());
        }
        ExpectedAnswer::Done
    }

    /// Whether a revocation applies to the token.
    #[must_use]
    pub fn is_out(&self, shown: &ShownToken) -> bool {
        self.shut.iter().any(|shut| {
            let is_old = shown.issued_ms.is_none_or(|issued_ms| issued_ms < shut.before.as_ms());
            let is_meant = match (&shut.whose, &shown.who) {
                (Whose::Client(shut), TokenHolder::Client(id)) => shut.as_str() == id,
                (Whose::Employee(shut), TokenHolder::Employee(id)) => shut.as_str() == id,
                (Whose::Everybody, TokenHolder::Employee(id)) if shown.issued_ms.is_none() => {
                    let was_there = shut.staff.iter().any(|staff| staff.as_str() == id);
                    was_there || !self.staff.iter().flatten().any(|staff| staff.id.as_str() == id)
                }
                (Whose::Everybody, _) => shown.is_for_company,
                (Whose::Client(_) | Whose::Employee(_), _) => false,
            };
            is_old && is_meant
        })
    }
}
