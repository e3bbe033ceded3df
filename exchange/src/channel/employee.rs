//! `employee:{company}:{employee}`: an employee sets a status, and answers offers.

use std::sync::Arc;

use serde_json::value::RawValue;
use switchboard_core::limits::REASON_MAX_CHARS;
use switchboard_core::{
    Answer, Command, Company, CompanyId, Duty, Employee, EmployeeId, Intent, Party, PauseRequest, Profile, Refusal,
    SessionId, Time, Topic, Word,
};
use switchboard_wire::claims::{Claims, Role};
use switchboard_wire::fields::{Fields, invalid};
use switchboard_wire::json::{self, object};
use switchboard_wire::view::{
    self, BrandView, Moment, Named, OfferView, PauseView, RoomView, SessionView, Text, WrapUpView,
};

use super::company::{provision_company, refused};
use super::{ChannelRequest, Joined, Seat, forbidden, unknown_event};
use crate::clock::Clock;
use crate::companies::{JoinSnapshot, Response, Room, Visit};

pub(crate) const EVENTS: &[&str] = &["set_status", "accept", "reject", "finish", "extend", "code"];

/// The join reply for an employee's device, with everything that the app draws.
struct EmployeeSnapshot<'a> {
    company: BrandView<'a>,
    status: &'static str,
    since: Moment,
    intent: &'static str,
    offer: Option<OfferView<'a>>,
    session: Option<SessionView<'a>>,
    wrap_up_ends_in_ms: Option<u64>,
    pause: Option<PauseView<'a>>,
    resting_until: Option<Moment>,
    wrap_ups: Option<Vec<WrapUpView>>,
    room: Option<RoomView>,
    sessions: Option<Vec<SessionView<'a>>>,
    pause_reasons: Option<Vec<Text<'a>>>,
    codes: Option<Vec<Text<'a>>>,
}
object!(EmployeeSnapshot<'_> {
    company, status, since, intent, offer, session, wrap_up_ends_in_ms;
    pause, resting_until, wrap_ups, room, sessions, pause_reasons, codes
});

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

/// Makes the employee that a valid token names, with the name, the topics and the skills in the token. Where the token
/// has no such claim, the employee keeps what they have.
fn provision_employee(visit: &mut Visit<'_>, id: &EmployeeId, claims: &Claims) -> Result<Answer, Refusal> {
    provision_company(visit);
    let known = visit.company().find_employee(id).map(|(_, employee)| employee);
    let known_name = known.map_or_else(|| id.as_str().into(), |employee| employee.name.clone());
    let known_topics = known.map_or_else(Vec::new, |employee| employee.topics.clone());
    let known_profile = known.map_or_else(Profile::default, |employee| employee.profile.clone());
    let topics: Option<Result<Vec<Topic>, _>> =
        claims.topics.as_ref().map(|topics| topics.iter().map(|topic| topic.parse()).collect());
    let topics = topics.transpose().map_err(|_| invalid("topics", "of the token are not valid"))?;
    let name = claims.name.as_deref().map_or(known_name, Into::into);
    let topics = topics.unwrap_or(known_topics);
    let skills = claims.skills.clone().unwrap_or(known_profile.skills);
    let profile = Profile { skills, ..known_profile };
    visit.take(&Command::SetEmployee { employee: id.clone(), name, topics, profile })
}

fn snapshot(company: &Company, id: &EmployeeId, now: Time, room: Room) -> Joined {
    let Some((no, employee)) = company.find_employee(id) else {
        return Joined { room, shown: JoinSnapshot { snapshot: Arc::new("{}".into()), proof: None, goes_on: None } };
    };
    let offered = match employee.load.duty() {
        Duty::Asked(booking) => company.booking(booking),
        Duty::InSession(_) | Duty::Free | Duty::WrapUp(_) => None,
    };
    let session = employee.load.sessions().next_back().and_then(|id| company.session(id));
    let open = offered.and_then(|b| Some((b, b.open_offers().find(|(_, offer)| offer.employee == no)?)));
    let snapshot = EmployeeSnapshot {
        company: view::brand(company),
        status: employee.status().word(),
        since: Moment(employee.since),
        intent: employee.intent.word(),
        offer: open.map(|(booking, (id, offer))| view::offer(booking, id, offer, now)),
        session: session.map(|session| view::coded_session(company, session)),
        wrap_up_ends_in_ms: view::wrap_up_ends_in_ms(employee, now),
        pause: view::pause(employee),
        resting_until: view::resting_until(employee),
        wrap_ups: view::wrap_ups(employee),
        room: view::room(employee),
        sessions: view::running_sessions(company, employee),
        pause_reasons: words(&company.routing().pause_reasons),
        codes: words(&company.routing().wrap_up.codes),
    };
    let proof = open.map(|(_, (id, _))| id.to_string());
    Joined { room, shown: JoinSnapshot { snapshot: json::text(&snapshot).into(), proof, goes_on: None } }
}

/// Words of the company's, which an app shows as a choice; none if there are none.
fn words(words: &[Word]) -> Option<Vec<Text<'_>>> {
    (!words.is_empty()).then(|| words.iter().map(|word| word.as_str().into()).collect())
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
        "finish" => caller.reply_after_commit(&seat.company, |visit| finish(visit, employee, &fields)).await,
        "extend" => caller.reply_after_commit(&seat.company, |visit| extend(visit, employee, &fields)).await,
        "code" => caller.reply_after_commit(&seat.company, |visit| code(visit, employee, &fields)).await,
        _ => caller.reply.send_error(&unknown_event(event, EVENTS)),
    }
}

/// Parses the word of an intent.
pub fn intent(word: &str) -> Result<Intent, Refusal> {
    match word {
        "idle" => Ok(Intent::Idle),
        "offline" => Ok(Intent::Offline),
        _ => Err(invalid("status", "must be `idle` or `offline`")),
    }
}

/// The command that sets an intent. A reason and a time say nothing with the intent to be idle, and are not read then.
pub fn intend(
    employee: &EmployeeId,
    word: &str,
    by_admin: bool,
    pause: impl FnOnce() -> Result<PauseRequest, Refusal>,
) -> Result<Command, Refusal> {
    let intent = intent(word)?;
    let pause = match intent {
        Intent::Idle => PauseRequest::default(),
        Intent::Offline => pause()?,
    };
    Ok(Command::SetStatus { employee: employee.clone(), intent, by_admin, pause })
}

fn set_status(visit: &mut Visit<'_>, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let pause = || Ok(PauseRequest { reason: fields.optional("reason")?, for_ms: fields.optional_number("for_ms")? });
    let command = fields.required::<String>("status").and_then(|word| intend(employee, &word, false, pause));
    answer(visit, command, |found| {
        json::text(&StatusSet { status: found.status().word(), intent: found.intent.word() })
    })
}

fn accept(visit: &mut Visit<'_>, clock: &Clock, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let session = clock.fresh_session();
    let command = offer_id(fields).map(|offer| Command::Accept { employee: employee.clone(), offer, session });
    match command.and_then(|command| visit.take(&command)) {
        Ok(Answer::Session(id)) => Ok(session_json(visit.company(), id, Party::Employee)),
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

fn finish(visit: &mut Visit<'_>, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let session = fields.optional("session_id");
    let command = session.map(|session| Command::Finish { employee: employee.clone(), session });
    answer(visit, command, |found| json::text(&Named("status", found.status().word())))
}

fn extend(visit: &mut Visit<'_>, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let extended = (|| {
        let session: SessionId = fields.required("session_id")?;
        let for_ms = fields.required_number("for_ms")?;
        visit.take(&Command::Extend { employee: employee.clone(), session, for_ms })?;
        Ok(session)
    })();
    let company = visit.company();
    let until_of = |session| {
        let (_, found) = company.find_employee(employee)?;
        let wrap_up = found.load.wrap_ups().find(|wrap_up| wrap_up.session == Some(session))?;
        Some(Moment(wrap_up.until))
    };
    match extended {
        Ok(session) => Ok(json::text(&Named("until", until_of(session)))),
        Err(refusal) => Err(refused(company, &refusal)),
    }
}

fn code(visit: &mut Visit<'_>, employee: &EmployeeId, fields: &Fields<'_>) -> Response {
    let coded = (|| {
        let session: SessionId = fields.required("session_id")?;
        let code: Word = fields.required("code")?;
        visit.take(&Command::Code { employee: employee.clone(), session, code })?;
        Ok(session)
    })();
    match coded {
        Ok(session) => Ok(session_json(visit.company(), session, Party::Employee)),
        Err(refusal) => Err(refused(visit.company(), &refusal)),
    }
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

/// The session as that side of it sees it.
pub(super) fn session_json(company: &Company, id: SessionId, to: Party) -> String {
    let session = company.session(id).map(|session| view::session_of(company, session, to));
    json::text(&Named("session", session))
}
