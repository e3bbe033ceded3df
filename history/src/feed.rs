//! The feed: a company's events as back ends get them, in the order of the commits.
//!
//! The table of events is the transactional outbox. An event of the feed is rendered when it is read, always in the
//! same way, so that a booking does no extra work and every committed event reaches the feed, even after a crash.

mod feed_event;

mod render;

use std::ops::ControlFlow;

use switchboard_core::{CompanyId, Event, Time};
use switchboard_journal::Wanted;
use switchboard_journal::endpoint::Endpoint;
use switchboard_wire::Kind;

use crate::past::{HistoryResult, Past, read_event};

pub use feed_event::{FeedEvent, event_id};

/// Stored events that are read for one slice, so that a search for rare types goes through a long past in parts.
const LOOKED_AT_MAX: u32 = 2_000;
/// Bytes of a slice, as JSON, which each follower holds in memory.
pub const SLICE_MAX_BYTES: usize = 256 * 1024;

/// Consecutive events, and the position after them.
#[derive(Debug)]
pub struct FeedSlice<T = FeedEvent> {
    pub events: Vec<T>,
    /// All events up to this number were read.
    pub next: u64,
    /// Whether no stored event is left behind the slice.
    pub is_all: bool,
}

impl dyn Past + '_ {
    /// A company's events for the feed after that number, and the number of the event by which a company of that id was
    /// removed last.
    pub fn feed(
        &self,
        company: &CompanyId,
        after: u64,
        limit: usize,
        wanted: &Wanted,
    ) -> HistoryResult<(FeedSlice, Option<u64>)> {
        let bytes = |told: &FeedEvent| told.json.len();
        let tell = |seq, at, event: &Event| render::told(self, company, seq, at, event);
        Ok((slice(self, company, after, limit, wanted, bytes, tell)?, self.removed_last(company)?))
    }

    /// The events after that number that an endpoint wants, each with its number and its lane. None when the endpoint
    /// is gone.
    pub fn feed_of(&self, of: &Endpoint, after: u64, limit: usize) -> HistoryResult<Option<FeedSlice<(u64, String)>>> {
        if self.endpoint(&of.company, &of.id)?.is_none() {
            return Ok(None);
        }
        self.lanes(&of.company, after, limit, &of.wanted).map(Some)
    }

    /// The number and the lane of each event of the feed.
    pub fn lanes(
        &self,
        company: &CompanyId,
        after: u64,
        limit: usize,
        wanted: &Wanted,
    ) -> HistoryResult<FeedSlice<(u64, String)>> {
        let tell = |seq, _, event: &Event| Ok(render::lane(self, company, event)?.map(|lane| (seq, lane)));
        slice(self, company, after, limit, wanted, |_| 0, tell)
    }

    /// The event of the feed with that number; none when the event is no longer kept, or is not in the feed.
    pub fn told(&self, company: &CompanyId, seq: u64) -> HistoryResult<Option<FeedEvent>> {
        if seq <= self.begins_behind(company)? {
            return Ok(None);
        }
        let Some((at, data)) = self.event(company, seq)? else { return Ok(None) };
        render::told(self, company, seq, at, &read_event(&data)?)
    }

    /// The numbers of a company's oldest kept event and of its latest; none when there is no event.
    pub fn feed_kept(&self, company: &CompanyId) -> HistoryResult<Option<(u64, u64)>> {
        let begins_behind = self.begins_behind(company)?;
        // Events of an earlier company of the same id are not this company's.
        Ok(self.events_kept(company)?.map(|(oldest, latest)| (oldest.max(begins_behind + 1), latest)))
    }
}

fn slice<T>(
    past: &dyn Past,
    company: &CompanyId,
    after: u64,
    limit: usize,
    wanted: &Wanted,
    bytes_of: impl Fn(&T) -> usize,
    tell: impl Fn(u64, Time, &Event) -> HistoryResult<Option<T>>,
) -> HistoryResult<FeedSlice<T>> {
    let after = after.max(past.begins_behind(company)?);
    let mut slice = FeedSlice { events: Vec::new(), next: after, is_all: false };
    let (mut looked_at, mut bytes, mut is_full) = (0, 0, false);
    past.events(company, after, Some(LOOKED_AT_MAX), &mut |stored| {
        if Kind::of_stored(stored.kind).is_some_and(|kind| wanted.has(kind)) {
            is_full = slice.events.len() == limit;
            if is_full {
                return Ok(ControlFlow::Break(()));
            }
            let told = tell(stored.seq, stored.at, &read_event(stored.data)?)?;
            bytes += told.as_ref().map_or(0, &bytes_of);
            is_full = bytes > SLICE_MAX_BYTES && !slice.events.is_empty();
            if is_full {
                return Ok(ControlFlow::Break(()));
            }
            slice.events.extend(told);
        }
        slice.next = stored.seq;
        looked_at += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    slice.is_all = !is_full && looked_at < LOOKED_AT_MAX;
    Ok(slice)
}
