//! Revocations: the moments before which a person's tokens are refused in a company.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, EmployeeId};
use crate::limits::{REVOCATIONS_KEPT, REVOCATIONS_MAX};
use crate::time::Time;

/// People whose tokens are revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// All people whose token is for the company.
    Everybody,
    Employee(EmployeeId),
    Client(ClientId),
}

/// The claims of a token that a revocation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub bearer: Bearer<'a>,
    /// Whether the token is for this company alone. A client's token may be for all companies.
    pub is_for_company: bool,
    /// By the wall clock; none if the token does not say.
    pub issued_at: Option<Time>,
}

/// Bearer of a token, by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer<'a> {
    Client(&'a str),
    Employee(&'a str),
    Admin,
}

/// All moments before which tokens are refused. They are moments of the wall clock, as those of tokens are, and not of
/// the company's clock, which may be ahead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revocations {
    /// Employees who were removed or shut out.
    employees: BTreeMap<EmployeeId, Time>,
    /// Clients who were shut out.
    clients: BTreeMap<ClientId, Time>,
    /// All tokens for this company, when it was removed.
    everybody: Option<Time>,
    /// The latest moment of the entries that gave way to newer ones. This moment counts for all people, so that no
    /// person comes in again only because others were shut out later.
    gave_way: Option<Time>,
}

impl Revocations {
    pub(crate) fn is_empty(&self) -> bool {
        self.employees.is_empty() && self.clients.is_empty() && self.everybody.is_none() && self.gave_way.is_none()
    }

    /// Revokes tokens that were issued before that moment. A clock that was set back takes nothing back.
    pub(crate) fn add(&mut self, whose: &Whose, before: Time, employees: impl Iterator<Item = EmployeeId>) {
        match whose {
            Whose::Everybody => {
                self.everybody = self.everybody.max(Some(before));
                employees.for_each(|employee| later(self.employees.entry(employee).or_default(), before));
            }
            Whose::Employee(employee) => later(self.employees.entry(employee.clone()).or_default(), before),
            Whose::Client(client) => later(self.clients.entry(client.clone()).or_default(), before),
        }
        if self.len() > REVOCATIONS_MAX {
            self.make_room();
        }
    }

    /// Number of people who are shut out by name.
    pub(crate) fn len(&self) -> usize {
        self.employees.len() + self.clients.len()
    }

    /// Removes the oldest entries, many at once, so that this happens seldom.
    fn make_room(&mut self) {
        let mut moments: Vec<Time> = self.employees.values().chain(self.clients.values()).copied().collect();
        let surplus = moments.len().saturating_sub(REVOCATIONS_KEPT).max(1);
        let (_, latest, _) = moments.select_nth_unstable(surplus - 1);
        let latest = *latest;
        self.employees.retain(|_, before| *before > latest);
        self.clients.retain(|_, before| *before > latest);
        self.gave_way = self.gave_way.max(Some(latest));
    }

    /// Whether the token is refused. A token that does not say when it was issued counts as older than every revocation
    /// of its bearer. Once the company was removed, such a token is taken only of an employee who was made anew, and of
    /// a client whose token is for all companies.
    pub(crate) fn shut_out(&self, token: Token<'_>, is_employed: impl FnOnce(&str) -> bool) -> bool {
        let own = match token.bearer {
            Bearer::Client(client) => self.clients.get(client),
            Bearer::Employee(employee) => self.employees.get(employee),
            Bearer::Admin => None,
        };
        let everybody = self.everybody.filter(|_| token.is_for_company);
        let Some(issued_at) = token.issued_at else {
            let removed = || match token.bearer {
                Bearer::Client(_) | Bearer::Admin => true,
                Bearer::Employee(employee) => !is_employed(employee),
            };
            return own.is_some() || self.gave_way.is_some() || (everybody.is_some() && removed());
        };
        [own.copied(), everybody, self.gave_way].into_iter().flatten().any(|before| issued_at < before)
    }

    /// Gives an employee whose data is erased another id.
    pub(crate) fn rename_employee(&mut self, from: &EmployeeId, to: &EmployeeId) {
        if let Some(before) = self.employees.remove(from) {
            self.employees.insert(to.clone(), before);
        }
    }

    /// Gives a client whose data is erased another id.
    pub(crate) fn rename_client(&mut self, from: &ClientId, to: &ClientId) {
        if let Some(before) = self.clients.remove(from) {
            self.clients.insert(to.clone(), before);
        }
    }
}

fn later(known: &mut Time, before: Time) {
    *known = (*known).max(before);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Bearer<'static> = Bearer::Employee("ann");
    const ZOE: Bearer<'static> = Bearer::Client("zoe");

    fn token(bearer: Bearer<'_>, issued_at_ms: Option<u64>) -> Token<'_> {
        Token { bearer, is_for_company: true, issued_at: issued_at_ms.map(Time::from_ms) }
    }

    fn revoked(whose: &Whose, at_ms: u64) -> Revocations {
        let mut revocations = Revocations::default();
        revocations.add(whose, Time::from_ms(at_ms), std::iter::once("ann".parse().unwrap()));
        revocations
    }

    fn is_out(revocations: &Revocations, token: Token<'_>, is_employed: bool) -> bool {
        revocations.shut_out(token, |_| is_employed)
    }

    #[test]
    fn what_was_issued_before_the_moment_counts_no_more_and_what_came_at_it_or_later_does() {
        let out = revoked(&Whose::Employee("ann".parse().unwrap()), 1000);
        assert!(is_out(&out, token(ANN, Some(999)), true));
        assert!(!is_out(&out, token(ANN, Some(1000)), true));
        assert!(is_out(&out, token(ANN, None), true), "no moment is older than any");
        for other in [Bearer::Employee("bob"), Bearer::Client("ann"), Bearer::Admin] {
            assert!(!is_out(&out, token(other, None), true), "{other:?}");
        }
    }

    #[test]
    fn a_clock_that_went_back_lets_nobody_in_again() {
        let mut out = revoked(&Whose::Client("zoe".parse().unwrap()), 1000);
        out.add(&Whose::Client("zoe".parse().unwrap()), Time::from_ms(500), std::iter::empty());
        assert!(is_out(&out, token(ZOE, Some(999)), false));
    }

    #[test]
    fn the_end_of_a_company_is_for_all_whose_token_is_for_it() {
        let out = revoked(&Whose::Everybody, 1000);
        let of_all = |issued_at_ms| Token { is_for_company: false, ..token(ZOE, issued_at_ms) };
        for bearer in [ANN, ZOE, Bearer::Admin] {
            assert!(is_out(&out, token(bearer, Some(999)), true), "{bearer:?}");
            assert!(!is_out(&out, token(bearer, Some(1000)), true), "{bearer:?}");
        }
        assert!(!is_out(&out, of_all(Some(1)), false) && !is_out(&out, of_all(None), false));
        assert!(is_out(&out, token(Bearer::Admin, None), true) && is_out(&out, token(ZOE, None), true));
        assert!(is_out(&out, token(ANN, None), true), "who was there before is shut out by name");
        assert!(!is_out(&out, token(Bearer::Employee("eve"), None), true), "who was made anew is not");
        assert!(is_out(&out, token(Bearer::Employee("eve"), None), false), "nobody is made by an old token");
    }

    #[test]
    fn the_oldest_give_way_and_stay_shut_out_with_all_who_are_older() {
        let mut out = Revocations::default();
        let client = |n: usize| format!("c{n}").parse::<ClientId>();
        for n in 0..=REVOCATIONS_MAX {
            out.add(&Whose::Client(client(n).unwrap()), Time::from_ms(1000 + n as u64), std::iter::empty());
        }
        assert_eq!(out.len(), REVOCATIONS_KEPT);
        let gave_way = (REVOCATIONS_MAX - REVOCATIONS_KEPT) as u64;
        assert!(is_out(&out, token(Bearer::Client("c0"), Some(999 + gave_way)), false));
        assert!(is_out(&out, token(Bearer::Admin, Some(999 + gave_way)), false));
        assert!(!is_out(&out, token(Bearer::Admin, Some(1000 + gave_way)), false));
        let last = format!("c{REVOCATIONS_MAX}");
        assert!(is_out(&out, token(Bearer::Client(&last), Some(999 + REVOCATIONS_MAX as u64)), false));
    }
}
