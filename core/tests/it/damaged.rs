//! Damaged stores are read without a panic, and the invariants find the damage.

use serde_json::{Value, json};
use switchboard_core::{
    BookingId, BookingRequest, Company, EmployeeNo, Event, Intent, IntentBy, OfferId, Outcome, Profile, Time,
    invariants,
};

const MAX: u64 = u64::MAX;

fn apply(company: &mut Company, events: &[Event]) {
    for event in events {
        company.apply(Time::from_ms(1_000), event);
    }
}

fn employee(no: u32) -> Event {
    let id = "ann".parse().unwrap();
    Event::EmployeeSet { employee: EmployeeNo(no), id, name: "Ann".into(), topics: vec![], profile: Profile::default() }
}

/// A company whose only employee can be asked.
fn company() -> Company {
    let mut company = Company::new("acme".parse().unwrap());
    let ann = EmployeeNo(0);
    apply(
        &mut company,
        &[
            Event::CompanySet { name: "Acme".into(), settings: Default::default() },
            employee(0),
            Event::EmployeeConnected { employee: ann },
            Event::IntentSet { employee: ann, intent: Intent::Idle, by: IntentBy::Employee, reason: None, until: None },
        ],
    );
    company
}

/// An offer and its miss.
fn missed() -> [Event; 3] {
    let booking = BookingId::from_u128(1);
    let offer = OfferId { booking, attempt: 1 };
    let (client, topic) = ("carol".parse().unwrap(), "tax".parse().unwrap());
    [
        Event::BookingOpened(BookingRequest::new(booking, client, topic)),
        Event::OfferMade { offer, employee: EmployeeNo(0), expires_at: Time::from_ms(16_000) },
        Event::OfferClosed { offer, outcome: Outcome::TimedOut, reason: None, missed: None },
    ]
}

fn damaged(company: &Company, damage: impl FnOnce(&mut Value)) -> Company {
    let mut snapshot = serde_json::to_value(company).unwrap();
    damage(&mut snapshot);
    let mut read: Company = serde_json::from_value(snapshot).unwrap();
    read.rebuild();
    read
}

#[test]
fn a_number_that_was_never_given_is_given_to_nobody() {
    let mut company = company();
    let before = company.clone();
    apply(&mut company, &[employee(u32::MAX)]);
    assert_eq!(company.employee_no(EmployeeNo(u32::MAX)), None);
    assert_eq!(company.employees_after(None).count(), before.employees_after(None).count());
    assert_eq!(invariants::check(&company), Ok(()));
}

#[test]
fn a_counter_at_its_end_stays_there() {
    for (counter, end) in [
        ("/seq", json!(MAX)),
        ("/today/booked", json!(MAX)),
        ("/roster/next_place", json!(MAX)),
        ("/roster/employees/0/missed", json!(u32::MAX)),
        ("/past/bytes", json!(MAX)),
    ] {
        let mut company = damaged(&company(), |snapshot| *snapshot.pointer_mut(counter).unwrap() = end.clone());
        // The counts of a day are those of the day of the events.
        apply(&mut company, &missed());
        let reason = switchboard_core::BookingReason::NobodyLeft;
        apply(&mut company, &[Event::BookingEnded { booking: BookingId::from_u128(1), reason }]);
        assert_eq!(serde_json::to_value(&company).unwrap().pointer(counter), Some(&end), "{counter}");
    }
}

#[test]
fn who_has_missed_without_end_misses_once_more() {
    let mut company = damaged(&company(), |snapshot| snapshot["roster"]["employees"][0]["missed"] = json!(u32::MAX));
    apply(&mut company, &missed()[..2]);
    let turn = company.take(Time::from_ms(17_000), &switchboard_core::Command::Wake);
    let offline = turn.events.iter().any(|event| matches!(event, Event::IntentSet { by: IntentBy::Missed, .. }));
    assert!(offline, "{:?}", turn.events);
}

#[test]
fn a_thing_that_is_not_found_by_its_id_is_found_out() {
    let mut whole = company();
    apply(&mut whole, &missed()[..2]);
    assert_eq!(invariants::check(&whole), Ok(()));
    let other = BookingId::from_u128(2).to_string();
    let moved = damaged(&whole, |snapshot| {
        let bookings = snapshot["bookings"].as_object_mut().unwrap();
        let booking = bookings.remove(&BookingId::from_u128(1).to_string()).unwrap();
        bookings.insert(other.clone(), booking);
    });
    let broken = invariants::check(&moved).unwrap_err();
    assert_eq!(broken.name, "a booking is found by its id");
}

/// A visit that panics is logged, and the company is read back; a visit that never ends is not noticed.
#[test]
#[should_panic = "a deadline that has passed must be answered"]
fn what_is_due_and_cannot_be_done_does_not_go_on_for_ever() {
    let mut whole = company();
    apply(&mut whole, &missed()[..2]);
    let other = BookingId::from_u128(2).to_string();
    let mut moved = damaged(&whole, |snapshot| {
        let bookings = snapshot["bookings"].as_object_mut().unwrap();
        let booking = bookings.remove(&BookingId::from_u128(1).to_string()).unwrap();
        bookings.insert(other, booking);
    });
    moved.take(Time::from_ms(1_000_000), &switchboard_core::Command::Wake);
}
