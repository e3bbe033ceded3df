//! `employee:{company}:{employee}`: an employee sets a status, and answers offers.

use std::sync::Arc;

use serde_json::value::RawValue;
use switchboard_core::limits::REASON_MAX_CHARS;
use switchboard_core::{
    Answer, Command, Company, CompanyId, Duty, Employee, EmployeeId, Intent, Refusal, SessionId, Time, Topic,
};
use switchboard_wire::claims::{Claims, Role};
use switchboard_wire::fields::{Fields, invalid};
use switchboard_wire::json::{self, object};
use switchboard_wire::view::{self, BrandView, Moment, Named, OfferView, SessionView};

use super::company::{provision_company, refused};
use super::{ChannelRequest, Joined, Seat, forbidden, unknown_event};
use crate::clock::Clock;
use crate::companies::{JoinSnapshot, Response, Room, Visit};

pub(crate) const EVENTS: &[&str] = &["set_status", "accept", "reject"];

/// The join reply for an employee's device, with everything that the app draws.
struct EmployeeSnapshot<'a> {
    company: BrandView<'a>,
    status: &'static str,
    since: Moment,
    intent: &'static str,
    offer: Option<OfferView<'a>>,
    session: Option<SessionView<'a>>,
    wrap_up_ends_in_ms: Option<u64>,
}
object!(EmployeeSnapshot<'_> { company, status, since, intent, offer, session, wrap_up_ends_in_ms });

/// The reply to `set_status`.
struct StatusSet {
    status: &'static str,
    intent: &'static str,
}
object!(StatusSet { status, intent });

/// Joins an employee's device to their topic.
pub async fn join(
    caller: &ChannelRequest<'_>,
    company: &CompanyId,
    employee: &EmployeeId,
    old: Option<Seat>,
) -> Option<Seat> {
    let claims = caller.claims;
    let own = claims.role == Role::Employee
        && claims.company.as_deref() == Some(company.as_str())
        && claims.subject == employee.as_str();
    if !own {
        caller.reply.send_error(&forbidden("only this employee's own token may join their topic"));
        return old;
    }
    let provision = caller.context.auto_provision;
    let room = Room::Employee(employee.clone());
    let joined = caller.join(company, old, |visit, line| {
        // Before the employee is made, so that a revoked token makes none. Where there is no such employee and none is
        // made, the answer is that the employee is unknown.
        if provision || visit.company().find_employee(employee).is_some() {
            caller.admitted(visit)?;
        }
        if provision && let Err(refusal) = provision_employee(visit, employee, claims) {
            return Err(refused(visit.company(), &refusal));
        }
        match visit.enter(&room, line) {
            Ok(_) => Ok(snapshot(visit.company(), employee, visit.now(), room.clone())),
            Err(refusal) => Err(refused(visit.company(), &refusal)),
        }
    });
    joined.await
}

/// Makes the employee that a valid token names, with the name and the topics in the token.
fn provision_employee(visit: &mut Visit<'_>, id: &EmployeeId, claims: &Claims) -> Result<Answer, Refusal> {
    provision_company(visit);
    let known = visit.company().find_employee(id).map(|(_, employee)| employee);
    let known_name = known.map_or_else(|| id.as_str().into(), |employee| employee.name.clone());
    let known_topics = known.map_or_else(Vec::new, |employee| employee.topics.clone());
    let topics: Option<Result<Vec<Topic>, _>> =
        claims.topics.as_ref().map(|topics| topics.iter().map(|topic| topic.parse()).collect());
    let topics = topics.transpose().map_err(|_| invalid("topics", "of the token are not valid"))?;
    let name = claims.name.as_deref().map_or(known_name, Into::into);
    visit.take(&Command::set_employee(id.clone(), name, topics.unwrap_or(known_topics)))
}

fn snapshot(company: &Company, id: &EmployeeId, now: Time, room: Room) -> Joined {
    let Some((no, employee)) = company.find_employee(id) else {
        return Joined { room, shown: JoinSnapshot { snapshot: Arc::new("{}".into()), proof: None, goes_on: None } };
    };
    let (offered, session) = match employee.load.duty() {
        Duty::Asked(booking) => (company.booking(booking), None),
        Duty::InSession(session) => (None, company.session(session)),
        Duty::Free | Duty::WrapUp(_) => (None, None),
    };
    let open = offered.and_then(|b| Some((b, b.open_offers().find(|(_, offer)| offer.employee == no)?)));
    let snapshot = EmployeeSnapshot {
        company: view::brand(company),
        status: employee.status().word(),
        since: Moment(employee.since),
        intent: employee.intent.word(),
        offer: open.map(|(booking, (id, offer))| view::offer(booking, id, offer, now)),
        session: session.map(|session| view::session(company, session)),
        wrap_up_ends_in_ms: view::wrap_up_ends_in_ms(employee, now),
    };
    let proof = open.map(|(_, (id, _))| id.to_string());
    Joined { room, shown: JoinSnapshot { snapshot: json::text(&snapshot).into(), proof, goes_on: None } }
}

/// Handles a push of an employee.
pub async fn push(caller: &ChannelRequest<'_>, seat: &Seat, event: &str, payload: &RawValue) {
    let Room::Employee(employee) = &seat.room else { return };
    let fields = Fields::of(payload);
    match event {
        "set_status" => caller.reply_after_commit(&seat.company, |visit| set_status(visit, employee, &fields)).await,
        "accept" => {
            caller.reply_after_commit(&seat.company, |visit| accept(visit, caller.clock(), employee, &fields)).await
        }
        "reject" => caller.reply_after_commit(&seat.company, |visit| reject(visit, employee, &fields)).await,
        _ => caller.reply.send_error(&unknown_event(event, EVENTS)),
    }
}

/// Parses the word of an intent, for `set_status` and the HTTP API.
pub fn intent(word: &str) -> Result<Intent, Refusal> {
    match word {
        "idle" => Ok(Intent::Idle),
        "offline" => Ok(Intent::Offline),
        _ => Err(invalid("status", "must be `idle` or `offline`")),
    }
}

fn set_status(visit: &mut Visit<'_>, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let word = fields.required::<String>("status");
    let command =
        word.and_then(|word| intent(&word)).map(|intent| Command::set_status(employee.clone(), intent, false));
    answer(visit, command, |found| {
        json::text(&StatusSet { status: found.status().word(), intent: found.intent.word() })
    })
}

fn accept(visit: &mut Visit<'_>, clock: &Clock, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let session = clock.fresh_session();
    let command = offer_id(fields).map(|offer| Command::Accept { employee: employee.clone(), offer, session });
    match command.and_then(|command| visit.take(&command)) {
        Ok(Answer::Session(id)) => Ok(session_json(visit.company(), id)),
        Ok(_) => Ok("{}".into()),
        Err(refusal) => Err(refused(visit.company(), &refusal)),
    }
}

fn reject(visit: &mut Visit<'_>, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let command = (|| {
        Ok(Command::Reject {
            employee: employee.clone(),
            offer: offer_id(fields)?,
            reason: fields.optional_text("reason", REASON_MAX_CHARS)?,
        })
    })();
    answer(visit, command, |found| json::text(&Named("status", found.status().word())))
}

fn offer_id(fields: &Fields<'_>) -> Result<switchboard_core::OfferId, Refusal> {
    let text: String = fields.required("offer_id")?;
    // Not `invalid`, because a text that is no id names an offer that does not exist.
    text.parse().map_err(|_| Refusal::UnknownOffer)
}

fn answer(
    visit: &mut Visit<'_>,
    command: Result<Command, Refusal>,
    show: impl FnOnce(&Employee) -> String,
) -> Response {
    match command.and_then(|command| visit.take(&command)) {
        Ok(Answer::Employee(no)) => {
            let company = visit.company();
            Ok(company.employee_no(no).map_or_else(|| "{}".into(), show))
        }
        Ok(_) => Ok("{}".into()),
        Err(refusal) => Err(refused(visit.company(), &refusal)),
    }
}

pub(super) fn session_json(company: &Company, id: SessionId) -> String {
    let session = company.session(id).map(|session| view::session(company, session));
    json::text(&Named("session", session))
}
