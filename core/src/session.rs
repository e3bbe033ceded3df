//! A session: the consultation between one client and one employee.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, Key, MessageId, SessionId, Topic};
use crate::limits::MESSAGES_AT_HAND_MAX;
use crate::person::{EndedBy, Party};
use crate::time::Time;

/// The consultation between one client and one employee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The booking that led to it.
    pub booking: BookingId,
    /// Who asked.
    pub client: ClientId,
    /// What people called the client when they asked, if it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<Arc<str>>,
    /// The number in the roster of who said yes.
    pub employee: EmployeeNo,
    /// Who said yes; kept also after the employee is gone.
    pub employee_id: EmployeeId,
    /// The employee's display name when it began.
    pub employee_name: Arc<str>,
    /// About what.
    pub topic: Topic,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// Who ended it.
    pub ended_by: Option<EndedBy>,
    /// Their words.
    pub reason: Option<Arc<str>>,
    /// The client's presence.
    pub client_presence: Presence,
    /// The employee's presence.
    pub employee_presence: Presence,
    /// The latest messages, oldest first.
    pub messages: VecDeque<Message>,
    /// Bytes of the messages before them, as far as they were counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) bytes_before: u64,
    /// What the employee noted about it; none when they never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

impl Session {
    /// Whether it goes on.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.ended_at.is_none()
    }

    /// That side's presence.
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

    /// The message with that id, if it is still at hand.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    pub(crate) fn message_with_key(&self, from: Party, key: &Key) -> Option<&Message> {
        self.messages.iter().rev().find(|m| m.from == from && m.key.as_ref() == Some(key))
    }

    /// Bytes of all its messages, also of those that are not at hand any more, as far as they were counted.
    #[must_use]
    pub fn message_bytes(&self) -> u64 {
        let at_hand: u64 = self.messages.iter().map(bytes).sum();
        self.bytes_before.saturating_add(at_hand)
    }

    /// Whether one more message of so many bytes would be more than it may have.
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

    /// Bytes that it takes in memory, roughly.
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

/// Whether one side of a session is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// A device of theirs has joined the session's topic.
    pub online: bool,
    /// Until when they, who have no device at all, may come back.
    pub due: Option<Time>,
}

/// Something said in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// By which side.
    pub from: Party,
    /// The words.
    pub body: Arc<str>,
    /// When.
    pub at: Time,
    /// The sender's mark against doubles.
    pub key: Option<Key>,
}

/// What the employee wrote about a session, for themselves: the client never sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The words; none when they were cleared.
    pub body: Arc<str>,
    /// When they were written.
    pub at: Time,
}
