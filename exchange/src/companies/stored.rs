//! What is stored of a company, in bytes: so that one company cannot fill the disk that is everybody's.

use switchboard_core::{Event, Time, Topic};
use switchboard_wire::json;

/// As much as so many milliseconds' worth may be stored at once after a rest, as with all rates.
const AT_ONCE_MS: u64 = 20_000;
/// Bytes of an event and of the rows that it changes, beside the texts in it: about what they take.
const FORM_BYTES: u64 = 400;

/// What was stored of a company of late.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// Bytes of all that its people write and do.
    pub(super) done: Meter,
    /// Bytes of all that is set of the company and its employees. They count apart: a large file of employees refuses no
    /// booking.
    pub(super) set: Meter,
}

/// Bytes that were stored of late.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// The rate takes away of them as time goes by.
    bytes: u64,
    /// In even time.
    seen: Time,
}

impl Stored {
    /// These events are stored. Says how many bytes they take.
    pub(super) fn add(&mut self, events: &[Event]) -> u64 {
        events.iter().map(|event| self.meter_of(event).add(bytes_of(event))).sum()
    }

    const fn meter_of(&mut self, event: &Event) -> &mut Meter {
        match event {
            Event::CompanySet { .. } | Event::BrandSet { .. } | Event::EmployeeSet { .. } => &mut self.set,
            _ => &mut self.done,
        }
    }
}

impl Meter {
    /// So many bytes are stored.
    pub(super) const fn add(&mut self, bytes: u64) -> u64 {
        self.bytes = self.bytes.saturating_add(bytes);
        bytes
    }

    /// Whether more may be stored, at a rate of so many bytes a second; 0 is no limit.
    ///
    /// # Errors
    /// When it is too early: in how many milliseconds it is not.
    pub(super) fn may_grow(&mut self, per_s: u64, now: Time) -> Result<(), u64> {
        if per_s == 0 {
            return Ok(());
        }
        let gone_ms = u128::from(now.as_ms().saturating_sub(self.seen.as_ms()));
        let gone = gone_ms * u128::from(per_s) / 1000;
        self.bytes = self.bytes.saturating_sub(u64::try_from(gone).unwrap_or(u64::MAX));
        self.seen = self.seen.max(now);
        let over = self.bytes.saturating_sub(per_s.saturating_mul(AT_ONCE_MS / 1000));
        if over == 0 { Ok(()) } else { Err(over.saturating_mul(1000).div_ceil(per_s)) }
    }
}

/// Bytes that an event takes in the store: a text is in it as JSON, and as it is in a row.
fn bytes_of(event: &Event) -> u64 {
    let of = |text: &str| json::text_bytes(text) + text.len();
    let bytes = match event {
        Event::MessageSent { body, .. } | Event::NotesWritten { body, .. } => of(body),
        Event::BookingOpened { note: Some(text), .. }
        | Event::OfferClosed { reason: Some(text), .. }
        | Event::SessionEnded { reason: Some(text), .. } => of(text),
        Event::CompanySet { name, .. } => of(name),
        Event::EmployeeSet { name, topics, .. } => of(name) + topics.iter().map(Topic::as_str).map(of).sum::<usize>(),
        _ => 0,
    };
    FORM_BYTES + u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use switchboard_core::{EmployeeNo, Party, SessionId};

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
        let (mut stored, message) = (Stored::default(), [said(&"\u{1}".repeat(1000))]);
        let may = |stored: &mut Stored, per_s, ms| stored.done.may_grow(per_s, at(ms));
        assert_eq!(may(&mut stored, 1000, 0), Ok(()));
        for _ in 0..4 {
            assert_eq!(stored.add(&message), 400 + 6002 + 1000, "as JSON, and as it is");
        }
        // 20,000 may be at once.
        assert_eq!(may(&mut stored, 1000, 0), Err(9608));
        assert_eq!(may(&mut stored, 1000, 9607), Err(1));
        assert_eq!(may(&mut stored, 1000, 9608), Ok(()));
        assert_eq!(may(&mut stored, 1000, 0), Ok(()), "a clock that goes back does no harm");
        assert_eq!(may(&mut stored, 0, 0), Ok(()), "0 is no limit");
    }

    #[test]
    fn employees_that_are_set_count_with_all_their_words_and_refuse_nobody_s_booking() {
        let (mut stored, topics) = (Stored::default(), vec!["t".repeat(128).parse().unwrap(); 64]);
        let set =
            Event::EmployeeSet { employee: EmployeeNo(1), id: "ann".parse().unwrap(), name: "Ann".into(), topics };
        assert_eq!(stored.set.may_grow(1000, at(0)), Ok(()));
        assert_eq!(stored.add(&vec![set; 3]), 3 * (400 + 8 + 64 * (130 + 128)));
        assert!(stored.set.may_grow(1000, at(0)).is_err());
        assert_eq!(stored.done.may_grow(1000, at(0)), Ok(()));
    }
}
