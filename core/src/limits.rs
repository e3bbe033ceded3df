//! Every bound of the rules, with its unit in the name and its reason beside it.

/// Characters of a company's, employee's or client's id. The wire contract's.
pub const ID_MAX_CHARS: usize = 128;
/// Characters of a topic. The wire contract's.
pub const TOPIC_MAX_CHARS: usize = 128;
/// Characters of an idempotency key. The wire contract's; a UUID with a prefix fits.
pub const KEY_MAX_CHARS: usize = 64;
/// Characters of the word for a kind of device: `ios` and the like.
pub const DEVICE_KIND_MAX_CHARS: usize = 32;
/// Bytes of a booking's note as JSON. The wire contract's.
pub const NOTE_MAX_BYTES: usize = 4096;
/// Bytes of one message's body: long for a chat, and 100 of them still fit in memory per session.
pub const MESSAGE_BODY_MAX_BYTES: usize = 8192;
/// Bytes of an employee's notes on a session: as much as the longest message, and a page or two to read.
pub const NOTES_MAX_BYTES: usize = 8192;
/// Characters of the reason that a person gives with a reject or an end: a line, not a letter.
pub const REASON_MAX_CHARS: usize = 256;
/// Characters of a company's or an employee's display name.
pub const NAME_MAX_CHARS: usize = 256;
/// Topics of one employee: going idle touches one line per topic, so this bounds the work of a status change.
pub const TOPICS_PER_EMPLOYEE_MAX: usize = 64;
/// Different topics that all employees of a company name: a client's join reply has each of them, 1 MB of the longest.
pub const TOPICS_PER_COMPANY_MAX: usize = 2_000;
/// Employees of one company: over this the roster no longer fits beside its snapshot in memory.
pub const EMPLOYEES_PER_COMPANY_MAX: usize = 1_000_000;
/// People who are shut out by name in one company: about 10 MB in memory. Tokens end by themselves, but nothing says how
/// late, so no entry is known to be over; beyond this the oldest become one moment that counts for everybody.
pub const REVOCATIONS_MAX: usize = 100_000;
/// How many stay when the oldest give way: many go at once, so that it is done seldom.
pub const REVOCATIONS_KEPT: usize = 90_000;
/// Messages that a session keeps at hand for a join reply. The wire contract's.
pub const MESSAGES_AT_HAND_MAX: usize = 100;
/// How long what has ended is remembered for repeats (same key, accept, cancel, end): a day covers every retry of
/// a phone that lost its line, also over night.
pub const REMEMBERED_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// Bytes of what has ended, with its messages and notes, that one company keeps in memory; the oldest is forgotten first.
pub const REMEMBERED_MAX_BYTES: usize = 16 * 1024 * 1024;
/// The longest that any timeout may be set to: a day.
pub const TIMEOUT_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// The longest that history may be set to be kept: a hundred years.
pub const HISTORY_DAYS_MAX: u32 = 36_525;
/// The largest `max_missed` that may be set.
pub const MISSED_MAX: u32 = 1000;
