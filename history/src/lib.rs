//! Questions about the past, the same for every store: lists, statistics, timelines, the feed, exports, and the
//! preparation of cuts and erasures. [`past`] is the port by which a store gives rows.

// The port.
pub mod asked;
pub mod figures;
pub mod ids;
pub mod past;
pub mod store;

// Lists.
pub mod lists;
pub mod paging;

// Results that are derived from rows and events.
pub mod audit;
pub mod days;
pub mod export;
pub mod feed;
pub mod preview;
mod reasons;
pub mod replay;
pub mod snapshot;
pub mod spread;
pub mod statistics;
pub mod tally;
pub mod timeline;
pub mod webhooks;

// Preparations of a rewritten history.
pub mod cut;
pub mod erasure;

pub use asked::{ForWhom, HistoryFilter};
pub use figures::Range;
pub use past::{HistoryResult, Past};
pub use store::History;
