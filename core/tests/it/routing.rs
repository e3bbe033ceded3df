//! Stories of companies with a routing, one for each rule.

mod at_once;

#[expect(clippy::too_many_lines, reason = "a story is read as a whole")]
mod estimate;

mod fit;

#[expect(clippy::too_many_lines, reason = "a story is read as a whole")]
mod line;

#[expect(clippy::too_many_lines, reason = "a story is read as a whole")]
mod line_over_time;

mod order;

mod priority;

#[expect(clippy::too_many_lines, reason = "a story is read as a whole")]
mod room;

mod steps;

mod wanted;

mod work;
