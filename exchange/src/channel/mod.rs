//! Channels: the joins and pushes of connected devices, one file per kind of topic, and their replies.

pub mod company;

pub mod employee;

pub mod session;

pub mod board;

mod context;

use std::sync::Arc;

use switchboard_core::{CompanyId, EmployeeId, Refusal, SessionId};
use switchboard_wire::claims::{Claims, REVOKED};
use switchboard_wire::phoenix::{self, Ref, Version};
use switchboard_wire::view::{self, ErrorView};

use crate::admission::{Limited, LimitedAction, Pass};
use crate::clock::Clock;
use crate::companies::{JoinReply, JoinSnapshot, Reply, ReplyTo, Response, Room, Subscriber, Visit};
use crate::outbox::Outgoing;

pub use context::DeviceContext;

/// A topic that can be joined. Its name is `company:{company}`, `employee:{company}:{employee}`, `session:{session}` or
/// `board:{company}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    Company(CompanyId),
    Employee(CompanyId, EmployeeId),
    Session(SessionId),
    Board(CompanyId),
}

impl Topic {
    /// Parses the name of a topic. The error is the reply to the device.
    pub fn parse(text: &str) -> Result<Self, ErrorView<'static>> {
        let unknown = || error("unknown_topic", format!("there is no topic `{}`", shortened(text)));
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        match kind {
            "company" => rest.parse().map(Self::Company).map_err(|_| unknown()),
            "board" => rest.parse().map(Self::Board).map_err(|_| unknown()),
            "employee" => {
                let (company, employee) = rest.split_once(':').ok_or_else(unknown)?;
                let company = company.parse().map_err(|_| unknown())?;
                employee.parse().map(|employee| Self::Employee(company, employee)).map_err(|_| unknown())
            }
            "session" => {
                let unknown = |_| error("unknown_session", Refusal::UnknownSession.to_string());
                rest.parse().map(Self::Session).map_err(unknown)
            }
            _ => Err(unknown()),
        }
    }
}

/// Whether two names mean the same topic.
#[must_use]
pub(crate) fn is_same_topic(one: &str, other: &str) -> bool {
    // Swift writes UUIDs in capitals. Other ids are compared as they are, because their case counts.
    const SESSION: &str = "session:";
    let is_session = || one.starts_with(SESSION) && other.starts_with(SESSION);
    one == other || (is_session() && one.eq_ignore_ascii_case(other))
}

/// The beginning of a text that a device sent, for an error message or a trace.
#[must_use]
pub fn shortened(text: &str) -> String {
    const SHOWN_CHARS: usize = 64;
    text.chars().take(SHOWN_CHARS).filter(|c| !c.is_control()).collect()
}

/// An error with a reason and a message alone.
#[must_use]
pub fn error(reason: &'static str, message: String) -> ErrorView<'static> {
    ErrorView { reason, message, ..ErrorView::default() }
}

/// The error for a person without the right to a topic.
#[must_use]
pub fn forbidden(message: &str) -> ErrorView<'static> {
    error("forbidden", message.to_owned())
}

/// A device that pushes or joins: the person of its token, its limits, and the address of the reply.
pub struct ChannelRequest<'a> {
    pub context: &'a DeviceContext,
    pub claims: &'a Claims,
    pub pass: &'a Pass,
    pub reply: ReplyTo,
}

/// The error for a caller over a limit.
#[must_use]
pub fn limited_view(limited: Limited) -> ErrorView<'static> {
    let retry_in_ms = Some(limited.retry_in_ms);
    ErrorView { reason: Limited::REASON, message: limited.to_string(), retry_in_ms, ..ErrorView::default() }
}

/// The limit by which an event is counted.
#[must_use]
pub fn wish(event: &str) -> LimitedAction {
    match event {
        "message" | "notes" => LimitedAction::Message,
        "signal" => LimitedAction::Signal,
        // Unknown events too, because their replies cost as much.
        _ => LimitedAction::Change,
    }
}

/// The error for a person with a revoked token.
#[must_use]
pub fn revoked() -> ErrorView<'static> {
    error("unauthorized", REVOKED.to_owned())
}

impl ChannelRequest<'_> {
    /// Refuses a person who is shut out of the company; the error is the reply.
    pub fn admitted(&self, visit: &Visit<'_>) -> Result<(), String> {
        if visit.company().shuts_out(self.claims.token()) { Err(view::json(&revoked())) } else { Ok(()) }
    }

    /// Refuses to store more of a company whose people have stored too much lately; the error is the reply.
    pub(crate) fn may_store(&self, visit: &mut Visit<'_>) -> Result<(), String> {
        let stored = visit.may_store(self.context.admission.stored_per_company_per_s());
        stored.map_err(|retry_in_ms| view::json(&limited_view(Limited::on_stored(retry_in_ms))))
    }

    /// Counts a refused join as several.
    pub(crate) fn join_was_refused(&self) {
        self.context.admission.join_was_refused(self.pass, self.clock().even());
    }

    /// The clock of the exchange, which makes fresh ids too.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.context.exchange.clock()
    }

    /// Visits the company, and replies once the visit is committed.
    pub(crate) async fn reply_after_commit(&self, company: &CompanyId, work: impl FnOnce(&mut Visit<'_>) -> Response) {
        // Awaited outside the visit, because no company waits for a device.
        let place = self.pass.place().await;
        // The span goes with the reply, so that the trace includes the commit.
        let span = tracing::Span::current();
        let visited = self.context.exchange.visit_and_reply(company, |visit| {
            // Checked with every push, because a revoked person's socket may not be closed yet.
            let frame = self.reply.frame(&self.admitted(visit).and_then(|()| work(visit)));
            visit.holds(frame.len());
            Reply::Push { to: self.reply.clone(), frame, place, span }
        });
        if let Err(not_now) = visited.await {
            self.reply.send_not_now(not_now);
        }
    }

    /// Joins a room of the company and replies with a snapshot, in order with all events. An earlier join of the same
    /// topic on this socket ends. Returns the new seat.
    pub async fn join(
        &self,
        company: &CompanyId,
        old: Option<Seat>,
        work: impl FnOnce(&mut Visit<'_>, Subscriber) -> Result<Joined, String>,
    ) -> Option<Seat> {
        let ReplyTo { outbox, join_ref, topic, .. } = &self.reply;
        let number = self.context.exchange.next_line();
        let (topic, joined_by) = (topic.clone(), join_ref.clone());
        let line = Subscriber { id: number, outbox: outbox.clone(), topic, join_ref: joined_by, only: None };
        let place = self.pass.place().await;
        let (mut seat, mut is_refused) = (None, false);
        let visited = self.context.exchange.visit_and_reply(company, |visit| {
            // The new line enters before the old one leaves, so that the person does not become absent in between.
            let joined = work(visit, line);
            is_refused = joined.is_err();
            let old_closed = old.as_ref().map(|old| {
                if old.company == *company {
                    visit.leave(&old.room, old.line);
                }
                old.close_frame(outbox.version())
            });
            let response = joined.map(|Joined { room, shown }| {
                let (topic, join_ref) = (self.reply.topic.clone(), join_ref.clone());
                seat = Some(Seat { company: company.clone(), topic, room, line: number, join_ref });
                // A snapshot that other devices share is in memory once, and counted already.
                if Arc::strong_count(&shown.snapshot) == 1 {
                    visit.holds(shown.snapshot.len());
                }
                shown
            });
            Reply::Join(Box::new(JoinReply { to: self.reply.clone(), line: number, old_closed, response, place }))
        });
        let visited = visited.await;
        if is_refused {
            self.join_was_refused();
        }
        if let Err(not_now) = visited {
            // The earlier join is over all the same, as in Phoenix, where a join replaces the one before.
            if let Some(old) = old {
                outbox.push(Outgoing::Frame(old.close_frame(outbox.version()).into()));
                self.context.exchange.leave(&old.company, &old.room, old.line).await;
            }
            self.reply.send_not_now(not_now);
        }
        seat
    }
}

/// The room and the snapshot of a join that was granted.
pub struct Joined {
    pub room: Room,
    pub shown: JoinSnapshot,
}

/// A joined channel of a device, with its line in a room.
#[derive(Clone, Debug)]
pub struct Seat {
    pub company: CompanyId,
    /// The topic's name as the device joined it.
    pub topic: Arc<str>,
    pub room: Room,
    pub line: u64,
    pub join_ref: Ref,
}

impl Seat {
    /// The frame that tells the device that this join is over.
    #[must_use]
    pub(crate) fn close_frame(&self, version: Version) -> String {
        phoenix::push(version, &self.join_ref, &self.join_ref, &self.topic, phoenix::event::CLOSE, "{}")
    }
}

/// The error for an event that the topic does not have.
#[must_use]
pub fn unknown_event(event: &str, known: &[&str]) -> ErrorView<'static> {
    let known = known.join("`, `");
    error("unknown_event", format!("unknown event `{}`: this channel has `{known}`", shortened(event)))
}
