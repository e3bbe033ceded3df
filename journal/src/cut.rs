//! A cut: where a company's history begins from now on.

use switchboard_core::{Company, CompanyId, Time};

/// A new begin of a company's history.
#[derive(Clone, Debug)]
pub struct Cut {
    pub company: CompanyId,
    /// The state that history begins with from now on; its events are removed.
    pub origin: Company,
    /// What ended before this is removed.
    pub ended_before: Time,
    /// Numbers of employees, each with the event since which it was theirs: nothing that is kept names them any more.
    pub numbers: Vec<(u32, u64)>,
    /// The revision of the history that all this was read from.
    pub revision: u64,
}
