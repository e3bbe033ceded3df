//! The reply to a join, encoded late.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use switchboard_wire::phoenix::{self, Ref, ReplyStatus, Version};

/// The reply to a join. The frame is encoded when the writer takes it, so that devices which join at the same moment
/// share one text until then.
#[derive(Debug)]
pub struct SnapshotReply {
    pub join_ref: Ref,
    pub reference: Ref,
    pub topic: Arc<str>,
    /// The state of the room as a JSON object.
    pub shown: Arc<String>,
}

impl SnapshotReply {
    pub(super) fn bytes(&self) -> usize {
        self.topic.len() + self.shown.len()
    }

    pub(super) fn frame(&self, version: Version) -> Utf8Bytes {
        let Self { join_ref, reference, topic, shown } = self;
        phoenix::reply(version, join_ref, reference, topic, ReplyStatus::Ok, shown).into()
    }
}
