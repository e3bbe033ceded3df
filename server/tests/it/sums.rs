//! The memory that each bound allows in total, compared with the promises in docs/security.md, so that a raised bound,
//! or a changed default of a setting, must be stated there with all its consequences.

use switchboard::api::ask::BODY_MAX_BYTES;
use switchboard::api::import::FILE_MAX_BYTES;
use switchboard::api::unread::SMALL_BYTES;
use switchboard::auth::{CODED_TOKEN_MAX_BYTES, CODES_MAX};
use switchboard::config::table;
use switchboard::door::HEAD_MAX_BYTES;
use switchboard::serve::CONNECTIONS_BESIDE_SOCKETS;
use switchboard::socket::{FRAME_READ_MAX_BYTES, READ_BUFFER_BYTES, WRITE_BUFFER_BYTES};
use switchboard_exchange::admission::shares::{ANSWERS, BLOCKING_THREADS, FEEDS, FILES, LOGOS};
use switchboard_exchange::admission::{LONG_IN_ALL_MAX, SHORT_MAX_BYTES};
use switchboard_exchange::channel::board::PAGE_MAX_BYTES;
use switchboard_exchange::channel::session::MESSAGES_SHOWN_MAX_BYTES;
use switchboard_exchange::outbox::{self, WAITING_IN_ALL_MAX_BYTES, WAITING_OF_PERSON_MAX_BYTES};
use switchboard_history::feed::SLICE_MAX_BYTES;
use switchboard_journal::WAITING_MAX_BYTES;
use switchboard_journal::picture::LOGO_MAX_BYTES;
use switchboard_sqlite::reader::READER_CACHE_KIB;
use switchboard_sqlite::{CACHE_KIB, UNPROJECTED_MAX_BYTES};

use crate::docs::{document, rows};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// A bound, and how often it can be reached at the same time.
struct Sum {
    what: &'static str,
    each_bytes: usize,
    count: usize,
}

fn setting(name: &str) -> usize {
    let found = table().into_iter().find(|setting| setting.name == name);
    let default = found.and_then(|setting| setting.default).unwrap_or_else(|| panic!("`{name}` has a default"));
    default.parse().unwrap_or_else(|_| panic!("`{name}` is a number"))
}

/// All sums, in the order of the document, with everything that is held for a peer who does not read, or does not go
/// on.
fn sums() -> Vec<Sum> {
    let sockets = setting("max_sockets");
    let connections = sockets + CONNECTIONS_BESIDE_SOCKETS;
    let long_bytes = HEAD_MAX_BYTES.max(BODY_MAX_BYTES).max(FRAME_READ_MAX_BYTES);
    let kib = |kib| usize::try_from(kib).expect("a size") * KIB;
    let sum = |what, each_bytes, count| Sum { what, each_bytes, count };
    vec![
        sum("short heads, bodies and frames that are not whole yet", SHORT_MAX_BYTES, connections),
        sum("long ones", long_bytes, LONG_IN_ALL_MAX),
        sum("a socket's buffers for reading and writing", READ_BUFFER_BYTES + WRITE_BUFFER_BYTES, sockets),
        sum("what waits for all sockets, or is being written", WAITING_IN_ALL_MAX_BYTES, 1),
        sum("what waits for its commit, with what is told after it", WAITING_MAX_BYTES, 1),
        sum("what is committed and not in the tables yet", UNPROJECTED_MAX_BYTES, 1),
        sum("files of employees that are read", FILE_MAX_BYTES, FILES.all),
        sum("short answers over HTTP that are not read", SMALL_BYTES, connections),
        sum("long answers over HTTP that are not read", KIB, ANSWERS.all),
        sum("pages of feeds that are not read", SLICE_MAX_BYTES, FEEDS.all),
        sum("logos that are not read", LOGO_MAX_BYTES, LOGOS.all),
        sum("tokens that wait for their sign-in codes", CODED_TOKEN_MAX_BYTES, CODES_MAX),
        sum("the writer's cache of the store", kib(CACHE_KIB), 1),
        sum("a reader's cache of the store", kib(READER_CACHE_KIB), BLOCKING_THREADS),
    ]
}

fn size(bytes: usize) -> String {
    match bytes {
        bytes if bytes.is_multiple_of(MIB) => format!("{} MiB", grouped(bytes / MIB)),
        bytes => format!("{} KiB", grouped(bytes.div_ceil(KIB))),
    }
}

/// The size in MiB, rounded up.
fn product(bytes: usize) -> String {
    format!("{} MiB", grouped(bytes.div_ceil(MIB)))
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).expect("digits")).collect();
    groups.join(",")
}

#[test]
fn what_all_bounds_multiply_to_is_as_it_is_promised() {
    let page = document("docs/security.md");
    let (sums, said) = (sums(), rows(&page, "sums"));
    let in_all = sums.iter().map(|sum| sum.each_bytes * sum.count).sum::<usize>();
    let known = sums.iter().map(|Sum { what, each_bytes, count }| {
        vec![(*what).to_owned(), size(*each_bytes), grouped(*count), product(each_bytes * count)]
    });
    let known: Vec<Vec<String>> =
        known.chain([vec!["in all".to_owned(), "-".to_owned(), "-".to_owned(), product(in_all)]]).collect();
    let lines: Vec<String> = known.iter().map(|row| format!("| {} |", row.join(" | "))).collect();
    assert_eq!(said, known, "the rows are\n{}", lines.join("\n"));
    let promised = page.split_once("never more than ").and_then(|(_, rest)| rest.split_once(" GiB"));
    let promised: usize = promised.and_then(|(number, _)| number.parse().ok()).expect("a promise");
    assert!(in_all <= promised * KIB * MIB, "{} are promised, and it is {}", promised, product(in_all));
}

#[test]
fn what_one_person_can_have_waiting_is_a_small_part_of_what_all_can() {
    let sockets = setting("sockets_per_person");
    assert!(sockets * PAGE_MAX_BYTES <= WAITING_OF_PERSON_MAX_BYTES, "all of them may come back at once");
    const { assert!(4 * WAITING_OF_PERSON_MAX_BYTES <= WAITING_IN_ALL_MAX_BYTES) };
    // The data shown at a join fits beside the data that waits for any device.
    const { assert!(MESSAGES_SHOWN_MAX_BYTES <= outbox::WAITING_MAX_BYTES && PAGE_MAX_BYTES <= outbox::WAITING_MAX_BYTES) };
}
