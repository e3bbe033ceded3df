//! An employee of the load: answers every offer, and reports a second offer or session at the same time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use switchboard_client::{Error, PushReply, ServerFrame, Socket, understood};
use switchboard_core::{BookingId, SessionId};

use super::plan::Chance;
use super::{Crowd, Persona, RefusalPayload};

/// A wait with nothing to do but listen; its length does not matter.
const LONG: Duration = Duration::from_secs(3600);

/// An employee on one socket.
pub(super) struct VirtualEmployee {
    socket: Socket,
    crowd: Arc<Crowd>,
    number: usize,
    topic: String,
    chance: Chance,
    asked: Option<PendingOffer>,
    /// The ref of an answer whose reply is awaited.
    pushed: Option<i64>,
    session: Option<(SessionId, BookingId)>,
    /// The booking of the session that ended last, until the employee is idle again.
    served: Option<BookingId>,
}

struct PendingOffer {
    offer: String,
    booking: BookingId,
    at: Instant,
    thought: Duration,
    answered: bool,
}

#[derive(Deserialize)]
struct OfferFrame {
    offer: OfferPayload,
}

#[derive(Deserialize)]
struct OfferPayload {
    id: String,
    booking_id: BookingId,
    attempt: u32,
}

#[derive(Deserialize)]
struct StatusFrame<'a> {
    status: &'a str,
    cause: &'a str,
}

#[derive(Deserialize)]
struct SessionFrame {
    session: SessionPayload,
}

#[derive(Deserialize)]
struct SessionPayload {
    id: SessionId,
    booking_id: BookingId,
    ended_at: Option<String>,
}

impl VirtualEmployee {
    /// Joins the employee's topic and sets the status to idle.
    pub(super) async fn join(mut socket: Socket, who: &Persona, crowd: &Arc<Crowd>) -> Result<Self, Error> {
        let topic = format!("employee:{}:{}", who.identity.company, who.identity.id);
        socket.join(&topic).await?;
        socket.push(&topic, "set_status", r#"{"status":"idle"}"#).await?;
        Ok(Self {
            socket,
            crowd: crowd.clone(),
            number: who.number,
            topic,
            chance: Chance::new(crowd.plan.seed, who.number as u64),
            asked: None,
            pushed: None,
            session: None,
            served: None,
        })
    }

    /// Answers offers until the run is over.
    pub(super) async fn work(&mut self) -> Result<(), Error> {
        loop {
            let waits = self.asked.as_ref().filter(|asked| !asked.answered).map(|asked| asked.at + asked.thought);
            if waits.is_some_and(|at| at <= Instant::now()) {
                self.answer().await?;
                continue;
            }
            if let Some(text) = self.socket.hear(waits.unwrap_or_else(|| Instant::now() + LONG)).await? {
                self.hear(&ServerFrame::read(&text)?).await?;
            }
        }
    }

    async fn hear(&mut self, frame: &ServerFrame<'_>) -> Result<(), Error> {
        match frame.event() {
            "offer" => self.hear_offer(frame.payload::<OfferFrame>()?.offer),
            "offer_closed" => self.asked = None,
            "session" => self.hear_session(&frame.payload::<SessionFrame>()?.session),
            "status" => self.hear_status(&frame.payload()?).await?,
            _ => {
                if let Some(reference) = self.pushed
                    && let Some(reply) = frame.reply_to(reference)?
                {
                    self.pushed = None;
                    // Only a refusal is news: an acceptance shows in the session, and a rejection in the status.
                    if let PushReply::Refused(response) = reply {
                        let refused: RefusalPayload = understood(response)?;
                        self.crowd.figures.refused("answer", &refused.reason);
                    }
                }
            }
        }
        Ok(())
    }

    fn hear_offer(&mut self, offer: OfferPayload) {
        let (now, crowd, number) = (Instant::now(), &self.crowd, self.number);
        if let Some(open) = &self.asked {
            crowd
                .ledger
                .contradiction(format!("employee {number} has offer {} and was given {}", open.offer, offer.id));
        }
        if let Some((session, _)) = self.session {
            crowd.ledger.contradiction(format!("employee {number} is in session {session} and was given {}", offer.id));
        }
        if let Some(took) = crowd.ledger.offered(offer.booking_id, offer.attempt, number, now) {
            crowd.figures.book_to_offer(took);
        }
        let thought = self.chance.about(crowd.plan.think);
        self.asked =
            Some(PendingOffer { offer: offer.id, booking: offer.booking_id, at: now, thought, answered: false });
    }

    async fn answer(&mut self) -> Result<(), Error> {
        let Some(asked) = &mut self.asked else { return Ok(()) };
        asked.answered = true;
        let yes = self.chance.share() < self.crowd.plan.accept;
        // Noted before the push, because the client may hear of the session before this socket gets its reply.
        if yes {
            self.crowd.ledger.accepts(asked.booking, asked.at, asked.thought);
        }
        let payload = format!(r#"{{"offer_id":"{}"}}"#, asked.offer);
        let event = if yes { "accept" } else { "reject" };
        self.pushed = Some(self.socket.push(&self.topic, event, &payload).await?);
        Ok(())
    }

    fn hear_session(&mut self, session: &SessionPayload) {
        if session.ended_at.is_some() {
            self.served = Some(session.booking_id);
            self.session = None;
            return;
        }
        if let Some((running, _)) = self.session.filter(|(running, _)| *running != session.id) {
            let what = format!("employee {} is in session {running} and was given session {}", self.number, session.id);
            self.crowd.ledger.contradiction(what);
        }
        self.crowd.ledger.session(session.booking_id, session.id, "an employee");
        self.session = Some((session.id, session.booking_id));
    }

    async fn hear_status(&mut self, status: &StatusFrame<'_>) -> Result<(), Error> {
        let now = Instant::now();
        if status.status == "idle" && status.cause == "session_ended" {
            // The status may come before the session's own event.
            let served = self.served.take().or(self.session.map(|(_, booking)| booking));
            if let Some(took) = served.and_then(|booking| self.crowd.ledger.idle_again(booking, now)) {
                self.crowd.figures.end_to_idle(took);
            }
        }
        // On a server that is too slow, missed offers send employees offline. Each goes back to idle at once, so that
        // the load stays the same.
        if status.status == "offline" {
            self.crowd.figures.sent_home();
            self.socket.push(&self.topic, "set_status", r#"{"status":"idle"}"#).await?;
        }
        Ok(())
    }
}
