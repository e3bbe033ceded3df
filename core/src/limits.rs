//! Bounds of the rules, each with its unit in the name and its reason beside it.

/// Characters of a company's, employee's or client's id, as in the wire contract.
pub const ID_MAX_CHARS: usize = 128;
/// Characters of a topic, as in the wire contract.
pub const TOPIC_MAX_CHARS: usize = 128;
/// Characters of an idempotency key, as in the wire contract; a UUID with a prefix fits.
pub const KEY_MAX_CHARS: usize = 64;
/// Characters of a device kind, such as `ios`.
pub const DEVICE_KIND_MAX_CHARS: usize = 32;
/// Bytes of a booking's note as JSON, as in the wire contract.
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
/// Different topics that all employees of a company name: a client's join reply lists each of them, which is 1 MB of
/// the longest.
pub const TOPICS_PER_COMPANY_MAX: usize = 2_000;
/// Employees of one company: with more, the roster no longer fits beside its snapshot in memory.
pub const EMPLOYEES_PER_COMPANY_MAX: usize = 1_000_000;
/// People who are shut out by name in one company: about 10 MB in memory. Tokens expire, but the company does not know
/// when, so no entry can be dropped as over. Beyond this bound the oldest entries become one moment that counts for all
/// people.
pub(crate) const REVOCATIONS_MAX: usize = 100_000;
/// Entries that stay when the oldest give way. Many go at once, so that this happens seldom.
pub(crate) const REVOCATIONS_KEPT: usize = 90_000;
/// Messages that a session keeps for a join reply, as in the wire contract.
pub const MESSAGES_AT_HAND_MAX: usize = 100;
/// How long ended bookings are remembered for repeats (same key, accept, cancel, end): a day covers every retry of a
/// phone that lost its connection, also over night.
pub const REMEMBERED_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// Bytes of ended bookings, with their messages and notes, that one company keeps in memory; the oldest is forgotten
/// first.
pub(crate) const REMEMBERED_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Maximum of every timeout: a day.
pub const TIMEOUT_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// Maximum of the days that history is kept: a hundred years.
pub(crate) const HISTORY_DAYS_MAX: u32 = 36_525;
/// Maximum of the setting `max_missed`.
pub(crate) const MISSED_MAX: u32 = 1000;
/// Skills of one employee: each pool of a topic is compared with them when an employee comes or goes.
pub const SKILLS_PER_EMPLOYEE_MAX: usize = 64;
/// Maximum of an employee's share of the turns.
pub const SHARE_MAX: u8 = 100;
/// Maximum of an employee's capacity, and of the weight of a channel.
pub const CAPACITY_MAX: u8 = 100;
/// Channels of one company.
pub const CHANNELS_MAX: usize = 16;
/// Routes of one company.
pub const ROUTES_MAX: usize = 64;
/// Steps of one route: each open step is searched for a candidate.
pub const STEPS_PER_ROUTE_MAX: usize = 8;
/// Skills that one step asks for.
pub const SKILLS_PER_STEP_MAX: usize = 8;
/// Skills that the clients of a company may ask for.
pub const CLIENT_SKILLS_MAX: usize = 64;
/// Skills that one booking may ask for.
pub const WISHES_MAX: usize = 4;
/// Offers of one booking that may be open at once: each is a push to all devices of an employee.
pub const AT_ONCE_MAX: u8 = 50;
/// Codes of sessions, and reasons of pauses, of one company.
pub const WORDS_MAX: usize = 64;
/// Maximum of a rest: an hour.
pub const REST_MAX_MS: u64 = 60 * 60 * 1000;
/// Highest priority of a booking.
pub const PRIORITY_MAX: u8 = 10;
/// Bookings of one company that may wait at once.
pub const WAITING_MAX: usize = 10_000;
/// How long a company remembers the employee of last time of a client: 30 days.
pub(crate) const PARTNERS_MAX_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// Clients' employees of last time that one company remembers: some 10 MB.
pub(crate) const PARTNERS_MAX: usize = 100_000;
/// Pools of one company beside the plain queues of its topics: an idle employee stands in each that they fit.
pub(crate) const POOLS_MAX: usize = 1_024;
