//! The ways back from a visit: a reply to a device, or a value that its visitor gets after the commit.

use std::sync::Arc;

use switchboard_journal::Fate;
use switchboard_wire::phoenix::{self, Ref, ReplyStatus};
use switchboard_wire::view::{self, ErrorView};
use tokio::sync::oneshot;
use tracing::Span;

use super::NotNow;
use crate::admission::RequestPermit;
use crate::outbox::{GoesOn, Outbox, Outgoing, SearchProgress, SnapshotReply};

/// The address of a reply: a device, and one of its requests.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    pub outbox: Outbox,
    pub join_ref: Ref,
    pub reference: Ref,
    pub topic: Arc<str>,
}

/// The content of a reply: a JSON object, or an error as JSON.
pub type Response = Result<String, String>;

impl ReplyTo {
    /// The frame of a reply, in the protocol version of the device.
    #[must_use]
    pub fn frame(&self, response: &Response) -> String {
        match response {
            Ok(body) => self.framed(ReplyStatus::Ok, body),
            Err(body) => self.framed(ReplyStatus::Error, body),
        }
    }

    fn framed(&self, status: ReplyStatus, body: &str) -> String {
        phoenix::reply(self.outbox.version(), &self.join_ref, &self.reference, &self.topic, status, body)
    }

    /// Sends a reply at once, because it rests on no entry that could be lost.
    pub fn send(&self, response: &Response) {
        self.outbox.push(Outgoing::Frame(self.frame(response).into()));
    }

    /// Sends an error at once, because it rests on no entry that could be lost.
    pub(crate) fn send_error(&self, error: &ErrorView<'_>) {
        self.send(&Err(view::json(error)));
    }

    /// Sends the reason for which nothing can be done now.
    pub(crate) fn send_not_now(&self, not_now: NotNow) {
        self.send_error(&not_now.view());
    }
}

/// The reply to a device, sent once the fate of its visit is known.
#[derive(Debug)]
pub enum Reply {
    /// To a push. `frame` is sent after a commit, and `unavailable` after a loss. The trace's span ends with the reply.
    Push {
        to: ReplyTo,
        frame: String,
        place: RequestPermit,
        span: Span,
    },
    Join(Box<JoinReply>),
    /// To a leave, which takes effect also if the visit is lost. `closed` is the channel's last frame.
    Leave {
        to: ReplyTo,
        closed: String,
    },
    /// To a pong, which gets none.
    Nothing {
        place: RequestPermit,
    },
}

/// The reply to a join.
#[derive(Debug)]
pub struct JoinReply {
    pub to: ReplyTo,
    pub line: u64,
    /// The close frame of an earlier join of the same topic, which is over even if the visit is lost.
    pub old_closed: Option<String>,
    /// The snapshot, or an error as JSON.
    pub response: Result<JoinSnapshot, String>,
    pub place: RequestPermit,
}

/// The snapshot for a device that has joined, and the proofs that go with it.
#[derive(Debug)]
pub struct JoinSnapshot {
    /// Shared with other devices that are shown the same.
    pub snapshot: Arc<String>,
    /// The bytes of the ping that proves the delivery of an open offer in the snapshot.
    pub proof: Option<String>,
    /// The search in the snapshot, during which the device must answer pings.
    pub goes_on: Option<GoesOn>,
}

impl Reply {
    fn tell(self, fate: Fate) {
        match self {
            Self::Push { to, frame, place, span } => {
                match fate {
                    Fate::Committed => to.outbox.push(Outgoing::Frame(frame.into())),
                    Fate::Lost => to.send_not_now(NotNow::Unavailable),
                }
                // After the reply: the place counts unanswered requests, and the span includes the reply.
                drop(place);
                drop(span);
            }
            Self::Join(reply) => reply.tell(fate),
            Self::Leave { to, closed } => {
                to.send(&Ok("{}".into()));
                to.outbox.push(Outgoing::Frame(closed.into()));
            }
            Self::Nothing { place } => drop(place),
        }
    }
}

impl JoinReply {
    fn tell(self, fate: Fate) {
        let Self { to, line, old_closed, response, place } = self;
        if let Some(closed) = old_closed {
            to.outbox.push(Outgoing::Frame(closed.into()));
        }
        match (fate, response) {
            (Fate::Committed, Ok(JoinSnapshot { snapshot: shown, proof: None, goes_on: None })) => {
                let ReplyTo { outbox, join_ref, reference, topic } = to;
                outbox.push_snapshot(SnapshotReply { join_ref, reference, topic, shown });
            }
            (Fate::Committed, Ok(JoinSnapshot { snapshot, proof, goes_on })) => {
                let frame = to.framed(ReplyStatus::Ok, &snapshot).into();
                to.outbox.push(match proof {
                    Some(proof) => Outgoing::Offer(frame, proof.into()),
                    None => Outgoing::Search(frame, SearchProgress { line, goes_on }),
                });
            }
            (Fate::Committed, Err(error)) => to.send(&Err(error)),
            (Fate::Lost, _) => {
                // An end and not just an error, so that the device also forgets the line, which has no seat in a room.
                let frame = to.framed(ReplyStatus::Error, &view::json(&NotNow::Unavailable.view())).into();
                to.outbox.push(Outgoing::Ended { frame, topic: to.topic.clone(), line });
            }
        }
        drop(place);
    }
}

/// The value of a visit, and a receiver for the fate of its entry.
#[derive(Debug)]
pub struct Visited<T> {
    value: T,
    fate: oneshot::Receiver<Fate>,
}

impl<T> Visited<T> {
    pub(super) fn of(value: T) -> (Self, oneshot::Sender<Fate>) {
        let (tell, fate) = oneshot::channel();
        (Self { value, fate }, tell)
    }

    /// The value, once the visit is committed; an error if the visit is lost or the journal has stopped.
    pub async fn committed(self) -> Result<T, NotNow> {
        match self.fate.await {
            Ok(Fate::Committed) => Ok(self.value),
            Ok(Fate::Lost) => Err(NotNow::Unavailable),
            Err(_stopped) => Err(NotNow::Draining),
        }
    }

    /// The value before the commit, for internal use: the visit may still be lost, so no caller may hear of the value.
    #[must_use]
    pub fn uncommitted(self) -> T {
        self.value
    }
}

/// The receiver of a visit's fate: a device, or the caller of the visit.
pub(super) enum OnFate {
    Device(Reply),
    Visitor(oneshot::Sender<Fate>),
}

impl OnFate {
    pub(super) fn tell(self, fate: Fate) {
        match self {
            Self::Device(reply) => reply.tell(fate),
            Self::Visitor(tell) => {
                let _nobody_waits_any_more = tell.send(fate);
            }
        }
    }
}
