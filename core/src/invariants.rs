//! Invariants that hold after every step, each with the promise of the contract that it guards.

use std::collections::BTreeMap;

use crate::booking::Booking;
use crate::company::Company;
use crate::employee::{Employee, Intent, Reach, Status};
use crate::id::{ClientId, EmployeeId, EmployeeNo, Topic};
use crate::limits::AT_ONCE_MAX;
use crate::load::Work;
use crate::person::Party;
use crate::routing::{EVERYBODY, Level, RouteStep, Routing};
use crate::time::Time;

/// An invariant that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {place}")]
pub struct Broken {
    pub name: &'static str,
    pub place: String,
}

/// Checks all invariants, and returns the first that does not hold. The check reads the whole company: it is for tests,
/// simulation and `switchboard check`, not for the path of a booking.
pub fn check(company: &Company) -> Result<(), Broken> {
    everything_is_found_by_its_id(company)?;
    as_many_offers_as_the_step_says(company)?;
    what_is_in_hand_is_open(company)?;
    the_line_is_in_order(company)?;
    one_open_thing_per_client(company)?;
    every_open_thing_has_a_deadline(company)?;
    every_end_is_waited_for(company)?;
    no_wrap_up_is_too_long(company)?;
    nobody_is_asked_twice(company)?;
    nobody_waits_beside_who_is_free(company)?;
    what_is_remembered_is_weighed(company)?;
    what_follows_is_what_it_was_made_from(company)
}

fn broken(name: &'static str, place: impl std::fmt::Debug) -> Result<(), Broken> {
    Err(Broken { name, place: format!("{place:?}") })
}

/// Deadlines and answers lead to things by their ids, and the settings are in their ranges.
fn everything_is_found_by_its_id(company: &Company) -> Result<(), Broken> {
    if let Err((setting, _)) = company.settings().check() {
        return broken("a setting is in its range", setting);
    }
    for booking in company.bookings() {
        if !company.booking(booking.id).is_some_and(|found| std::ptr::eq(found, booking)) {
            return broken("a booking is found by its id", booking.id);
        }
    }
    for session in company.sessions() {
        if !company.session(session.id).is_some_and(|found| std::ptr::eq(found, session)) {
            return broken("a session is found by its id", session.id);
        }
    }
    Ok(())
}

/// Promise 1: a booking has at most as many open offers as one of its open steps says, and waits while it has none. A
/// step that asks fewer at once takes no offer back.
fn as_many_offers_as_the_step_says(company: &Company) -> Result<(), Broken> {
    for booking in company.bookings() {
        let open = booking.offers.iter().filter(|offer| offer.outcome.is_none()).count();
        if open != booking.open_offers().count() {
            return broken("every open offer is found", booking.id);
        }
        let waits = booking.waits() || booking.is_in_line();
        if (open > 0 || waits) != booking.is_open() || open > 0 && booking.is_in_line() {
            return broken("a searching booking has an open offer or waits, any other has none", booking.id);
        }
        let steps = booking.routed.as_ref().filter(|_| booking.is_open()).map(|routed| routed.steps());
        let most = steps.map_or(1, |steps| steps.iter().map(|step| step.at_once).max().unwrap_or(1));
        if open > usize::from(most.min(AT_ONCE_MAX)) {
            return broken("a booking has at most as many open offers as its steps say", booking.id);
        }
        // The end of the wait closes the offer of the absent employee, and would close the others too.
        if booking.waits() && open > 1 {
            return broken("a search that waits has one open offer at most", booking.id);
        }
    }
    Ok(())
}

/// Promise 1: an employee has at most one open offer, and knows exactly what is open with them.
fn what_is_in_hand_is_open(company: &Company) -> Result<(), Broken> {
    let mut open: BTreeMap<EmployeeNo, Vec<Work>> = BTreeMap::new();
    for booking in company.bookings() {
        for (_, offer) in booking.open_offers() {
            open.entry(offer.employee).or_default().push(Work::Offer(booking.id));
        }
    }
    for session in company.sessions().filter(|session| session.is_running()) {
        open.entry(session.employee).or_default().push(Work::Session(session.id));
    }
    for (no, employee) in company.employees_after(None) {
        let mut open = open.remove(&no).unwrap_or_default();
        if open.iter().filter(|work| matches!(work, Work::Offer(_))).count() > 1 {
            return broken("an employee has one open offer", no);
        }
        let mut held: Vec<Work> = employee.load.works().filter(|work| !matches!(work, Work::WrapUp(_))).collect();
        held.sort_unstable();
        open.sort_unstable();
        if held != open {
            return broken("what an employee does is what is open with them", no);
        }
        let wrapped_up = employee.load.wrap_ups().filter_map(|wrap_up| company.session(wrap_up.session?));
        if wrapped_up.into_iter().any(|session| session.is_running() || session.employee != no) {
            return broken("an employee wraps up a session of their own that is over", no);
        }
    }
    open.keys().next().map_or(Ok(()), |no| broken("what is open has its employee", no))
}

/// Promise 1: a client has at most one open booking or running session.
fn one_open_thing_per_client(company: &Company) -> Result<(), Broken> {
    let mut open: BTreeMap<&ClientId, usize> = BTreeMap::new();
    for booking in company.bookings().filter(|b| b.is_open()) {
        *open.entry(&booking.client).or_default() += 1;
    }
    for session in company.sessions().filter(|s| s.is_running()) {
        *open.entry(&session.client).or_default() += 1;
    }
    for (client, count) in open {
        if count != 1 || company.booking_of(client).is_none() {
            return broken("a client has one open thing", client);
        }
    }
    Ok(())
}

/// Promise 3: everything open ends by itself, or a person who is there ends it.
fn every_open_thing_has_a_deadline(company: &Company) -> Result<(), Broken> {
    for booking in company.bookings().filter(|b| b.is_open()) {
        let bounded = booking.open_offers().all(|(_, offer)| offer.expires_at <= booking.deadline);
        if !bounded || booking.reason.is_some() {
            return broken("an open booking ends by its deadline", booking.id);
        }
    }
    for booking in company.bookings().filter(|b| !b.is_open()) {
        if booking.reason.is_some() == booking.session.is_some() {
            return broken("a closed booking has a session or one reason", booking.id);
        }
    }
    for (no, employee) in company.employees_after(None) {
        let alone = employee.reach != Reach::Connected;
        let bounded = employee.lapse_due.is_some();
        if alone && employee.status() == Status::Idle && !bounded {
            return broken("an idle employee without a device falls offline", no);
        }
    }
    Ok(())
}

/// Promise 3: every end that the state names, of an offer, a wait, a step, an absence, a wrap-up, a rest or a pause, is
/// the next deadline or comes after it.
fn every_end_is_waited_for(company: &Company) -> Result<(), Broken> {
    let earliest = ends(company).min();
    if earliest == company.next_deadline() {
        return Ok(());
    }
    broken("the next deadline is the earliest end of anything", (earliest, company.next_deadline()))
}

fn ends(company: &Company) -> impl Iterator<Item = Time> {
    let of_bookings = company.bookings().filter(|booking| booking.is_open()).flat_map(|booking| {
        let offers = booking.open_offers().flat_map(|(_, offer)| [Some(offer.expires_at), offer.delivery_due]);
        let routed = booking.routed.as_ref();
        let step = routed.and_then(|routed| routed.next_step_at());
        // The end of a hold opens the first step, and ends the wait of a booking that has none.
        let may_end = routed.filter(|routed| !routed.is_on_hold() || routed.next_step().is_none());
        let wait = may_end.filter(|_| booking.is_in_line()).and_then(|routed| routed.wait_until());
        let again = booking.asks_again_at();
        offers.chain([Some(booking.deadline), booking.client_due, booking.waits_until, step, wait, again])
    });
    let of_sessions = company.sessions().filter(|session| session.is_running());
    let of_sessions =
        of_sessions.flat_map(|session| [Party::Client, Party::Employee].map(|party| session.presence(party).due));
    let of_employees = company.employees_after(None).flat_map(|(_, employee)| {
        let back = if let Reach::Grace { until } = employee.reach { Some(until) } else { None };
        let pause = employee.pause.as_ref().and_then(|pause| pause.until);
        let wrap_ups = employee.load.wrap_ups().map(|wrap_up| Some(wrap_up.until));
        wrap_ups.chain([back, pause, employee.resting_until, employee.lapse_due])
    });
    of_bookings.chain(of_sessions).chain(of_employees).flatten()
}

/// Promise 3: no wrap-up is longer than it may become, and no rest or pause goes on with another intent.
fn no_wrap_up_is_too_long(company: &Company) -> Result<(), Broken> {
    for (no, employee) in company.employees_after(None) {
        if employee.load.wrap_ups().any(|wrap_up| wrap_up.longest.is_some_and(|longest| longest < wrap_up.until)) {
            return broken("a wrap-up is not longer than it may be", no);
        }
        if employee.pause.is_some() && employee.intent == Intent::Idle {
            return broken("an employee who pauses wants to be offline", no);
        }
        if employee.resting_until.is_some() && employee.intent == Intent::Offline {
            return broken("an employee who rests wants to be idle", no);
        }
    }
    Ok(())
}

/// Promise 4: one booking never asks the same employee twice, unless the company's routing says after which time.
fn nobody_is_asked_twice(company: &Company) -> Result<(), Broken> {
    for booking in company.bookings().filter(|booking| !booking.may_ask_again()) {
        let mut asked: Vec<&EmployeeId> = booking.offers.iter().map(|offer| &offer.employee_id).collect();
        asked.sort_unstable();
        asked.dedup();
        if asked.len() != booking.offers.len() {
            return broken("nobody is asked twice", booking.id);
        }
    }
    Ok(())
}

/// Promises 4 and 5: an employee who can be asked is asked at once by a booking that seeks. Looked for by the words of
/// the contract, without the line and the pools.
fn nobody_waits_beside_who_is_free(company: &Company) -> Result<(), Broken> {
    let mut seeking = company.bookings().filter(|booking| seeks(booking, company.clock())).peekable();
    if seeking.peek().is_none() {
        return Ok(());
    }
    let now = company.clock();
    let free: Vec<(EmployeeNo, &Employee)> =
        company.employees_after(None).filter(|(_, employee)| could_be_asked(employee)).collect();
    for booking in seeking {
        let weight = booking.routed.as_ref().map_or(1, |routed| routed.weight());
        let wants = |no| booking.routed.as_ref().is_some_and(|routed| routed.wanted().contains(&no));
        let is_candidate = |(no, employee): &(EmployeeNo, &Employee)| {
            employee.has_room_for(weight)
                && booking.may_ask(now, &employee.id)
                && (wants(*no) || fits_a_step(employee, booking))
        };
        if free.iter().any(is_candidate) {
            return broken("no search waits while somebody can be asked", booking.id);
        }
    }
    Ok(())
}

/// A search that waits may have an open offer, with an employee who is away; it is taken back for another.
fn seeks(booking: &Booking, now: Time) -> bool {
    let most = booking.routed.as_ref().and_then(|routed| routed.steps().last()).map_or(1, |step| step.at_once);
    let has_room = booking.waits() || booking.open_offers().count() < usize::from(most);
    booking.is_open() && booking.deadline > now && has_room && !booking.client_is_missed()
}

fn could_be_asked(employee: &Employee) -> bool {
    let has_offer = employee.load.works().any(|work| matches!(work, Work::Offer(_)));
    !has_offer
        && employee.resting_until.is_none()
        && employee.intent == Intent::Idle
        && employee.reach == Reach::Connected
}

fn fits_a_step(employee: &Employee, booking: &Booking) -> bool {
    match &booking.routed {
        None => employee.takes(&booking.topic),
        Some(routed) => routed.steps().iter().any(|step| {
            let kept = routed.wishes().skills.iter().filter(|(wish, _)| !step.drops(wish));
            let mut asked = step.skills.iter().chain(kept).chain(routed.skills_of_channel());
            let has = |word: &str, least: Level| employee.profile.skills.get(word).is_some_and(|level| *level >= least);
            fits_the_topic(employee, step, &booking.topic) && asked.all(|(word, least)| has(word.as_str(), *least))
        }),
    }
}

fn fits_the_topic(employee: &Employee, step: &RouteStep, topic: &Topic) -> bool {
    if step.topic.as_ref().is_some_and(|topic| topic.as_str() == EVERYBODY) {
        return true;
    }
    let topic = step.topic.as_ref().unwrap_or(topic);
    let level = match employee.topics.contains(topic) {
        true => employee.profile.skills.get(topic.as_str()).copied().unwrap_or(Level::LEAST),
        false if employee.topics.is_empty() => Level::LEAST,
        false => return false,
    };
    level >= step.level
}

/// Otherwise a company would keep more in memory than the bound allows.
fn what_is_remembered_is_weighed(company: &Company) -> Result<(), Broken> {
    let (weighed, all) = company.weighed();
    let mut sum = 0_usize;
    for (booking, weight, known) in weighed {
        if weight != Some(known) {
            return broken("what is remembered is there and has its weight", booking);
        }
        sum = sum.saturating_add(known);
    }
    if sum == all { Ok(()) } else { broken("all that is remembered has the weight of its parts", all) }
}

/// The line, the deadlines and the keys are those that a rebuild would make, and the line is in order.
fn what_follows_is_what_it_was_made_from(company: &Company) -> Result<(), Broken> {
    let mut anew = company.clone();
    anew.rebuild();
    if !anew.same_indexes(company) {
        return broken("indexes follow from the state", company.id());
    }
    let mut can_be_asked: Vec<&Employee> =
        company.employees_after(None).map(|(_, employee)| employee).filter(|e| e.can_be_asked()).collect();
    can_be_asked.sort_by_key(|employee| (employee.load_milli(), employee.place));
    let line = company.in_line(None);
    if can_be_asked.len() != line.len() || company.availability().idle != line.len() {
        return broken("the counts equal the state", company.id());
    }
    // Once there was a routing, an employee keeps the place through a lost race, and not the time of the status.
    let plain = company.turns() == 0
        && *company.routing() == Routing::default()
        && can_be_asked.iter().all(|e| e.profile.capacity == 1);
    let in_order = line.iter().map(|e| &e.id).eq(can_be_asked.iter().map(|e| &e.id));
    if !in_order || plain && line.windows(2).any(|pair| pair[0].since > pair[1].since) {
        return broken("who has been idle longest is first", company.id());
    }
    Ok(())
}

/// Promise 5: the places of those who wait about one topic are 1 to n, in the order of rank.
fn the_line_is_in_order(company: &Company) -> Result<(), Broken> {
    let mut topics: Vec<&Topic> = company.bookings().filter(|b| b.is_in_line()).map(|b| &b.topic).collect();
    topics.sort_unstable();
    topics.dedup();
    for topic in topics {
        let waiting = company.bookings().filter(|booking| booking.is_in_line() && booking.topic == *topic);
        let mut ranked: Vec<_> = waiting.map(|booking| (booking.rank_with(false), booking.id)).collect();
        ranked.sort_unstable();
        if !company.waiting_line(Some(topic)).into_iter().eq(ranked.iter().map(|(_, id)| *id)) {
            return broken("those who wait stand in the order of rank", topic);
        }
        for (place, (_, id)) in (1_u32..).zip(&ranked) {
            let shown = company.booking(*id).and_then(|booking| company.waiting(company.clock(), booking));
            let honest = |shown: &crate::company::InLine| {
                shown.place == place && shown.estimate.is_none_or(|estimate| estimate.from_ms <= estimate.to_ms)
            };
            if !shown.as_ref().is_some_and(honest) {
                return broken("a place is one more than the number of those before", id);
            }
        }
    }
    Ok(())
}
