//! The answer to a join.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use switchboard_wire::phoenix::{self, Ref, ReplyStatus, Version};

/// The answer to a join, which becomes a frame when it is written: what it shows is the same for all who join at that
/// moment, and waits once for all of them.
#[derive(Debug)]
pub struct Snapshot {
    /// The ref of the join.
    pub join_ref: Ref,
    /// The ref of the request.
    pub reference: Ref,
    /// The topic.
    pub topic: Arc<str>,
    /// What it shows: a JSON object.
    pub shown: Arc<String>,
}

impl Snapshot {
    pub(super) fn bytes(&self) -> usize {
        self.topic.len() + self.shown.len()
    }

    pub(super) fn frame(&self, version: Version) -> Utf8Bytes {
        let Self { join_ref, reference, topic, shown } = self;
        phoenix::reply(version, join_ref, reference, topic, ReplyStatus::Ok, shown).into()
    }
}
