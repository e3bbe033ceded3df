//! `session:{session}`: the consultation, with its messages, signals and notes.

use std::collections::VecDeque;

use serde_json::value::RawValue;
use switchboard_core::limits::{MESSAGE_BODY_MAX_BYTES, NOTES_MAX_BYTES, REASON_MAX_CHARS};
use switchboard_core::{Actor, Answer, Command, Company, CompanyId, Message, MessageId, Party, Refusal, SessionId};
use switchboard_wire::claims::{Claims, Role};
use switchboard_wire::fields::{Fields, invalid};
use switchboard_wire::json::{self, object};
use switchboard_wire::view::{self, MessageView, Moment, Note, NotesView, PeerView, SessionView};

use super::company::refused;
use super::employee::session_json;
use super::{ChannelRequest, Joined, Seat, error, unknown_event};
use crate::companies::{JoinSnapshot, Response, Room, Visit};
use crate::ice::IceServers;

/// Bytes of the messages in a join reply, as JSON. Messages of ordinary text all fit; one of control characters is six
/// times as long in JSON as where its length is checked.
pub const MESSAGES_SHOWN_MAX_BYTES: usize = 1024 * 1024;
/// Approximate bytes of a message beside its body.
const MESSAGE_FORM_BYTES: usize = 128;

/// The events that a party may push, `notes` the employee alone.
pub(crate) const EVENTS: &[&str] = &["message", "signal", "ice", "notes", "end"];

/// The join reply for a client's device, with everything that the app draws.
struct SessionSnapshot<'a> {
    session: Option<SessionView<'a>>,
    note: Option<Note<'a>>,
    peer: PeerView,
    messages: Vec<MessageView<'a>>,
}
object!(SessionSnapshot<'_> { session, note, peer, messages });

/// The join reply for an employee's device: the same, with the notes.
struct WithNotes<'a> {
    session: Option<SessionView<'a>>,
    note: Option<Note<'a>>,
    peer: PeerView,
    messages: Vec<MessageView<'a>>,
    notes: Option<NotesView<'a>>,
}
object!(WithNotes<'_> { session, note, peer, messages, notes });

struct Signal<'a> {
    from: &'static str,
    data: &'a RawValue,
}
object!(Signal<'_> { from, data });

/// The reply to `message`.
struct MessageReply {
    id: MessageId,
    at: Option<Moment>,
}
object!(MessageReply { id, at });

/// The reply to `notes`.
struct NotesReply {
    at: Option<Moment>,
}
object!(NotesReply { at });

/// Joins a party's device to the session.
pub async fn join(caller: &ChannelRequest<'_>, id: SessionId, old: Option<Seat>) -> Option<Seat> {
    let company = match caller.context.exchange.company_of_session(id).await {
        Ok(Some(company)) => company,
        Ok(None) => {
            // Counted here, because `ChannelRequest::join` is not reached: the store was searched for nothing.
            caller.join_was_refused();
            caller.reply.send_error(&error("unknown_session", Refusal::UnknownSession.to_string()));
            return old;
        }
        Err(not_now) => {
            caller.reply.send_not_now(not_now);
            return old;
        }
    };
    let actor = actor_in(caller.claims, &company);
    let joined = caller.join(&company, old, |visit, line| {
        let refuse = |visit: &Visit<'_>, refusal| Err(refused(visit.company(), &refusal));
        let Some(actor) = actor else { return refuse(visit, Refusal::Forbidden) };
        caller.admitted(visit)?;
        let Some(session) = visit.company().session(id) else { return refuse(visit, Refusal::UnknownSession) };
        let Some(party) = visit.company().party_in(session, &actor) else { return refuse(visit, Refusal::Forbidden) };
        let room = Room::Session(id, party);
        match visit.enter(&room, line) {
            Ok(_) => {
                let snapshot = visit.shown_once(&room, |company| snapshot(company, id, party));
                Ok(Joined { room, shown: JoinSnapshot { snapshot, proof: None, goes_on: None } })
            }
            Err(refusal) => refuse(visit, refusal),
        }
    });
    joined.await
}

/// The token's person as an actor in a session of that company; none for a person of another company, and for an admin.
fn actor_in(claims: &Claims, company: &CompanyId) -> Option<Actor> {
    let here = claims.company.as_deref().is_none_or(|own| own == company.as_str());
    match claims.role {
        Role::Client if here => claims.subject.parse().ok().map(Actor::Client),
        Role::Employee if here => claims.subject.parse().ok().map(Actor::Employee),
        Role::Client | Role::Employee | Role::Admin => None,
    }
}

fn snapshot(company: &Company, id: SessionId, party: Party) -> String {
    let session = company.session(id);
    let messages: Vec<_> = session.map(|s| shown(&s.messages).map(view::message).collect()).unwrap_or_default();
    let online = session.is_some_and(|session| session.presence(party.other()).online);
    let (peer, notes) = (PeerView { online }, session.and_then(|session| session.notes.as_ref()).map(view::notes));
    let booking = session.and_then(|session| company.booking(session.booking));
    let note = booking.and_then(view::note);
    let session = session.map(|session| view::session_of(company, session, party));
    match party {
        Party::Client => json::text(&SessionSnapshot { session, note, peer, messages }),
        Party::Employee => json::text(&WithNotes { session, note, peer, messages, notes }),
    }
}

/// The latest messages of a session that fit, oldest first.
fn shown(messages: &VecDeque<Message>) -> impl Iterator<Item = &Message> {
    let mut room = MESSAGES_SHOWN_MAX_BYTES;
    let fits = |message: &&Message| {
        let left = room.checked_sub(MESSAGE_FORM_BYTES + json::text_bytes(&message.body));
        left.map(|left| room = left).is_some()
    };
    let count = messages.iter().rev().take_while(fits).count();
    messages.iter().skip(messages.len() - count)
}

/// Handles a push of a party.
pub async fn push(caller: &ChannelRequest<'_>, seat: &Seat, event: &str, payload: &RawValue) {
    let Room::Session(id, party) = seat.room else { return };
    let Some(by) = actor_in(caller.claims, &seat.company) else { return };
    let fields = Fields::of(payload);
    match event {
        "message" => caller.reply_after_commit(&seat.company, |visit| message(visit, caller, id, by, &fields)).await,
        "signal" => caller.reply_after_commit(&seat.company, |visit| signal(visit, id, party, &fields)).await,
        "ice" => caller.reply_after_commit(&seat.company, |visit| ice(visit, caller, id, party)).await,
        "notes" => caller.reply_after_commit(&seat.company, |visit| notes(visit, caller, id, by, &fields)).await,
        "end" => caller.reply_after_commit(&seat.company, |visit| end(visit, id, (by, party), &fields)).await,
        _ => caller.reply.send_error(&unknown_event(event, EVENTS)),
    }
}

fn message(
    visit: &mut Visit<'_>,
    caller: &ChannelRequest<'_>,
    session: SessionId,
    by: Actor,
    fields: &Fields<'_>,
) -> Response {
    caller.may_store(visit)?;
    let command = (|| {
        let body: String = fields.required("body")?;
        if body.is_empty() || body.len() > MESSAGE_BODY_MAX_BYTES {
            return Err(invalid("body", &format!("must have 1 to {MESSAGE_BODY_MAX_BYTES} bytes")));
        }
        let (message, key) = (caller.clock().fresh_message(), fields.optional("key")?);
        let session_max_bytes = caller.context.message_bytes_per_session;
        Ok(Command::Send { session, message, by, body: body.into(), key, session_max_bytes })
    })();
    let answer = command.and_then(|command| visit.take(&command));
    let company = visit.company();
    match answer {
        Ok(Answer::Message(session, id)) => {
            let sent = company.session(session).and_then(|session| session.message(id));
            Ok(json::text(&MessageReply { id, at: sent.map(|message| Moment(message.at)) }))
        }
        Ok(_) => Ok("{}".into()),
        Err(refusal) => Err(refused(company, &refusal)),
    }
}

/// Relays a signal to the other side, without storing the signal.
fn signal(visit: &mut Visit<'_>, id: SessionId, from: Party, fields: &Fields<'_>) -> Response {
    let data = fields.required_json("data").map_err(|refusal| refused(visit.company(), &refusal))?;
    let running = visit.company().session(id).is_some_and(switchboard_core::Session::is_running);
    if !running {
        return Err(refused(visit.company(), &Refusal::SessionEnded));
    }
    visit.relay(id, from.other(), "signal", &Signal { from: from.word(), data });
    Ok("{}".into())
}

/// Hands out the servers for a call, with a credential.
fn ice(visit: &Visit<'_>, caller: &ChannelRequest<'_>, id: SessionId, party: Party) -> Response {
    let running = visit.company().session(id).is_some_and(switchboard_core::Session::is_running);
    if !running {
        return Err(refused(visit.company(), &Refusal::SessionEnded));
    }
    // By the wall clock, because TURN servers check by theirs, and the company's time may be ahead.
    Ok(view::json(&IceServers::of(&caller.context.ice, party, caller.clock().now())))
}

fn notes(
    visit: &mut Visit<'_>,
    caller: &ChannelRequest<'_>,
    session: SessionId,
    by: Actor,
    fields: &Fields<'_>,
) -> Response {
    caller.may_store(visit)?;
    let written = fields.required::<String>("body").and_then(|body| {
        if body.len() > NOTES_MAX_BYTES {
            return Err(invalid("body", &format!("must have at most {NOTES_MAX_BYTES} bytes")));
        }
        visit.take(&Command::WriteNotes { session, by, body: body.into() })
    });
    let company = visit.company();
    match written {
        Ok(_) => {
            let notes = company.session(session).and_then(|session| session.notes.as_ref());
            Ok(json::text(&NotesReply { at: notes.map(|notes| Moment(notes.at)) }))
        }
        Err(refusal) => Err(refused(company, &refusal)),
    }
}

fn end(visit: &mut Visit<'_>, session: SessionId, (by, party): (Actor, Party), fields: &Fields<'_>) -> Response {
    let reason = fields.optional_text("reason", REASON_MAX_CHARS);
    let ended = reason.and_then(|reason| visit.take(&Command::End { session, by, reason }));
    match ended {
        Ok(_) => Ok(session_json(visit.company(), session, party)),
        Err(refusal) => Err(refused(visit.company(), &refusal)),
    }
}

#[cfg(test)]
mod tests {
    use switchboard_core::Time;
    use switchboard_core::limits::MESSAGES_AT_HAND_MAX;

    use super::*;

    fn messages(body: &str, count: usize) -> VecDeque<Message> {
        let message = |n: usize| Message {
            id: MessageId::from_u128(n as u128),
            from: Party::Employee,
            body: body.into(),
            at: Time::from_ms(1_700_000_000_000),
            key: None,
        };
        (0..count).map(message).collect()
    }

    #[test]
    fn all_messages_of_ordinary_text_are_shown_and_of_others_the_latest() {
        let text = |messages: &VecDeque<Message>| json::text(&shown(messages).map(view::message).collect::<Vec<_>>());
        let longest = |body: &str| body.repeat(MESSAGE_BODY_MAX_BYTES / body.len());
        for body in [longest("a line of text, and one more,\n"), longest("中文字"), "\u{1}".repeat(1000)] {
            let all = messages(&body, MESSAGES_AT_HAND_MAX);
            assert_eq!(shown(&all).count(), MESSAGES_AT_HAND_MAX);
            assert!(text(&all).len() <= MESSAGES_SHOWN_MAX_BYTES);
        }
        let grown = messages(&longest("\u{1}"), MESSAGES_AT_HAND_MAX);
        let (count, last) = (shown(&grown).count(), shown(&grown).last().map(|message| message.id));
        assert_eq!(last, grown.back().map(|message| message.id));
        let bytes = text(&grown).len();
        assert!(bytes <= MESSAGES_SHOWN_MAX_BYTES && bytes + 7 * MESSAGE_BODY_MAX_BYTES > MESSAGES_SHOWN_MAX_BYTES);
        assert!((1..MESSAGES_AT_HAND_MAX).contains(&count), "{count}");
    }
}
