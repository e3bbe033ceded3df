//! An entry that is committed and not projected yet, and its parts if it is large.

use switchboard_core::{Event, Time};
use switchboard_journal::Entry;
use switchboard_journal::rows::Row;
use switchboard_wire::view::json;

/// Events and rows of one part of a large entry.
const WRITES_PER_PART: usize = 512;
/// Bytes of a row without its text, which is counted with the event.
const ROW_BYTES: usize = 256;

/// An entry that is in the commit log and not in the tables yet.
pub(crate) struct Unprojected {
    pub(crate) first_seq: u64,
    pub(crate) at: Time,
    /// The kind of each event, and the event as JSON.
    pub(crate) events: Vec<(&'static str, String)>,
    pub(crate) rows: Vec<Row>,
    pub(crate) bytes: usize,
    /// The batch of the commit log that has the entry, once there is one.
    pub(crate) batch: i64,
}

impl Unprojected {
    /// Takes an entry's rows out of it, and encodes its events.
    pub(crate) fn of(entry: &mut Entry) -> Self {
        let (events, rows) = (written(&entry.events), std::mem::take(&mut entry.rows));
        let bytes = bytes_of(&events, &rows);
        Self { first_seq: entry.first_seq, at: entry.at, events, rows, bytes, batch: 0 }
    }

    /// The number of the last event.
    pub(crate) fn last_seq(&self) -> u64 {
        self.first_seq + self.events.len() as u64 - 1
    }

    /// The entry in parts that are projected one after the other, if it is large. The rows go first: a recovery derives
    /// rows only from events that are not projected, so otherwise the rows of a projected event could be lost.
    pub(crate) fn parts(self) -> impl Iterator<Item = Self> {
        let Self { first_seq, at, mut events, mut rows, batch, .. } = self;
        let is_large = events.len() + rows.len() > WRITES_PER_PART;
        let most = if is_large { WRITES_PER_PART } else { usize::MAX };
        let mut next_seq = first_seq;
        std::iter::from_fn(move || {
            let of_rows: Vec<Row> = rows.drain(..rows.len().min(most)).collect();
            let room = if is_large && !of_rows.is_empty() { 0 } else { most };
            let of_events: Vec<_> = events.drain(..events.len().min(room)).collect();
            let bytes = bytes_of(&of_events, &of_rows);
            let part = Self { first_seq: next_seq, at, events: of_events, rows: of_rows, bytes, batch };
            next_seq += part.events.len() as u64;
            (!part.events.is_empty() || !part.rows.is_empty()).then_some(part)
        })
    }

    /// Number of writes that project the entry.
    pub(crate) fn writes(&self) -> usize {
        1 + self.events.len() + self.rows.len()
    }
}

/// Bytes of an entry in memory. Events count twice, because a row has the text of its event once more.
fn bytes_of(events: &[(&'static str, String)], rows: &[Row]) -> usize {
    2 * events.iter().map(|(_, event)| event.len()).sum::<usize>() + ROW_BYTES * rows.len()
}

/// Events as they are stored, each with its kind.
pub(crate) fn written(events: &[Event]) -> Vec<(&'static str, String)> {
    events.iter().map(|event| (event.kind(), json(event))).collect()
}
