//! Meters of the bytes that a company stores, so that one company cannot fill the disk of all.

use switchboard_core::{BookingRequest, Event, Skill, Time, Topic};
use switchboard_wire::{json, view};

/// The burst after a rest, in milliseconds of the rate; 20 s, as with all rates.
const AT_ONCE_MS: u64 = 20_000;
/// Approximate bytes of an event and its rows beside their texts.
const FORM_BYTES: u64 = 400;

/// The meters of one company.
#[derive(Debug, Default)]
pub(super) struct RecentWrites {
    /// For what people of the company write and do.
    pub(super) done: WriteMeter,
    /// For changes of the company and its employees; apart, so that a large file of employees refuses no booking.
    pub(super) set: WriteMeter,
}

/// A leaky bucket: stored bytes fill it, and the rate drains it.
#[derive(Debug, Default)]
pub(super) struct WriteMeter {
    bytes: u64,
    /// The time of the last drain, in even time.
    seen: Time,
}

impl RecentWrites {
    /// Counts events that are stored. Returns their bytes.
    pub(super) fn add(&mut self, events: &[Event]) -> u64 {
        events.iter().map(|event| self.meter_of(event).add(bytes_of(event))).sum()
    }

    const fn meter_of(&mut self, event: &Event) -> &mut WriteMeter {
        match event {
            Event::CompanySet { .. }
            | Event::RoutingSet { .. }
            | Event::BrandSet { .. }
            | Event::EmployeeSet { .. } => &mut self.set,
            _ => &mut self.done,
        }
    }
}

impl WriteMeter {
    /// Counts stored bytes, and returns them.
    pub(super) const fn add(&mut self, bytes: u64) -> u64 {
        self.bytes = self.bytes.saturating_add(bytes);
        bytes
    }

    /// Whether more may be stored, at a rate in bytes per second; 0 is no limit. The error is the wait in milliseconds.
    pub(super) fn may_grow(&mut self, per_s: u64, now: Time) -> Result<(), u64> {
        if per_s == 0 {
            return Ok(());
        }
        // A clock that went back drains nothing.
        let gone_ms = u128::from(now.as_ms().saturating_sub(self.seen.as_ms()));
        let gone = gone_ms * u128::from(per_s) / 1000;
        self.bytes = self.bytes.saturating_sub(u64::try_from(gone).unwrap_or(u64::MAX));
        self.seen = self.seen.max(now);
        let over = self.bytes.saturating_sub(per_s.saturating_mul(AT_ONCE_MS / 1000));
        if over == 0 { Ok(()) } else { Err(over.saturating_mul(1000).div_ceil(per_s)) }
    }
}

/// Approximate bytes that an event and its rows take in the store.
fn bytes_of(event: &Event) -> u64 {
    // The store has each text twice: as JSON in the event, and plain in a row.
    let of = |text: &str| json::text_bytes(text) + text.len();
    let bytes = match event {
        Event::MessageSent { body, .. } | Event::NotesWritten { body, .. } => of(body),
        Event::BookingOpened(BookingRequest { note: Some(text), .. })
        | Event::OfferClosed { reason: Some(text), .. }
        | Event::SessionEnded { reason: Some(text), .. } => of(text),
        Event::CompanySet { name, .. } => of(name),
        Event::EmployeeSet { name, topics, profile, .. } => {
            let words = topics.iter().map(Topic::as_str).chain(profile.skills.keys().map(Skill::as_str));
            of(name) + words.map(of).sum::<usize>()
        }
        // No row has a routing, so the store has each text once.
        Event::RoutingSet { routing } => view::json(routing).len(),
        _ => 0,
    };
    FORM_BYTES + u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use switchboard_core::{EmployeeNo, Party, Profile, SessionId};

    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_ms(1_700_000_000_000 + ms)
    }

    fn said(body: &str) -> Event {
        let (session, message) = (SessionId::from_u128(1), switchboard_core::MessageId::from_u128(2));
        Event::MessageSent { session, message, from: Party::Client, body: body.into(), key: None }
    }

    #[test]
    fn so_much_is_stored_after_a_rest_and_then_the_rate_holds() {
        let (mut stored, message) = (RecentWrites::default(), [said(&"\u{1}".repeat(1000))]);
        let may = |stored: &mut RecentWrites, per_s, ms| stored.done.may_grow(per_s, at(ms));
        assert_eq!(may(&mut stored, 1000, 0), Ok(()));
        for _ in 0..4 {
            assert_eq!(stored.add(&message), 400 + 6002 + 1000, "as JSON, and as it is");
        }
        // The burst is 20,000 bytes.
        assert_eq!(may(&mut stored, 1000, 0), Err(9608));
        assert_eq!(may(&mut stored, 1000, 9607), Err(1));
        assert_eq!(may(&mut stored, 1000, 9608), Ok(()));
        assert_eq!(may(&mut stored, 1000, 0), Ok(()), "a clock that goes back does no harm");
        assert_eq!(may(&mut stored, 0, 0), Ok(()), "0 is no limit");
    }

    #[test]
    fn employees_that_are_set_count_with_all_their_words_and_refuse_nobody_s_booking() {
        let (mut stored, topics) = (RecentWrites::default(), vec!["t".repeat(128).parse().unwrap(); 64]);
        let set = Event::EmployeeSet {
            employee: EmployeeNo(1),
            id: "ann".parse().unwrap(),
            name: "Ann".into(),
            topics,
            profile: Profile::default(),
        };
        assert_eq!(stored.set.may_grow(1000, at(0)), Ok(()));
        assert_eq!(stored.add(&vec![set; 3]), 3 * (400 + 8 + 64 * (130 + 128)));
        assert!(stored.set.may_grow(1000, at(0)).is_err());
        assert_eq!(stored.done.may_grow(1000, at(0)), Ok(()));
    }
}
