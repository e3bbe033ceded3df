//! Possible contents of a store after a crash, an older version or manual changes: events and snapshots.

use switchboard_core::{Command, Company, Event, Time, invariants};
use switchboard_journal::rows::rows_of;
use switchboard_wire::view;

/// The store counts in signed milliseconds.
const AT_MAX_MS: u64 = i64::MAX as u64;
/// The most events of one input, because more of them find nothing new.
const EVENTS_MAX: usize = 200;

/// Reads lines: a snapshot is a line of its own, and an event has its time in milliseconds before it.
///
/// Everything readable is read, as in a start and in `switchboard check`, and none of it may panic. A company that is
/// whole then can go on, and stays whole.
/// then whole can go on, and stays whole.
pub fn stored(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let id = "acme".parse().unwrap_or_else(|error| panic!("{error}"));
    let mut company = Company::new(id);
    for line in text.lines().take(EVENTS_MAX) {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let (at, json) = line.split_at(digits);
        if at.is_empty() {
            if let Ok(read) = serde_json::from_str::<Company>(json) {
                company = read;
                company.rebuild();
                reads_back_the_same(&company);
            }
        } else if let Ok(event) = serde_json::from_str::<Event>(json) {
            let again: Event = serde_json::from_str(&view::json(&event)).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again, event);
            company.apply(Time::from_ms(at.parse().unwrap_or(AT_MAX_MS).min(AT_MAX_MS)), &event);
            let _rows = rows_of(&company, std::slice::from_ref(&event));
        }
    }
    look(&company);
    if invariants::check(&company).is_ok() {
        goes_on(company);
    }
}

/// Checks that a snapshot written of the company holds the same company.
fn reads_back_the_same(company: &Company) {
    let written = view::json(company);
    let mut read: Company = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    read.rebuild();
    assert_eq!(view::json(&read), written);
    assert_eq!(read.next_deadline(), company.next_deadline());
}

/// Makes every view of a company.
fn look(company: &Company) {
    let now = company.clock();
    let _shown = switchboard_exchange::channel::board::first_page(company, now);
    let _shown = view::json(&view::company(company));
    let _shown = view::json(&view::availability(&company.availability()));
    for booking in company.bookings() {
        let _shown = view::json(&view::booking_of_staff(company, booking, now));
        let _shown = view::json(&view::line_item(company, booking));
        for (id, offer) in booking.open_offers() {
            let _shown = view::json(&view::offer(booking, id, offer, now));
        }
    }
    for message in company.sessions().flat_map(|session| &session.messages) {
        let _shown = view::json(&view::message(message));
    }
}

/// Starts the server with the company, and lets time pass until nothing more is due.
fn goes_on(mut company: Company) {
    reads_back_the_same(&company);
    let mut now = company.clock();
    company.resume(now, &[]);
    for _ in 0..EVENTS_MAX {
        whole(&company);
        let Some(next) = company.next_deadline().filter(|at| at.as_ms() < AT_MAX_MS) else { return };
        now = now.max(next);
        company.take(now, &Command::Wake);
    }
}

fn whole(company: &Company) {
    if let Err(broken) = invariants::check(company) {
        panic!("{broken}: {}", view::json(company));
    }
}
