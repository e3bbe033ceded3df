//! Invariants that hold after every step, each with the promise of the contract that it guards.

use std::collections::BTreeMap;

use crate::company::Company;
use crate::employee::{Employee, Reach, Status};
use crate::id::{ClientId, EmployeeId, EmployeeNo};
use crate::load::Work;
use crate::routing::Routing;

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
    what_is_in_hand_is_open(company)?;
    one_open_thing_per_client(company)?;
    every_open_thing_has_a_deadline(company)?;
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

/// Promise 1: an employee has at most one open offer, and knows exactly what is open with them.
fn what_is_in_hand_is_open(company: &Company) -> Result<(), Broken> {
    let mut open: BTreeMap<EmployeeNo, Vec<Work>> = BTreeMap::new();
    for booking in company.bookings() {
        let found = booking.offers.iter().filter(|offer| offer.outcome.is_none()).count();
        if found != booking.open_offers().count() {
            return broken("every open offer is found", booking.id);
        }
        let waits = booking.waits() || booking.is_in_line();
        if found > booking.width() || (found > 0 || waits) != booking.is_open() || found > 0 && booking.is_in_line() {
            return broken("a searching booking has an open offer or waits, any other has none", booking.id);
        }
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

/// Promise 4: an employee who can be asked is asked at once, also for a search that waits.
fn nobody_waits_beside_who_is_free(company: &Company) -> Result<(), Broken> {
    for booking in company.bookings().filter(|booking| booking.waits() && booking.deadline > company.clock()) {
        if company.in_line(Some(&booking.topic)).iter().any(|employee| !booking.was_asked(&employee.id)) {
            return broken("no search waits while somebody can be asked", booking.id);
        }
    }
    Ok(())
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
    let line = company.in_line(None);
    // With a routing, an employee keeps the place through a lost race, and not the time of the status.
    let by_time = *company.routing() == Routing::default();
    let out_of_order = |pair: &[&Employee]| pair[0].place > pair[1].place || by_time && pair[0].since > pair[1].since;
    if line.windows(2).any(out_of_order) {
        return broken("who has been idle longest is first", company.id());
    }
    let can_be_asked = company.employees_after(None).filter(|(_, e)| e.can_be_asked()).count();
    if can_be_asked != line.len() || company.availability().idle != line.len() {
        return broken("the counts equal the state", company.id());
    }
    Ok(())
}
