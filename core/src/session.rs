//! A session: the consultation between one client and one employee.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, Key, MessageId, SessionId, Topic, Word};
use crate::limits::MESSAGES_AT_HAND_MAX;
use crate::person::{EndedBy, Party};
use crate::time::Time;

/// The consultation between one client and one employee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub booking: BookingId,
    pub client: ClientId,
    /// Display name of the client when the booking was opened, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<Arc<str>>,
    pub employee: EmployeeNo,
    /// Kept after the employee is removed, too.
    pub employee_id: EmployeeId,
    /// Display name when the session began.
    pub employee_name: Arc<str>,
    pub topic: Topic,
    pub started_at: Time,
    pub ended_at: Option<Time>,
    pub ended_by: Option<EndedBy>,
    pub reason: Option<Arc<str>>,
    pub client_presence: Presence,
    pub employee_presence: Presence,
    /// The latest messages, oldest first.
    pub messages: VecDeque<Message>,
    /// Bytes of the earlier messages, as far as they were counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) bytes_before: u64,
    /// How the session went, in a word of the company; the client never sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Word>,
    /// None if the employee never wrote any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

impl Session {
    /// Whether the session goes on.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Presence of that side.
    #[must_use]
    pub const fn presence(&self, party: Party) -> &Presence {
        match party {
            Party::Client => &self.client_presence,
            Party::Employee => &self.employee_presence,
        }
    }

    pub(crate) const fn presence_mut(&mut self, party: Party) -> &mut Presence {
        match party {
            Party::Client => &mut self.client_presence,
            Party::Employee => &mut self.employee_presence,
        }
    }

    /// The message with that id, if it is still kept.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    pub(crate) fn message_with_key(&self, from: Party, key: &Key) -> Option<&Message> {
        self.messages.iter().rev().find(|m| m.from == from && m.key.as_ref() == Some(key))
    }

    /// Bytes of all messages, also of those that are no longer kept, as far as they were counted.
    #[must_use]
    pub fn message_bytes(&self) -> u64 {
        let at_hand: u64 = self.messages.iter().map(bytes).sum();
        self.bytes_before.saturating_add(at_hand)
    }

    /// Whether one more message of so many bytes would exceed the bound of the session.
    pub(crate) fn is_full_for(&self, more: usize, max_bytes: u64) -> bool {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        self.message_bytes().saturating_add(more) > max_bytes
    }

    pub(crate) fn push_message(&mut self, message: Message) {
        if self.messages.len() == MESSAGES_AT_HAND_MAX
            && let Some(before) = self.messages.pop_front()
        {
            self.bytes_before = self.bytes_before.saturating_add(bytes(&before));
        }
        self.messages.push_back(message);
    }

    /// Approximate bytes in memory.
    pub(crate) fn weight(&self) -> usize {
        let notes = self.notes.as_ref().map_or(0, |notes| notes.body.len());
        400 + notes
            + self.client_name.as_ref().map_or(0, |name| name.len())
            + self.messages.iter().map(|m| 120 + m.body.len()).sum::<usize>()
    }
}

fn bytes(message: &Message) -> u64 {
    u64::try_from(message.body.len()).unwrap_or(u64::MAX)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// Presence of one side of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// A device of that side has joined the session's topic.
    pub online: bool,
    /// Until when a side without any device may come back.
    pub due: Option<Time>,
}

/// A message in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub from: Party,
    pub body: Arc<str>,
    pub at: Time,
    /// Idempotency key of the sender.
    pub key: Option<Key>,
}

/// Notes of the employee on a session, which the client never sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Empty if the notes were cleared.
    pub body: Arc<str>,
    pub at: Time,
}
