//! The steps of an erasure. Each step is a write of its own, so that other entries are committed in between.

use switchboard_core::CompanyId;

/// A step of an erasure, in the order of an erasure.
#[derive(Clone, Debug)]
pub enum ErasureStep {
    /// Begins the preparation of a company, without any remains of an earlier try. From now on its snapshots are not
    /// written.
    Prepare(CompanyId),
    /// Gives the preparation up. The history is unchanged.
    GiveUp(CompanyId),
    /// Stores a slice of the replacements beside the history.
    LayReady(CompanyId, Vec<Ready>),
    /// Decides the erasure: all replacements are stored, and from now on the erasure is completed even after a crash.
    Begin(Begin),
    /// Puts a slice of the replacements in place. `Written::More` is the outcome until the erasure is finished.
    Place(CompanyId),
}

/// The parameters of an erasure whose replacements are all stored.
#[derive(Clone, Debug)]
pub struct Begin {
    pub company: CompanyId,
    pub is_client: bool,
    pub person: String,
    pub alias: String,
    pub begins: i64,
    pub audit_seen: i64,
}

/// Stored names of the kinds of replacements.
pub const EVENT: &str = "event";
pub const BASE: &str = "base";
pub const SNAPSHOT: &str = "snapshot";
pub const OFFER: &str = "offer";
pub const LINE: &str = "line";

/// One replacement: the event, state or row as it will be.
#[derive(Clone, Debug)]
pub struct Ready {
    /// One of the kinds above.
    pub what: &'static str,
    pub place: u64,
    pub data: String,
}
