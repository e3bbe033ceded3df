//! Ranges of ids that bound the rows of a period, because ids are `UUIDv7` and grow with time.

use switchboard_core::Time;

/// Maximum distance between the time in an id and the time of the row. The distance is a day because a company's time
/// does not go back when a clock was set wrong for a while and was corrected.
const APART_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// A text that sorts behind every id.
const BEHIND_ALL: &str = "g";

/// The range of ids within which every row of a period lies: the least id, and the least text behind the range.
pub(crate) fn between(from: Option<Time>, to: Option<Time>) -> (String, String) {
    let first = from.map_or_else(String::new, |from| prefix_of_ms(from.as_ms().saturating_sub(APART_MAX_MS)));
    let before = to.map_or_else(|| BEHIND_ALL.to_owned(), |to| prefix_of_ms(to.as_ms().saturating_add(APART_MAX_MS)));
    (first, before)
}

/// The first characters of every id of a millisecond, which sort before the whole ids. A millisecond beyond the range of
/// ids gets the text behind all ids.
#[must_use]
pub fn prefix_of_ms(ms: u64) -> String {
    if ms >= 1 << 48 {
        return BEHIND_ALL.to_owned();
    }
    let hex = format!("{ms:012x}");
    let (high, low) = hex.split_at(8);
    format!("{high}-{low}")
}

#[cfg(test)]
mod tests {
    use switchboard_core::BookingId;

    use super::*;

    #[test]
    fn the_first_id_of_a_millisecond_is_before_every_other_of_it() {
        let id = |ms: u64, rest: u128| BookingId::from_u128((u128::from(ms) << 80) | rest).to_string();
        for ms in [0, 1, 1_763_900_000_000, (1 << 48) - 1] {
            let first = prefix_of_ms(ms);
            assert!(first <= id(ms, 0) && id(ms, (1 << 80) - 1) < prefix_of_ms(ms + 1), "{ms}");
            assert!(id(ms, (1 << 80) - 1).as_str() < BEHIND_ALL);
        }
        assert_eq!(between(None, None), (String::new(), BEHIND_ALL.to_owned()));
        assert_eq!(prefix_of_ms(u64::MAX), BEHIND_ALL);
    }
}
