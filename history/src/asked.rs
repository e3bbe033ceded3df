//! What is asked for: filters, and ranges of ids.

use switchboard_core::Time;

/// Which bookings or sessions are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<String>,
    pub client: Option<String>,
    pub employee: Option<String>,
    /// Begun at this time or later.
    pub from: Option<Time>,
    /// Begun before this time.
    pub to: Option<Time>,
}

/// The reader of an employee's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForWhom {
    /// An admin or a back end, for whom all that was done under an id counts.
    Admin,
    /// The employee who has the id now, and sees nothing of an employee who had the id before.
    Themselves,
}

/// Which companies of a list are asked for.
#[derive(Clone, Copy, Debug)]
pub struct CompaniesAsked<'a> {
    /// Only companies of this JSON array of ids.
    pub among: Option<&'a str>,
    /// The first characters of the id.
    pub prefix: &'a str,
    pub after: &'a str,
    pub limit: u32,
}

/// A range of ids: the first that may be in it, and the one behind all of it.
#[derive(Clone, Copy, Debug)]
pub struct Ids<'a> {
    pub first: &'a str,
    pub before: &'a str,
}
