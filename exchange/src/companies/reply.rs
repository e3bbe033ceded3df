//! The ways back from a visit: the reply to a device, and the value that a visitor waits with for the commit.

use std::sync::Arc;

use switchboard_journal::Fate;
use switchboard_wire::phoenix::{self, Ref, ReplyStatus};
use switchboard_wire::view::{self, ErrorView};
use tokio::sync::oneshot;
use tracing::Span;

use super::NotNow;
use crate::admission::Place;
use crate::outbox::{GoesOn, Outbox, Outgoing, Search, Snapshot};

/// Where a reply goes, and to which request.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    /// The device.
    pub outbox: Outbox,
    /// The ref of the channel's join.
    pub join_ref: Ref,
    /// The ref of the request.
    pub reference: Ref,
    /// The topic.
    pub topic: Arc<str>,
}

/// A reply's content: a JSON object, or an error as JSON.
pub type Response = Result<String, String>;

impl ReplyTo {
    /// The frame of a reply.
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

    /// Sends a reply that rests on nothing that could be lost.
    pub fn send(&self, response: &Response) {
        self.outbox.push(Outgoing::Frame(self.frame(response).into()));
    }

    /// Sends an error that rests on nothing that could be lost.
    pub fn send_error(&self, error: &ErrorView<'_>) {
        self.send(&Err(view::json(error)));
    }

    /// Sends that nothing can be done now.
    pub fn send_not_now(&self, not_now: NotNow) {
        self.send_error(&not_now.view());
    }
}

/// The reply to a device, told once the fate of its visit is known.
#[derive(Debug)]
pub enum Reply {
    /// To a push: its frame, or that nothing can be done now.
    Push {
        /// To whom.
        to: ReplyTo,
        /// The frame, if the visit is committed.
        frame: String,
        /// The request's place among those that wait.
        place: Place,
        /// The request's span, which ends with the reply.
        span: Span,
    },
    /// To a join.
    Join(Box<JoinReply>),
    /// To a leave: the device has left whatever becomes of the visit, and hears nothing more behind the close.
    Leave {
        /// To whom.
        to: ReplyTo,
        /// The frame that closes the channel.
        closed: String,
    },
    /// None, as to a pong.
    Nothing {
        /// The request's place among those that wait.
        place: Place,
    },
}

/// The reply to a join.
#[derive(Debug)]
pub struct JoinReply {
    /// To whom.
    pub to: ReplyTo,
    /// The line that joins.
    pub line: u64,
    /// The frame that closes the join which this one replaces: that one is over whatever becomes of the visit.
    pub old_closed: Option<String>,
    /// The snapshot, or an error as JSON.
    pub response: Result<Shown, String>,
    /// The request's place among those that wait.
    pub place: Place,
}

/// What a device is shown that has joined.
#[derive(Debug)]
pub struct Shown {
    /// The snapshot; shared with others who are shown the same.
    pub snapshot: Arc<String>,
    /// An open offer in the snapshot must be proved to have arrived, as one that is sent: the bytes of its ping.
    pub proof: Option<String>,
    /// The search in the snapshot, while which the device must be there.
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
            (Fate::Committed, Ok(Shown { snapshot: shown, proof: None, goes_on: None })) => {
                let ReplyTo { outbox, join_ref, reference, topic } = to;
                outbox.push_snapshot(Snapshot { join_ref, reference, topic, shown });
            }
            (Fate::Committed, Ok(Shown { snapshot, proof, goes_on })) => {
                let frame = to.framed(ReplyStatus::Ok, &snapshot).into();
                to.outbox.push(match proof {
                    Some(proof) => Outgoing::Offer(frame, proof.into()),
                    None => Outgoing::Search(frame, Search { line, goes_on }),
                });
            }
            (Fate::Committed, Err(error)) => to.send(&Err(error)),
            (Fate::Lost, _) => {
                let frame = to.framed(ReplyStatus::Error, &view::json(&NotNow::Unavailable.view())).into();
                to.outbox.push(Outgoing::Ended { frame, topic: to.topic.clone(), line });
            }
        }
        drop(place);
    }
}

/// What was done in a visit, with the promise of what becomes of it.
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

    /// What the visit came to, once all that was done in it is committed.
    ///
    /// # Errors
    /// When it is lost, or the journal has stopped.
    pub async fn committed(self) -> Result<T, NotNow> {
        match self.fate.await {
            Ok(Fate::Committed) => Ok(self.value),
            Ok(Fate::Lost) => Err(NotNow::Unavailable),
            Err(_stopped) => Err(NotNow::Draining),
        }
    }

    /// What the visit came to, before its commit: it may be lost yet, so nobody is told of it.
    #[must_use]
    pub fn uncommitted(self) -> T {
        self.value
    }
}

/// Who is told of the fate of a visit.
pub(super) enum OnFate {
    /// A device.
    Device(Reply),
    /// Whoever waits for it.
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
