//! The feed: what happened in a company, as back ends are told it, in the order of the commits.
//!
//! The table of events is the outbox. What is told of an event is made when it is read, always in the same way: so a
//! booking pays nothing for it, and whatever is committed can be told, also after a crash.

mod told;

mod render;

use std::ops::ControlFlow;

use switchboard_core::{CompanyId, Event, Time};
use switchboard_journal::Wanted;
use switchboard_journal::endpoint::Endpoint;
use switchboard_wire::Kind;

use crate::lists::unreadable;
use crate::past::{Answer, Past};

pub use told::{Told, event_id};

/// Stored events that are looked at for one slice: of a type that is seldom, a long past is read in parts.
const LOOKED_AT_MAX: u32 = 2_000;
/// Bytes of a slice, as it is told: what each of those who follow holds in memory.
pub const SLICE_MAX_BYTES: usize = 256 * 1024;

/// Events in their order, and after which one to go on.
#[derive(Debug)]
pub struct Slice<T = Told> {
    /// What is told.
    pub events: Vec<T>,
    /// All up to this number was looked at.
    pub next: u64,
    /// Whether that is all there is.
    pub is_all: bool,
}

impl dyn Past + '_ {
    /// What a company has told after that number, and by which event a company of that id was removed last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed(&self, company: &CompanyId, after: u64, limit: usize, wanted: &Wanted) -> Answer<(Slice, Option<u64>)> {
        let bytes = |told: &Told| told.json.len();
        let tell = |seq, at, event: &Event| render::told(self, company, seq, at, event);
        Ok((slice(self, company, after, limit, wanted, bytes, tell)?, self.removed_last(company)?))
    }

    /// What an endpoint wants of all that was told after that number: the number of each event, and what it is about.
    /// None when the endpoint is gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed_of(&self, of: &Endpoint, after: u64, limit: usize) -> Answer<Option<Slice<(u64, String)>>> {
        if self.endpoint(&of.company, &of.id)?.is_none() {
            return Ok(None);
        }
        self.lanes(&of.company, after, limit, &of.wanted).map(Some)
    }

    /// The number and the lane of each event that a feed tells.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lanes(
        &self,
        company: &CompanyId,
        after: u64,
        limit: usize,
        wanted: &Wanted,
    ) -> Answer<Slice<(u64, String)>> {
        let tell = |seq, _, event: &Event| Ok(render::lane(self, company, event)?.map(|lane| (seq, lane)));
        slice(self, company, after, limit, wanted, |_| 0, tell)
    }

    /// What was told with that number; none when it is not kept any more, or nothing is told of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn told(&self, company: &CompanyId, seq: u64) -> Answer<Option<Told>> {
        if seq <= self.begins_behind(company)? {
            return Ok(None);
        }
        let Some((at, data)) = self.event(company, seq)? else { return Ok(None) };
        render::told(self, company, seq, at, &parse(&data)?)
    }

    /// The numbers of a company's oldest event that is kept and of its latest; none when there is no event.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed_kept(&self, company: &CompanyId) -> Answer<Option<(u64, u64)>> {
        let begins_behind = self.begins_behind(company)?;
        // What the company that had the id before has told is not this one's.
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
    tell: impl Fn(u64, Time, &Event) -> Answer<Option<T>>,
) -> Answer<Slice<T>> {
    let after = after.max(past.begins_behind(company)?);
    let mut slice = Slice { events: Vec::new(), next: after, is_all: false };
    let (mut looked_at, mut bytes, mut is_full) = (0, 0, false);
    past.events(company, after, Some(LOOKED_AT_MAX), &mut |stored| {
        if Kind::of_stored(stored.kind).is_some_and(|kind| wanted.has(kind)) {
            is_full = slice.events.len() == limit;
            if is_full {
                return Ok(ControlFlow::Break(()));
            }
            let told = tell(stored.seq, stored.at, &parse(stored.data)?)?;
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

fn parse(data: &str) -> Answer<Event> {
    serde_json::from_str(data).map_err(unreadable)
}
