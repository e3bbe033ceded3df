//! Ids grow with time (`UUIDv7`), so a range of ids bounds what a question about a time has to read.

use switchboard_core::{BookingId, Time};

/// How far the time in an id may be from the time of the thing that it names. It is a day because a company's time does
/// not go back when a clock was set wrong for a while and was corrected.
const APART_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// Behind the text of every id.
const BEHIND_ALL: &str = "g";

/// The ids between which everything of a time is: the first possible one, and one behind the last.
pub(crate) fn between(from: Option<Time>, to: Option<Time>) -> (String, String) {
    let first = from.map_or_else(String::new, |from| prefix_of_ms(from.as_ms().saturating_sub(APART_MAX_MS)));
    let before = to.map_or_else(|| BEHIND_ALL.to_owned(), |to| prefix_of_ms(to.as_ms().saturating_add(APART_MAX_MS)));
    (first, before)
}

/// The first characters of every id of a millisecond; a time behind all ids has a text behind all of them.
fn prefix_of_ms(ms: u64) -> String {
    if ms >= 1 << 48 {
        return BEHIND_ALL.to_owned();
    }
    let hex = format!("{ms:012x}");
    let (high, low) = hex.split_at(8);
    format!("{high}-{low}")
}

/// The least id of a millisecond.
pub(crate) fn first_of_ms(ms: u64) -> String {
    BookingId::from_u128(u128::from(ms.min((1 << 48) - 1)) << 80).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_millisecond_is_before_every_other_of_it() {
        let id = |ms: u64, rest: u128| BookingId::from_u128((u128::from(ms) << 80) | rest).to_string();
        for ms in [0, 1, 1_763_900_000_000, (1 << 48) - 1] {
            let first = prefix_of_ms(ms);
            assert!(first <= id(ms, 0) && id(ms, (1 << 80) - 1) < prefix_of_ms(ms + 1), "{ms}");
            assert!(id(ms, (1 << 80) - 1).as_str() < BEHIND_ALL);
            assert_eq!(first_of_ms(ms), id(ms, 0));
        }
        assert_eq!(between(None, None), (String::new(), BEHIND_ALL.to_owned()));
        assert_eq!(prefix_of_ms(u64::MAX), BEHIND_ALL);
    }
}
