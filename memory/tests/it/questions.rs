//! Every question of the port, asked with every value that the store knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::ops::ControlFlow;

use switchboard_core::{BookingId, CompanyId, EmployeeNo, LogoId, SessionId, Time};
use switchboard_history::asked::{CompaniesAsked, HistoryFilter, Ids};
use switchboard_history::figures::Span;
use switchboard_history::past::{Each, HistoryResult};
use switchboard_history::{Past, Range};
use switchboard_journal::api_key::DatedKey;
use switchboard_journal::audit::AuditFilter;
use switchboard_journal::endpoint::Endpoint;

use crate::life::START_MS;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The answers to all questions, by question.
#[derive(Default)]
pub struct Answers(BTreeMap<String, String>);

impl Answers {
    fn note(&mut self, question: String, answer: impl Debug) {
        let answer = format!("{answer:?}");
        let first = self.0.entry(question.clone()).or_insert_with(|| answer.clone());
        assert_eq!(*first, answer, "{question} names two questions");
    }

    /// Notes an answer without an order of its own.
    fn note_set(&mut self, question: String, answer: impl IntoIterator<Item = impl Debug>) {
        let rows: BTreeSet<String> = answer.into_iter().map(|row| format!("{row:?}")).collect();
        self.note(question, rows);
    }

    /// Fails with the first question that two stores answer differently.
    pub fn must_be(&self, other: &Self) {
        for (question, answer) in &self.0 {
            assert_eq!(Some(answer), other.0.get(question), "{question}");
        }
        assert_eq!(self.0.len(), other.0.len());
    }

    /// The questions whose answers contain a text.
    pub fn that_have(&self, text: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, answer)| answer.contains(text)).map(|(question, _)| question.as_str()).collect()
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Collects the rows of a question.
pub fn all<T>(ask: impl FnOnce(Each<'_, T>) -> HistoryResult<()>) -> HistoryResult<Vec<T>> {
    let mut rows = Vec::new();
    ask(&mut |row| {
        rows.push(row);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Collects the first row of a question, whose callback breaks then.
fn first<T>(ask: impl FnOnce(Each<'_, T>) -> HistoryResult<()>) -> HistoryResult<Option<T>> {
    let mut found = None;
    ask(&mut |row| {
        assert!(found.is_none(), "the question goes on after a break");
        found = Some(row);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

/// Asks everything about these companies, which may be unknown.
pub fn ask_everything(past: &dyn Past, companies: &[&CompanyId]) -> HistoryResult<Answers> {
    let mut answers = Answers::default();
    ask_about_all(past, &mut answers)?;
    for id in companies {
        ask_about_company(past, id, &mut answers)?;
        ask_about_bookings(past, id, &mut answers)?;
        ask_about_sessions(past, id, &mut answers)?;
        ask_about_events(past, id, &mut answers)?;
        ask_about_figures(past, id, &mut answers)?;
        ask_about_days(past, id, &mut answers)?;
        ask_about_endpoints(past, id, &mut answers)?;
    }
    Ok(answers)
}

fn ask_about_all(past: &dyn Past, answers: &mut Answers) -> HistoryResult<()> {
    for (among, prefix, after, limit) in [
        (None, "", "", u32::MAX),
        (None, "", "", 1),
        (None, "ac", "", 9),
        (None, "", "acme", 9),
        (None, "b", "acme", 9),
        (Some(r#"["bolt","nobody"]"#), "", "", 9),
    ] {
        let asked = CompaniesAsked { among, prefix, after, limit };
        answers.note(format!("companies {asked:?}"), all(|each| past.companies(asked, each))?);
    }
    answers.note("latest".into(), past.latest()?);
    answers.note_set("made again".into(), past.companies_made_again()?);
    answers.note_set("open things".into(), past.companies_with_open_things()?);
    answers.note_set("gone".into(), past.companies_that_are_gone()?);
    answers.note_set("endpoints that are on".into(), past.endpoints_that_are_on()?);
    let show = |dated: &DatedKey| {
        let key = &dated.key;
        let times = (dated.created_at_ms, dated.revoked_at_ms, key.expires_at_ms, key.last_used_at_ms);
        // Entries of different companies are projected in any order, and two removals may each revoke the key.
        let companies = key.companies.as_ref().filter(|_| dated.revoked_at_ms.is_none());
        format!("{:?} {} {:?} {companies:?} {:?} {times:?}", key.id, key.name, key.scope.word(), key.digest)
    };
    answers.note("keys".into(), past.api_keys()?.iter().map(show).collect::<Vec<_>>());
    answers.note_set("keys in force".into(), past.api_keys_in_force()?.iter().map(|key| key.name.clone()));
    ask_about_audit(past, answers)
}

fn ask_about_audit(past: &dyn Past, answers: &mut Answers) -> HistoryResult<()> {
    let text = |text: &str| Some(text.to_owned());
    let middle = Some(Time::from_ms(START_MS + DAY_MS));
    for filter in [
        AuditFilter::default(),
        AuditFilter { company: text("acme"), ..AuditFilter::default() },
        AuditFilter { companies: text(r#"["acme","nobody"]"#), ..AuditFilter::default() },
        AuditFilter { key: text("backend"), ..AuditFilter::default() },
        AuditFilter { key: text("id-1"), ..AuditFilter::default() },
        AuditFilter { from: middle, ..AuditFilter::default() },
        AuditFilter { to: middle, company: text("bolt"), ..AuditFilter::default() },
    ] {
        for (before, limit) in [(None, u32::MAX), (Some(4), 9), (None, 2)] {
            let found = all(|each| past.audit(&filter, before, limit, each))?;
            answers.note(format!("audit {filter:?} {before:?} {limit}"), found);
        }
    }
    for (company, after, limit) in [("acme", 0, 9), ("acme", 2, 1), ("bolt", 0, u32::MAX), ("nobody", 0, 9)] {
        let mut found = Vec::new();
        past.audit_after(company, after, limit, &mut |number, target, request| found.push((number, target, request)))?;
        answers.note(format!("audit after {company} {after} {limit}"), found);
    }
    Ok(())
}

fn ask_about_company(past: &dyn Past, id: &CompanyId, answers: &mut Answers) -> HistoryResult<()> {
    answers.note(format!("{id} is known"), past.is_known(id)?);
    let row = past.company_row(id)?;
    if let Some(logo) = row.as_ref().and_then(|row| row.logo.as_deref()) {
        let logo: LogoId = logo.parse().expect("an id");
        answers.note(format!("{id} logo {logo}"), past.logo(id, &logo)?);
    }
    answers.note(format!("{id} row"), row);
    answers.note(format!("{id} begins at"), past.begins_at(id)?);
    answers.note(format!("{id} begins behind"), past.begins_behind(id)?);
    answers.note(format!("{id} removed last"), past.removed_last(id)?);
    let employees = all(|each| past.employees(id, "", each))?;
    answers.note(format!("{id} employees after bob"), all(|each| past.employees(id, "bob", each))?);
    answers.note(format!("{id} first employee"), first(|each| past.employees(id, "", each))?);
    for employee in employees.iter().map(|row| row.id.as_str()).chain(["nobody"]) {
        answers.note(format!("{id} name of {employee}"), past.employee_name(id, employee)?);
        answers.note(format!("{id} since {employee}"), past.employee_since(id, employee)?);
    }
    answers.note(format!("{id} employees"), employees);
    let last = past.events_kept(id)?.map_or(0, |(_, last)| last);
    for no in 0..4 {
        for seq in 0..=last {
            let question = format!("{id} employee with number {no} at {seq}");
            answers.note(question, past.employee_with_number(id, EmployeeNo(no), seq)?);
        }
    }
    for until in [0, last / 2, u64::from(u32::MAX)] {
        answers.note_set(format!("{id} numbers of nobody until {until}"), past.numbers_of_nobody(id, until)?);
    }
    Ok(())
}

/// Filters of lists, the state in the words of bookings or of sessions.
fn filters(states: [&str; 2]) -> Vec<HistoryFilter> {
    let text = |text: &str| Some(text.to_owned());
    let (early, late) = (Some(Time::from_ms(START_MS + 60_000)), Some(Time::from_ms(START_MS + DAY_MS)));
    let all = HistoryFilter::default();
    let [one, other] = states.map(text);
    vec![
        all.clone(),
        HistoryFilter { state: one, ..all.clone() },
        HistoryFilter { state: other.clone(), client: text("carl"), ..all.clone() },
        HistoryFilter { client: text("carl"), ..all.clone() },
        HistoryFilter { employee: text("ann"), ..all.clone() },
        HistoryFilter { employee: text("ann"), client: text("dora"), state: other, ..all.clone() },
        HistoryFilter { from: early, to: late, ..all },
    ]
}

fn ask_about_bookings(past: &dyn Past, id: &CompanyId, answers: &mut Answers) -> HistoryResult<()> {
    let bookings = all(|each| past.bookings_after(id, "", each))?;
    let ids: Vec<BookingId> = bookings.iter().map(|row| row.booking.id).collect();
    answers.note(format!("{id} bookings, oldest first"), bookings);
    let middle = ids.get(ids.len() / 2).map(ToString::to_string).unwrap_or_default();
    answers.note(format!("{id} bookings after the middle"), all(|each| past.bookings_after(id, &middle, each))?);
    answers.note(format!("{id} first booking"), first(|each| past.bookings_after(id, "", each))?);
    for filter in filters(["offering", "assigned"]) {
        for (first, before, limit) in [("", "g", u32::MAX), ("", "g", 2), (&middle, "g", 9), ("", &middle, 9)] {
            let found = all(|each| past.bookings(id, &filter, Ids { first, before }, limit, each))?;
            let ids = if first.is_empty() { before } else { "the middle and later" };
            answers.note(format!("{id} bookings {filter:?} {ids} {limit}"), found);
        }
    }
    for booking in ids.into_iter().chain([BookingId::from_u128(1)]) {
        answers.note(format!("{id} booking {booking}"), past.booking(id, booking)?);
        let offers = past.offers(id, booking)?;
        for offer in offers.iter().map(|offer| offer.id) {
            answers.note(format!("{id} asked in {offer}"), past.asked(id, offer)?);
        }
        answers.note(format!("{id} offers of {booking}"), offers);
        answers.note(format!("{id} facts of booking {booking}"), past.booking_facts(id, booking)?);
    }
    for (after, employee, limit) in [("", "ann", u32::MAX), ("", "bob", 3), (&middle, "ann", 9)] {
        let found = all(|each| past.offers_after(id, after, employee, limit, each))?;
        answers.note(format!("{id} offers after {after} {employee} {limit}"), found);
    }
    Ok(())
}

fn ask_about_sessions(past: &dyn Past, id: &CompanyId, answers: &mut Answers) -> HistoryResult<()> {
    let sessions = all(|each| past.sessions_after(id, "", each))?;
    let ids: Vec<SessionId> = sessions.iter().map(|row| row.id).collect();
    answers.note(format!("{id} sessions, oldest first"), sessions);
    let middle = ids.get(ids.len() / 2).map(ToString::to_string).unwrap_or_default();
    answers.note(format!("{id} sessions after the middle"), all(|each| past.sessions_after(id, &middle, each))?);
    for filter in filters(["running", "ended"]) {
        for (first, before, limit) in [("", "g", u32::MAX), ("", "g", 2), (&middle, "g", 9), ("", &middle, 9)] {
            let found = all(|each| past.sessions(id, &filter, Ids { first, before }, limit, each))?;
            let ids = if first.is_empty() { before } else { "the middle and later" };
            answers.note(format!("{id} sessions {filter:?} {ids} {limit}"), found);
        }
    }
    answers.note(format!("{id} notes"), all(|each| past.notes_after(id, "", each))?);
    answers.note(format!("{id} notes after the middle"), all(|each| past.notes_after(id, &middle, each))?);
    let messages = all(|each| past.messages_after(id, "", "", each))?;
    if let Some(row) = messages.get(messages.len() / 2) {
        let (session, message) = (row.session_id.to_string(), row.id.to_string());
        let behind = all(|each| past.messages_after(id, &session, &message, each))?;
        answers.note(format!("{id} messages after the middle"), behind);
    }
    answers.note(format!("{id} messages"), messages);
    let late = Some(Time::from_ms(START_MS + DAY_MS));
    for session in ids.into_iter().chain([SessionId::from_u128(1)]) {
        answers.note(format!("{id} session {session}"), past.session(id, session)?);
        answers.note(format!("{id} notes of {session}"), past.notes(id, session)?);
        answers.note(format!("{id} facts of session {session}"), past.session_facts(id, session)?);
        answers.note(format!("{id} company of {session}"), past.company_of_session(session)?);
        let everything = Ids { first: "", before: "g" };
        for (time, limit) in [((None, None), u32::MAX), ((None, None), 1), ((late, None), 9), ((None, late), 9)] {
            let found = all(|each| past.messages(id, session, time, everything, limit, each))?;
            answers.note(format!("{id} messages of {session} {time:?} {limit}"), found);
        }
    }
    Ok(())
}

fn ask_about_events(past: &dyn Past, id: &CompanyId, answers: &mut Answers) -> HistoryResult<()> {
    let kept = past.events_kept(id)?;
    answers.note(format!("{id} events kept"), kept);
    let last = kept.map_or(0, |(_, last)| last);
    for (after, limit) in [(0, None), (last / 2 + 1, Some(3)), (last + 1, None)] {
        let mut found = Vec::new();
        past.events(id, after, limit, &mut |event| {
            found.push(format!("{event:?}"));
            Ok(ControlFlow::Continue(()))
        })?;
        answers.note(format!("{id} events after {after} {limit:?}"), found);
    }
    answers.note(format!("{id} event {last}"), past.event(id, last)?);
    answers.note(format!("{id} event behind {last}"), past.event(id, last + 1)?);
    answers.note(format!("{id} revision"), past.revision(id)?);
    answers.note(format!("{id} first base"), past.first_base(id)?);
    answers.note(format!("{id} cut at"), past.cut_at(id)?);
    let bases = past.bases(id)?;
    for seq in &bases {
        answers.note(format!("{id} is base {seq}"), past.is_base(id, *seq, "{}")?);
    }
    for (after, days) in [(0, 0), (0, 1), (0, 40), (last, 40)] {
        let moment = Time::from_ms(START_MS + days * DAY_MS);
        answers.note(format!("{id} base after {after} on day {days}"), past.base_between(id, after, moment)?);
    }
    answers.note(format!("{id} bases"), bases);
    answers.note(format!("{id} last base"), past.last_base(id)?);
    answers.note(format!("{id} snapshot"), past.snapshot(id)?);
    answers.note(format!("{id} snapshot at"), past.snapshot_at(id)?);
    answers.note(format!("{id} now"), past.company(id)?);
    Ok(())
}

fn ask_about_figures(past: &dyn Past, id: &CompanyId, answers: &mut Answers) -> HistoryResult<()> {
    let moment = |ms| Time::from_ms(START_MS + ms);
    for (from, to) in [(0, 60_000), (0, DAY_MS), (60_000, 40 * DAY_MS)] {
        let range = Range { from: moment(from), to: moment(to) };
        answers.note(format!("{id} is settled {range:?}"), past.is_settled(id, range)?);
        for span in [Span::part(range), Span::day(range)] {
            let mut bookings = Vec::new();
            past.count_bookings(id, span, &mut |row| bookings.push(format!("{row:?}")))?;
            bookings.sort();
            answers.note(format!("{id} bookings in {span:?}"), bookings);
            let mut codes = Vec::new();
            past.count_codes(id, span, &mut |code| codes.push(code.to_owned()))?;
            codes.sort();
            answers.note(format!("{id} codes in {span:?}"), codes);
            for only in [None, Some("ann".parse().expect("an id"))] {
                let (mut offers, mut sessions) = (Vec::new(), Vec::new());
                past.count_offers(id, only.as_ref(), span, &mut |row| offers.push(format!("{row:?}")))?;
                past.count_sessions(id, only.as_ref(), span, &mut |row| sessions.push(format!("{row:?}")))?;
                offers.sort();
                sessions.sort();
                answers.note(format!("{id} offers of {only:?} in {span:?}"), offers);
                answers.note(format!("{id} sessions of {only:?} in {span:?}"), sessions);
            }
        }
    }
    for ms in [0, 60_000, DAY_MS, 40 * DAY_MS] {
        answers.note(format!("{id} next booking after {ms}"), past.next_booking(id, "", moment(ms))?);
    }
    Ok(())
}

fn ask_about_days(past: &dyn Past, id: &CompanyId, answers: &mut Answers) -> HistoryResult<()> {
    let days = past.days(id, 0, u64::MAX)?;
    let middle = days.get(days.len() / 2).copied().unwrap_or_default();
    answers.note(format!("{id} days from the middle"), past.days(id, middle, u64::MAX)?);
    answers.note(format!("{id} days before the middle"), past.days(id, 0, middle)?);
    for day in days.iter().copied().chain([1]) {
        answers.note(format!("{id} day {day}"), past.day(id, day)?);
        answers.note(format!("{id} is day kept {day}"), past.is_day_kept(id, day)?);
        answers.note_set(format!("{id} employees of day {day}"), past.employees_of_day(id, day)?);
    }
    answers.note(format!("{id} days"), days);
    let employees = past.employees_with_days(id, None)?;
    for employee in &employees {
        for (first, last) in [(0, u64::MAX), (middle, middle)] {
            let mut found = BTreeSet::new();
            past.days_of_employee(id, employee, (first, last), &mut |day, work| {
                found.insert(format!("{day} {work}"));
                Ok(())
            })?;
            answers.note(format!("{id} days of {employee} {first} {last}"), found);
        }
    }
    answers.note(format!("{id} employees with days"), employees);
    answers.note(format!("{id} employees with days after ann"), past.employees_with_days(id, Some("ann"))?);
    Ok(())
}

fn ask_about_endpoints(past: &dyn Past, id: &CompanyId, answers: &mut Answers) -> HistoryResult<()> {
    let show = |endpoint: &Endpoint| {
        let old = endpoint.old_secret.as_ref().map(|(secret, until)| (secret.expose(), *until));
        format!("{endpoint:?} {} {old:?}", endpoint.secret.expose())
    };
    let endpoints = past.endpoints(id, "", u32::MAX)?;
    answers.note(format!("{id} first endpoint"), past.endpoints(id, "", 1)?.iter().map(show).collect::<Vec<_>>());
    let behind = past.endpoints(id, "hook-1", 9)?;
    answers.note(format!("{id} endpoints after one"), behind.iter().map(show).collect::<Vec<_>>());
    answers.note(format!("{id} number of endpoints"), past.endpoint_count(id)?);
    answers.note(format!("{id} oldest needed"), past.oldest_needed_by_endpoints(id)?);
    answers.note(format!("{id} unknown endpoint"), past.endpoint(id, "nobody")?.is_some());
    for endpoint in &endpoints {
        let name = &endpoint.id;
        answers.note(format!("{id} endpoint {name}"), past.endpoint(id, name)?.as_ref().map(show));
        answers.note(format!("{id} deliveries counted {name}"), past.deliveries_counted(endpoint)?);
        let (waiting, dead) = past.queue(endpoint)?;
        answers.note(format!("{id} queue of {name}"), waiting);
        answers.note_set(format!("{id} dead letters of {name}"), dead);
        for (state, after, limit) in [(None, 0, u32::MAX), (Some("dead"), 0, 9), (Some("pending"), 2, 1)] {
            let found = past.deliveries(id, name, state, after, limit)?;
            answers.note(format!("{id} deliveries of {name} {state:?} {after} {limit}"), found);
        }
    }
    Ok(())
}
