//! What a connected device may join and push: one file per kind of topic, and the replies to it all.

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

use crate::admission::{Limited, Pass, Wish};
use crate::clock::Clock;
use crate::companies::{JoinReply, Line, Reply, ReplyTo, Response, Room, Shown, Visit};
use crate::outbox::Outgoing;

pub use context::DeviceContext;

/// A topic that can be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// `company:{company}`
    Company(CompanyId),
    /// `employee:{company}:{employee}`
    Employee(CompanyId, EmployeeId),
    /// `session:{session}`
    Session(SessionId),
    /// `board:{company}`
    Board(CompanyId),
}

impl Topic {
    /// Reads a topic's name.
    ///
    /// # Errors
    /// The reply, when there is no such kind of topic or the id in it cannot be one.
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

/// Whether two names are of one topic: the UUID of a session may be written in capitals.
#[must_use]
pub fn is_same_topic(one: &str, other: &str) -> bool {
    const SESSION: &str = "session:";
    let is_session = || one.starts_with(SESSION) && other.starts_with(SESSION);
    one == other || (is_session() && one.eq_ignore_ascii_case(other))
}

/// The text, or its beginning: enough to recognise it in an error message.
#[must_use]
pub fn shortened(text: &str) -> String {
    const SHOWN_CHARS: usize = 64;
    text.chars().take(SHOWN_CHARS).filter(|c| !c.is_control()).collect()
}

/// An error reply.
#[must_use]
pub fn error(reason: &'static str, message: String) -> ErrorView<'static> {
    ErrorView { reason, message, ..ErrorView::default() }
}

/// Somebody who may not be here.
#[must_use]
pub fn forbidden(message: &str) -> ErrorView<'static> {
    error("forbidden", message.to_owned())
}

/// Who pushes or joins: the person of the socket's token, and where the answer goes.
pub struct Caller<'a> {
    /// The part of the server that all devices work with.
    pub context: &'a DeviceContext,
    /// The person.
    pub claims: &'a Claims,
    /// The device's leave to be here.
    pub pass: &'a Pass,
    /// The answer.
    pub reply: ReplyTo,
}

/// That somebody wants too much, as an error.
#[must_use]
pub fn limited_view(limited: Limited) -> ErrorView<'static> {
    let retry_in_ms = Some(limited.retry_in_ms);
    ErrorView { reason: Limited::REASON, message: limited.to_string(), retry_in_ms, ..ErrorView::default() }
}

/// By what limit an event is counted. One that no topic has is counted too.
#[must_use]
pub fn wish(event: &str) -> Wish {
    match event {
        "message" | "notes" => Wish::Message,
        "signal" => Wish::Signal,
        _ => Wish::Change,
    }
}

/// Somebody whose token was revoked.
#[must_use]
pub fn revoked() -> ErrorView<'static> {
    error("unauthorized", REVOKED.to_owned())
}

impl Caller<'_> {
    /// Refuses who is shut out of the company.
    ///
    /// # Errors
    /// The reply.
    pub fn admitted(&self, visit: &Visit<'_>) -> Result<(), String> {
        if visit.company().shuts_out(self.claims.token()) { Err(view::json(&revoked())) } else { Ok(()) }
    }

    /// Refuses to have more stored of a company of which too much was stored at once.
    ///
    /// # Errors
    /// The reply.
    pub fn may_store(&self, visit: &mut Visit<'_>) -> Result<(), String> {
        let stored = visit.may_store(self.context.admission.stored_per_company_per_s());
        stored.map_err(|retry_in_ms| view::json(&limited_view(Limited::on_stored(retry_in_ms))))
    }

    /// A join that is refused counts as many.
    pub fn join_was_refused(&self) {
        self.context.admission.join_was_refused(self.pass, self.clock().even());
    }

    /// Where fresh ids come from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.context.exchange.clock()
    }

    /// Visits the company, and replies once what was done there is committed.
    pub async fn ask(&self, company: &CompanyId, work: impl FnOnce(&mut Visit<'_>) -> Response) {
        let place = self.pass.place().await;
        // What is traced ends when the reply is on its way.
        let span = tracing::Span::current();
        let visited = self.context.exchange.visit_and_reply(company, |visit| {
            // The line may be on its way to be closed.
            let frame = self.reply.frame(&self.admitted(visit).and_then(|()| work(visit)));
            visit.holds(frame.len());
            Reply::Push { to: self.reply.clone(), frame, place, span }
        });
        if let Err(not_now) = visited.await {
            self.reply.send_not_now(not_now);
        }
    }

    /// Joins a room of the company; an earlier join of the same topic on this socket ends with it. Replies with a
    /// snapshot that is in order with all events. Returns the new seat.
    pub async fn join(
        &self,
        company: &CompanyId,
        old: Option<Seat>,
        work: impl FnOnce(&mut Visit<'_>, Line) -> Result<Joined, String>,
    ) -> Option<Seat> {
        let ReplyTo { outbox, join_ref, topic, .. } = &self.reply;
        let number = self.context.exchange.next_line();
        let (topic, joined_by) = (topic.clone(), join_ref.clone());
        let line = Line { id: number, outbox: outbox.clone(), topic, join_ref: joined_by, only: None };
        let place = self.pass.place().await;
        let (mut seat, mut is_refused) = (None, false);
        let visited = self.context.exchange.visit_and_reply(company, |visit| {
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
                // A snapshot that others wait with is in memory once.
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
            if let Some(old) = old {
                outbox.push(Outgoing::Frame(old.close_frame(outbox.version()).into()));
                self.context.exchange.leave(&old.company, &old.room, old.line).await;
            }
            self.reply.send_not_now(not_now);
        }
        seat
    }
}

/// What a join found.
pub struct Joined {
    /// Where the device now listens.
    pub room: Room,
    /// What the device is shown.
    pub shown: Shown,
}

/// Where a joined channel of a device sits.
#[derive(Clone, Debug)]
pub struct Seat {
    /// In which company.
    pub company: CompanyId,
    /// On which topic, by the name that was joined.
    pub topic: Arc<str>,
    /// In which room.
    pub room: Room,
    /// As which line.
    pub line: u64,
    /// The ref of the join.
    pub join_ref: Ref,
}

impl Seat {
    /// Says on the wire that this join is over.
    #[must_use]
    pub fn close_frame(&self, version: Version) -> String {
        phoenix::push(version, &self.join_ref, &self.join_ref, &self.topic, phoenix::event::CLOSE, "{}")
    }
}

/// An event that the topic does not have.
#[must_use]
pub fn unknown_event(event: &str, known: &[&str]) -> ErrorView<'static> {
    let known = known.join("`, `");
    error("unknown_event", format!("there is no event `{}` here; there is `{known}`", shortened(event)))
}
