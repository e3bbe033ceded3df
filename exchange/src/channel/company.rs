//! `company:{company}`: a client sees the availability, and books a consultation.

use std::sync::Arc;

use serde_json::value::RawValue;
use switchboard_core::id::in_order;
use switchboard_core::limits::{NOTE_MAX_BYTES, TOPICS_PER_EMPLOYEE_MAX, WISHES_MAX};
use switchboard_core::{
    Actor, Answer, BookingRequest, ClientId, Command, Company, CompanyId, CompanySettings, Event, Refusal, Wishes,
};
use switchboard_wire::claims::Role;
use switchboard_wire::fields::Fields;
use switchboard_wire::json::{self, object};
use switchboard_wire::view::{self, AvailabilityView, BookingView, BrandView};

use super::{ChannelRequest, Joined, Seat, forbidden, limited_view, unknown_event};
use crate::companies::{JoinSnapshot, Response, Room, Subscriber, Visit, goes_on};

pub(crate) const EVENTS: &[&str] = &["book", "cancel"];

/// The join reply for a client's device, with everything that the app draws.
struct CompanySnapshot<'a> {
    company: BrandView<'a>,
    availability: AvailabilityView<'a>,
    booking: Option<BookingView<'a>>,
}
object!(CompanySnapshot<'_> { company, availability, booking });

/// Topics to which a client may narrow the availability: as many as one employee may name.
pub(crate) const TOPICS_PER_JOIN_MAX: usize = TOPICS_PER_EMPLOYEE_MAX;

/// Joins a client's device to the company's topic.
pub async fn join(
    caller: &ChannelRequest<'_>,
    company: &CompanyId,
    payload: &RawValue,
    old: Option<Seat>,
) -> Option<Seat> {
    let claims = caller.claims;
    let other = claims.company.as_deref().is_some_and(|own| own != company.as_str());
    let client = match claims.subject.parse::<ClientId>() {
        Ok(client) if claims.role == Role::Client && !other => client,
        Ok(_) | Err(_) => {
            caller.reply.send_error(&forbidden("only a client of this company may join its topic"));
            return old;
        }
    };
    let only = match Fields::of(payload).optional_list("topics", TOPICS_PER_JOIN_MAX) {
        Ok(topics) => topics.map(|topics| -> Arc<[_]> { in_order(topics).into() }),
        Err(refusal) => {
            caller.reply.send_error(&super::error(refusal.reason(), refusal.to_string()));
            return old;
        }
    };
    // Only for the company that the token itself names: otherwise its client could make any number of companies.
    let provision = caller.context.auto_provision && claims.company.is_some();
    let room = Room::Client(client.clone());
    let joined = caller.join(company, old, |visit, line| {
        // Before the company is made, so that a revoked token makes none.
        if provision || visit.company().exists() {
            caller.admitted(visit)?;
        }
        if provision {
            provision_company(visit);
        }
        match visit.enter(&room, Subscriber { only: only.clone(), ..line }) {
            Ok(_) => {
                let availability = visit.show_availability();
                if let Some(open) = visit.company().booking_of(&client).map(|booking| booking.id) {
                    visit.place_is_shown(open);
                }
                let availability = view::availability_of(&availability, only.as_deref());
                let company = visit.company();
                let open = company.booking_of(&client);
                let goes_on = open.and_then(|booking| goes_on(company, booking, visit.now()));
                let booking = open.map(|booking| view::booking(company, booking));
                let snapshot = CompanySnapshot { company: view::brand(company), availability, booking };
                let shown = JoinSnapshot { snapshot: json::text(&snapshot).into(), proof: None, goes_on };
                Ok(Joined { room: room.clone(), shown })
            }
            Err(refusal) => Err(refused(visit.company(), &refusal)),
        }
    });
    joined.await
}

/// Makes the company that a valid token names, if there is none.
pub(super) fn provision_company(visit: &mut Visit<'_>) {
    if !visit.company().exists() {
        let name = visit.company().id().as_str().into();
        // The command that makes a company is never refused.
        let _made = visit.take(&Command::SetCompany { name, settings: CompanySettings::default() });
    }
}

/// Handles a push of a client.
pub async fn push(caller: &ChannelRequest<'_>, seat: &Seat, event: &str, payload: &RawValue) {
    let Room::Client(client) = &seat.room else { return };
    let fields = Fields::of(payload);
    match event {
        "book" => caller.reply_after_commit(&seat.company, |visit| book(visit, caller, client, &fields)).await,
        "cancel" => caller.reply_after_commit(&seat.company, |visit| cancel(visit, client, &fields)).await,
        _ => caller.reply.send_error(&unknown_event(event, EVENTS)),
    }
}

fn book(visit: &mut Visit<'_>, caller: &ChannelRequest<'_>, client: &ClientId, fields: &Fields<'_>) -> Response {
    let fresh = caller.clock().fresh_booking();
    let command = (|| {
        Ok(Command::Book(BookingRequest {
            booking: fresh,
            client: client.clone(),
            client_name: caller.claims.name.as_deref().map(Into::into),
            topic: fields.required("topic")?,
            note: fields.optional_json("note", NOTE_MAX_BYTES)?,
            key: fields.optional("key")?,
            wishes: wishes(fields, caller.claims.priority)?,
        }))
    })();
    let (admission, now) = (&caller.context.admission, caller.clock().even());
    // Both limits let a repeat through, so that a client that lost the reply gets the same answer again.
    if let Ok(command) = &command
        && let Err(limited) = admission.may_search(caller.pass, now, || would_begin(visit, command))
    {
        return Err(view::json(&limited_view(limited)));
    }
    if let Err(limited) = caller.may_store(visit)
        && command.as_ref().is_ok_and(|command| would_begin(visit, command))
    {
        return Err(limited);
    }
    let answer = answer_booking(visit, command);
    if let Some(known) = visit.company().booking_of(client).map(|booking| booking.id).filter(|id| *id != fresh) {
        visit.place_is_shown(known);
    }
    // The fresh id is known only if the booking is new.
    if visit.company().booking(fresh).is_some() {
        admission.search_began(caller.pass, now);
    }
    answer
}

/// Everything that a `book` asks for beside the topic; none if it asks for nothing.
///
/// The priority is that of the client's token: a client who could write one would always be the first.
fn wishes(fields: &Fields<'_>, priority: Option<u8>) -> Result<Option<Box<Wishes>>, Refusal> {
    let wishes = Wishes {
        channel: fields.optional("channel")?,
        skills: fields.optional_skills("skills", WISHES_MAX)?.unwrap_or_default(),
        priority,
        only: fields.flag("only")?,
        hold_ms: fields.optional_number("hold_ms")?,
        wait_ms: fields.optional_number("wait_ms")?,
        employee: fields.optional("employee")?,
        again: fields.flag("again")?,
        ..Wishes::default()
    };
    Ok((!wishes.is_empty()).then(|| Box::new(wishes)))
}

/// Whether a `book` would begin a search, and is neither a repeat nor refused.
fn would_begin(visit: &Visit<'_>, book: &Command) -> bool {
    let decided = visit.company().decide(visit.now(), book);
    decided.is_ok_and(|events| events.iter().any(|event| matches!(event, Event::BookingOpened(_))))
}

fn cancel(visit: &mut Visit<'_>, client: &ClientId, fields: &Fields<'_>) -> Response {
    let by = Actor::Client(client.clone());
    let command = fields.required("booking_id").map(|booking| Command::Cancel { booking, by });
    answer_booking(visit, command)
}

fn answer_booking(visit: &mut Visit<'_>, command: Result<Command, Refusal>) -> Response {
    let answer = command.and_then(|command| visit.take(&command));
    let company = visit.company();
    match answer {
        Ok(Answer::Booking(id)) => {
            let booking = company.booking(id).map(|b| view::booking(company, b));
            Ok(json::text(&view::Named("booking", booking)))
        }
        Ok(_) => Ok("{}".into()),
        Err(refusal) => Err(refused(company, &refusal)),
    }
}

/// The reply to a refused command.
pub(super) fn refused(company: &Company, refusal: &Refusal) -> String {
    view::json(&view::refusal(company, refusal))
}
