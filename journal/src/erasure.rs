//! The steps of an erasure. A step is written by itself, so that others commit in between.

use switchboard_core::CompanyId;

/// A step of an erasure, which is written by itself.
#[derive(Clone, Debug)]
pub enum Step {
    /// A company begins to be prepared, with nothing of an earlier try. From now on no snapshot of it is kept.
    Prepare(CompanyId),
    /// It is given up before anything has happened.
    GiveUp(CompanyId),
    /// What was worked out is laid ready.
    LayReady(CompanyId, Vec<Ready>),
    /// All is laid ready: from now on the person is erased, whatever happens.
    Begin(Begin),
    /// A slice is put in its place. More is left until the erasure is finished.
    Place(CompanyId),
}

/// An erasure whose parts are all laid ready.
#[derive(Clone, Debug)]
pub struct Begin {
    pub company: CompanyId,
    pub is_client: bool,
    pub person: String,
    pub alias: String,
    pub begins: i64,
    pub audit_seen: i64,
}

/// Kinds of things that are laid ready.
pub const EVENT: &str = "event";
pub const BASE: &str = "base";
pub const SNAPSHOT: &str = "snapshot";
pub const OFFER: &str = "offer";
pub const LINE: &str = "line";

/// One thing as it will be.
#[derive(Clone, Debug)]
pub struct Ready {
    /// One of the kinds above.
    pub what: &'static str,
    pub place: u64,
    pub data: String,
}
