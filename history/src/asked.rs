//! Parameters of questions: filters, and ranges of ids.

use switchboard_core::Time;

/// The filter of a list of bookings or sessions.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    pub state: Option<String>,
    pub client: Option<String>,
    pub employee: Option<String>,
    /// Inclusive lower bound of the beginning.
    pub from: Option<Time>,
    /// Exclusive upper bound of the beginning.
    pub to: Option<Time>,
}

/// The reader of an employee's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForWhom {
    /// An admin or a back end, which sees everything done under an id.
    Admin,
    /// The employee who has the id now, and sees nothing of an employee who had the id before.
    Themselves,
}

/// The part of a list of companies that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct CompaniesAsked<'a> {
    /// A JSON array of ids to which the list is limited.
    pub among: Option<&'a str>,
    /// The first characters of the ids.
    pub prefix: &'a str,
    pub after: &'a str,
    pub limit: u32,
}

/// A range of ids: its least id, and the least id behind it.
#[derive(Clone, Copy, Debug)]
pub struct Ids<'a> {
    pub first: &'a str,
    pub before: &'a str,
}
