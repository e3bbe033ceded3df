//! A client of the load: books, waits for an employee, has a session, ends that session, and books again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Deserialize;
use switchboard_client::{Error, PushReply, ServerFrame, Socket, understood};
use switchboard_core::{BookingId, SessionId};
use switchboard_wire::phoenix::event;

use super::plan::Chance;
use super::{ANSWER_MAX, Crowd, Persona, RefusalPayload, Schedule};

/// The longest wait of a refused client for an idle employee in a closed loop, and the pause before another `end`.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The longest wait for the outcome of a booking: longer than the deadline of a search, 120 s.
const NEWS_MAX: Duration = Duration::from_secs(150);
const BOOK: &str = r#"{"topic":"load"}"#;

/// A client on one socket.
pub(super) struct VirtualClient {
    socket: Socket,
    crowd: Arc<Crowd>,
    number: usize,
    topic: String,
    chance: Chance,
    doing: Doing,
}

enum Doing {
    /// Nothing is open. `late` means that the client was busy when the booking was due.
    Resting {
        book_at: Instant,
        late: bool,
    },
    /// A `book` was refused, and the client waits for an idle employee.
    Refused {
        again_at: Instant,
    },
    /// A `book` met a limit of the server, and the client waits until that is over.
    Limited {
        again_at: Instant,
    },
    /// A `book` is not answered yet. The wait is measured from `since`, if it counts.
    Asking {
        reference: i64,
        since: Instant,
        counts: bool,
        latest: Instant,
    },
    Waiting {
        booking: BookingId,
        latest: Instant,
    },
    /// The join of the session's topic is not answered yet.
    Entering {
        booking: BookingId,
        session: SessionId,
        reference: i64,
        latest: Instant,
    },
    /// The join met a limit of the server, and is tried again.
    Shut {
        booking: BookingId,
        session: SessionId,
        again_at: Instant,
    },
    Talking {
        booking: BookingId,
        session: SessionId,
        end_at: Instant,
    },
    Ending {
        booking: BookingId,
        session: SessionId,
        reference: i64,
        latest: Instant,
    },
}

#[derive(Deserialize)]
struct BookingFrame {
    booking: BookingPayload,
}

#[derive(Deserialize)]
struct BookingPayload {
    id: BookingId,
    state: String,
    reason: Option<String>,
    session: Option<SessionOf>,
}

#[derive(Deserialize)]
struct SessionOf {
    id: SessionId,
    ended_at: Option<String>,
}

#[derive(Deserialize)]
struct AvailabilityPayload {
    available: bool,
}

impl VirtualClient {
    /// Joins the company's topic.
    pub(super) async fn join(mut socket: Socket, who: &Persona, crowd: &Arc<Crowd>) -> Result<Self, Error> {
        let topic = format!("company:{}", who.identity.company);
        socket.join(&topic).await?;
        // From the second half of the numbers, because employees have the first.
        let chance = Chance::new(crowd.plan.seed, u64::MAX / 2 + who.number as u64);
        let doing = Doing::Resting { book_at: Instant::now(), late: false };
        Ok(Self { socket, crowd: crowd.clone(), number: who.number, topic, chance, doing })
    }

    /// Books until the run is over, and then only listens.
    pub(super) async fn ask(&mut self, schedule: &Schedule) -> Result<(), Error> {
        self.rest(schedule, false);
        loop {
            let now = Instant::now();
            let wake = self.wake();
            if wake <= now {
                self.act(schedule, now).await?;
            } else if let Some(text) = self.socket.hear(wake).await? {
                self.hear(schedule, &ServerFrame::read(&text)?).await?;
            }
        }
    }

    /// The time at which the client acts by itself.
    fn wake(&self) -> Instant {
        match self.doing {
            Doing::Resting { book_at, .. } => book_at,
            Doing::Refused { again_at } | Doing::Limited { again_at } | Doing::Shut { again_at, .. } => again_at,
            Doing::Asking { latest, .. }
            | Doing::Waiting { latest, .. }
            | Doing::Entering { latest, .. }
            | Doing::Ending { latest, .. } => latest,
            Doing::Talking { end_at, .. } => end_at,
        }
    }

    async fn act(&mut self, schedule: &Schedule, now: Instant) -> Result<(), Error> {
        match self.doing {
            Doing::Resting { book_at, late } => self.book(schedule, book_at, late, now).await,
            Doing::Refused { .. } | Doing::Limited { .. } => {
                self.rest(schedule, false);
                Ok(())
            }
            Doing::Shut { booking, session, .. } => self.push_join(booking, session).await,
            Doing::Waiting { booking, .. } => {
                Err(Error::Nonsense(format!("booking {booking} neither came to anything nor ended")))
            }
            Doing::Talking { booking, session, .. } => {
                let topic = format!("session:{session}");
                let reference = self.socket.push(&topic, "end", "{}").await?;
                self.crowd.ledger.ends(booking, now);
                self.doing = Doing::Ending { booking, session, reference, latest: now + ANSWER_MAX };
                Ok(())
            }
            Doing::Asking { .. } => Err(Error::TooLate("`book`".to_owned())),
            Doing::Entering { .. } => Err(Error::TooLate("a join".to_owned())),
            Doing::Ending { .. } => Err(Error::TooLate("`end`".to_owned())),
        }
    }

    async fn book(&mut self, schedule: &Schedule, at: Instant, late: bool, now: Instant) -> Result<(), Error> {
        // No booking begins after the end, and the time of the next one is beyond the rest of the run.
        if at >= schedule.end || now >= schedule.end {
            self.doing = Doing::Resting { book_at: now + NEWS_MAX, late: false };
            return Ok(());
        }
        // A late booking is measured from the time at which it was due, so that a slow server cannot hide its delays by
        // keeping clients busy. Otherwise only this process was late, which is not the server's wait.
        let since = if late { at } else { now };
        let counts = since >= schedule.count_from;
        if counts && !late {
            self.crowd.figures.own_delay(now.saturating_duration_since(at));
        }
        let reference = self.socket.push(&self.topic, "book", BOOK).await?;
        self.crowd.begun.fetch_add(1, Ordering::Relaxed);
        self.crowd.busy.fetch_add(1, Ordering::AcqRel);
        self.doing = Doing::Asking { reference, since, counts, latest: now + ANSWER_MAX };
        Ok(())
    }

    /// Plans the next booking, with nothing open any more.
    fn rest(&mut self, schedule: &Schedule, was_busy: bool) {
        if was_busy {
            self.crowd.busy.fetch_sub(1, Ordering::AcqRel);
        }
        let now = Instant::now();
        let book_at = match self.crowd.plan.rate {
            None => now.max(schedule.start),
            Some(rate) => {
                let place = self.crowd.next_arrival.fetch_add(1, Ordering::Relaxed);
                schedule.start + Duration::from_secs_f64(place as f64 / rate)
            }
        };
        self.doing = Doing::Resting { book_at, late: book_at < now };
    }

    async fn hear(&mut self, schedule: &Schedule, frame: &ServerFrame<'_>) -> Result<(), Error> {
        match frame.event() {
            "availability" => {
                if matches!(self.doing, Doing::Refused { .. }) && frame.payload::<AvailabilityPayload>()?.available {
                    self.rest(schedule, false);
                }
                Ok(())
            }
            "booking" => self.hear_booking(schedule, &frame.payload::<BookingFrame>()?.booking).await,
            _ => self.hear_reply(schedule, frame).await,
        }
    }

    async fn hear_booking(&mut self, schedule: &Schedule, booking: &BookingPayload) -> Result<(), Error> {
        let Doing::Waiting { booking: own, .. } = self.doing else { return Ok(()) };
        // A frame of the booking before may still come.
        if booking.id != own {
            return Ok(());
        }
        match (booking.state.as_str(), &booking.session) {
            ("offering", _) => Ok(()),
            ("assigned", Some(session)) if session.ended_at.is_none() => self.enter(own, session.id).await,
            (_, _) => {
                self.crowd.ledger.ended_without(own);
                let reason = booking.reason.as_deref().unwrap_or("without a reason");
                self.crowd.figures.ended_without(reason);
                self.rest(schedule, true);
                Ok(())
            }
        }
    }

    async fn enter(&mut self, booking: BookingId, session: SessionId) -> Result<(), Error> {
        self.crowd.ledger.session(booking, session, "a client");
        let (from_offer, from_book) = self.crowd.ledger.assigned(booking, Instant::now());
        self.crowd.figures.assigned(from_offer, from_book);
        self.push_join(booking, session).await
    }

    async fn push_join(&mut self, booking: BookingId, session: SessionId) -> Result<(), Error> {
        let reference = self.socket.push(&format!("session:{session}"), event::JOIN, "{}").await?;
        self.doing = Doing::Entering { booking, session, reference, latest: Instant::now() + ANSWER_MAX };
        Ok(())
    }

    async fn hear_reply(&mut self, schedule: &Schedule, frame: &ServerFrame<'_>) -> Result<(), Error> {
        match self.doing {
            Doing::Asking { reference, since, counts, .. } => {
                if let Some(reply) = frame.reply_to(reference)? {
                    self.booked(schedule, reply, since, counts)?;
                }
            }
            Doing::Entering { booking, session, reference, .. } => match frame.reply_to(reference)? {
                None => {}
                Some(PushReply::Ok(_)) => {
                    let end_at = Instant::now() + self.chance.about(self.crowd.plan.session);
                    self.doing = Doing::Talking { booking, session, end_at };
                }
                Some(PushReply::Refused(response)) => {
                    let refused: RefusalPayload = understood(response)?;
                    self.crowd.figures.refused("join", &refused.reason);
                    match self.wait_of(schedule, &refused) {
                        Some(wait) => self.doing = Doing::Shut { booking, session, again_at: Instant::now() + wait },
                        None => self.rest(schedule, true),
                    }
                }
            },
            Doing::Ending { booking, session, reference, .. } => match frame.reply_to(reference)? {
                None => {}
                Some(PushReply::Ok(_)) => {
                    self.crowd.figures.came_to_its_end(schedule.count_from);
                    let topic = format!("session:{session}");
                    // Left at once, because a socket may have joined at most 100 topics.
                    self.socket.push(&topic, event::LEAVE, "{}").await?;
                    self.rest(schedule, true);
                }
                Some(PushReply::Refused(response)) => {
                    let refused: RefusalPayload = understood(response)?;
                    self.crowd.figures.refused("end", &refused.reason);
                    let wait = self.wait_of(schedule, &refused).unwrap_or(TRY_AGAIN_AFTER);
                    let end_at = Instant::now() + wait;
                    // The session goes on, so the client must push `end` once more.
                    self.doing = Doing::Talking { booking, session, end_at };
                }
            },
            Doing::Resting { .. }
            | Doing::Refused { .. }
            | Doing::Limited { .. }
            | Doing::Waiting { .. }
            | Doing::Shut { .. }
            | Doing::Talking { .. } => {}
        }
        Ok(())
    }

    /// Takes the reply to a `book`.
    fn booked(&mut self, schedule: &Schedule, reply: PushReply<'_>, since: Instant, counts: bool) -> Result<(), Error> {
        match reply {
            PushReply::Ok(response) => {
                let booking = understood::<BookingFrame>(response)?.booking.id;
                if let Some(took) = self.crowd.ledger.booked(booking, counts.then_some(since)) {
                    self.crowd.figures.book_to_offer(took);
                }
                self.doing = Doing::Waiting { booking, latest: Instant::now() + NEWS_MAX };
            }
            PushReply::Refused(response) => {
                let refused: RefusalPayload = understood(response)?;
                if counts {
                    self.crowd.figures.book_refused(&refused.reason, since.elapsed());
                }
                if let Some(wait) = self.wait_of(schedule, &refused) {
                    self.crowd.busy.fetch_sub(1, Ordering::AcqRel);
                    self.doing = Doing::Limited { again_at: Instant::now() + wait };
                } else if self.crowd.plan.rate.is_some() {
                    // An open loop keeps to its timetable, so the refused booking is not made up for.
                    self.rest(schedule, true);
                } else {
                    self.crowd.busy.fetch_sub(1, Ordering::AcqRel);
                    self.doing = Doing::Refused { again_at: Instant::now() + TRY_AGAIN_AFTER };
                }
            }
        }
        Ok(())
    }

    /// The wait that a refusal asks for, if any. Such waits count in the figures.
    fn wait_of(&self, schedule: &Schedule, refused: &RefusalPayload) -> Option<Duration> {
        let wait = refused.retry_in_ms.map(Duration::from_millis)?;
        self.crowd.figures.stands_still(self.number, wait, schedule.count_from);
        Some(wait)
    }
}
