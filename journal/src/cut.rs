//! A cut: the new beginning of a company's history.

use switchboard_core::{Company, CompanyId, Time};

/// A new beginning of a company's history.
#[derive(Clone, Debug)]
pub struct Cut {
    pub company: CompanyId,
    /// The state that the history begins with from now on. Its events are removed.
    pub origin: Company,
    /// Bookings and sessions that ended before this time are removed.
    pub ended_before: Time,
    /// Numbers of employees that no remaining event uses, each with the event since which the employee had the number.
    pub numbers: Vec<(u32, u64)>,
    /// The revision of the history that all of this was read from.
    pub revision: u64,
}
