//! Lists have the rows that were asked for, and are read by the index that leads to the fewest others.

use proptest::prelude::*;
use rusqlite::params;
use switchboard_core::{Company, CompanyId, Party, SessionId, Time};
use switchboard_history::paging::Page;
use switchboard_history::replay::go_on_for;
use switchboard_history::{ForWhom, HistoryFilter};
use switchboard_journal::StoreError;

use super::*;
use crate::reader::Reader;
use crate::schema::migrate;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const NOW_MS: u64 = 1_763_900_000_000;

fn store() -> (tempfile::TempDir, Connection, Reader) {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("switchboard.db");
    let mut connection = Connection::open(&path).expect("a store");
    connection.pragma_update(None, "synchronous", "OFF").expect("a setting");
    migrate(&mut connection).expect("tables");
    (place, connection, Reader::of(path, None))
}

/// An id that was drawn at that time.
fn id_at(ms: u64, no: u64) -> String {
    let mut counted = [0; 10];
    counted[2..].copy_from_slice(&no.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(ms, &counted).into_uuid().to_string()
}

fn put(connection: &Connection, id: &str, at_ms: u64, state: &str, client: &str) {
    let booking = "INSERT INTO bookings (company_id, id, client_id, topic, state, offers, created_at, employee_id)
                   VALUES ('acme', ?1, ?2, 'tax', ?3, 1, ?4, 'ann')";
    let at = i64::try_from(at_ms).expect("a time");
    connection.execute(booking, params![id, client, state, at]).expect("a booking");
    let session =
        "INSERT INTO sessions (company_id, id, booking_id, client_id, employee_id, topic, started_at, ended_at)
                   VALUES ('acme', ?1, ?1, ?2, 'ann', 'tax', ?4, iif(?3 = 'offering', NULL, ?4))";
    connection.execute(session, params![id, client, state, at]).expect("a session");
}

fn ask<T>(
    reader: &Reader,
    question: impl FnOnce(&dyn switchboard_history::Past) -> HistoryResult<T>,
) -> HistoryResult<T> {
    reader.ask(question)
}

fn plan(connection: &Connection, sql: &str) -> String {
    let mut query = connection.prepare(&["EXPLAIN QUERY PLAN ", sql].concat()).expect("good SQL");
    let names: Vec<String> =
        (1..=query.parameter_count()).filter_map(|at| query.parameter_name(at).map(Into::into)).collect();
    let bind: Vec<(&str, &dyn rusqlite::ToSql)> =
        names.iter().map(|name| (name.as_str(), &rusqlite::types::Null as &dyn rusqlite::ToSql)).collect();
    let mut rows = query.query(bind.as_slice()).expect("a plan");
    let mut plan = String::new();
    while let Some(row) = rows.next().expect("a step") {
        plan.push_str(&row.get::<_, String>(3).expect("a text"));
        plan.push('\n');
    }
    plan
}

#[test]
fn every_list_is_read_by_the_index_that_has_the_least_beside_it() {
    let (_place, connection, _) = store();
    let text = |text: &str| Some(text.to_owned());
    for (filter, booking_by, session_by) in [
        (
            HistoryFilter::default(),
            "PRIMARY KEY (company_id=? AND id>? AND id<?)",
            "PRIMARY KEY (company_id=? AND id>? AND id<?)",
        ),
        (
            HistoryFilter { client: text("carl"), state: text("offering"), ..HistoryFilter::default() },
            "bookings_by_client (company_id=? AND client_id=? AND id>? AND id<?)",
            "sessions_by_client (company_id=? AND client_id=? AND id>? AND id<?)",
        ),
        (
            HistoryFilter { employee: text("ann"), ..HistoryFilter::default() },
            "bookings_by_employee (company_id=? AND employee_id=? AND id>? AND id<?)",
            "sessions_by_employee (company_id=? AND employee_id=? AND id>? AND id<?)",
        ),
    ] {
        for (plan, by) in [
            (plan(&connection, bookings::listing(&filter)), booking_by),
            (plan(&connection, sessions::listing(&filter)), session_by),
        ] {
            assert!(plan.contains(by) && !plan.contains("TEMP B-TREE"), "{filter:?}\n{plan}");
        }
    }
    let open =
        plan(&connection, bookings::listing(&HistoryFilter { state: text("offering"), ..HistoryFilter::default() }));
    assert!(open.contains("bookings_that_search (company_id=?") && !open.contains("TEMP B-TREE"), "{open}");
    let running =
        plan(&connection, sessions::listing(&HistoryFilter { state: text("running"), ..HistoryFilter::default() }));
    assert!(running.contains("sessions_that_run (company_id=?") && !running.contains("TEMP B-TREE"), "{running}");
}

/// A booking and its session: the time in their id, the distance of their own time from it, and their state and client.
#[derive(Clone, Debug)]
struct Put {
    made_ms: u64,
    ahead_ms: u64,
    open: bool,
    client: &'static str,
}

fn puts() -> impl Strategy<Value = Vec<Put>> {
    let one = (0..5 * DAY_MS, prop_oneof![Just(0), 0..DAY_MS], any::<bool>(), prop_oneof![Just("carl"), Just("dora")]);
    let one = one.prop_map(|(made, ahead_ms, open, client)| Put { made_ms: NOW_MS + made, ahead_ms, open, client });
    prop::collection::vec(one, 0..40)
}

fn filters() -> impl Strategy<Value = (HistoryFilter, Option<bool>)> {
    let time = || prop::option::of((0..6 * DAY_MS).prop_map(|ms| Time::from_ms(NOW_MS + ms)));
    let client = prop::option::of(prop_oneof![Just("carl".to_owned()), Just("dora".to_owned())]);
    (time(), time(), client, prop::option::of(any::<bool>()))
        .prop_map(|(from, to, client, open)| (HistoryFilter { state: None, client, employee: None, from, to }, open))
}

/// Collects the items of all pages.
fn all_pages(mut page: impl FnMut(Page) -> (Vec<String>, Option<String>)) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (items, next) = page(Page { limit: 3, after });
        all.extend(items);
        after = next;
        if after.is_none() {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn a_list_has_all_of_its_time_and_nothing_else(puts in puts(), (filter, open) in filters()) {
        let (_place, connection, reader) = store();
        let company: CompanyId = "acme".parse().expect("an id");
        let mut expected = Vec::new();
        for (no, put_here) in (0_u64..).zip(&puts) {
            let (id, at_ms) = (id_at(put_here.made_ms, no), put_here.made_ms + put_here.ahead_ms);
            put(&connection, &id, at_ms, if put_here.open { "offering" } else { "assigned" }, put_here.client);
            let at = Time::from_ms(at_ms);
            if filter.from.is_none_or(|from| at >= from)
                && filter.to.is_none_or(|to| at < to)
                && filter.client.as_deref().is_none_or(|client| client == put_here.client)
                && open.is_none_or(|open| open == put_here.open)
            {
                expected.push(id);
            }
        }
        expected.sort_by(|a, b| b.cmp(a));
        let state = |words: [&str; 2]| open.map(|open| words[usize::from(open)].to_owned());
        let of_bookings = HistoryFilter { state: state(["assigned", "offering"]), ..filter.clone() };
        let bookings = all_pages(|page| {
            let listed = ask(&reader, |past| past.list_bookings(&company, &of_bookings, &page)).expect("a list");
            (listed.items.iter().map(|booking| booking.id().to_string()).collect(), listed.next)
        });
        prop_assert_eq!(&bookings, &expected);
        let of_sessions = HistoryFilter { state: state(["ended", "running"]), ..filter };
        let sessions = all_pages(|page| {
            let listed = ask(&reader, |past| past.list_sessions(&company, &of_sessions, &page, ForWhom::Admin)).expect("a list");
            (listed.items.iter().map(|session| session.id.to_string()).collect(), listed.next)
        });
        prop_assert_eq!(&sessions, &expected);
    }
}

#[test]
fn messages_are_listed_by_their_time_and_companies_by_how_their_ids_begin() {
    let (_place, connection, reader) = store();
    let company: CompanyId = "acme".parse().expect("an id");
    let session = id_at(NOW_MS, 0);
    put(&connection, &session, NOW_MS, "assigned", "carl");
    let said: Vec<String> = (1..=5).map(|no| id_at(NOW_MS + no, no)).collect();
    for (no, id) in (1_i64..).zip(&said) {
        let at = i64::try_from(NOW_MS).expect("a time") + no;
        let message =
            "INSERT INTO messages (company_id, session_id, id, sender, body, at) VALUES ('acme', ?1, ?2, ?3, 'hi', ?4)";
        connection.execute(message, params![session, id, Party::Client.word(), at]).expect("a message");
    }
    let session: SessionId = session.parse().expect("an id");
    let between = |from: Option<u64>, to: Option<u64>| {
        let time = |ms: Option<u64>| ms.map(|ms| Time::from_ms(NOW_MS + ms));
        all_pages(|page| {
            let listed = ask(&reader, |past| past.list_messages(&company, session, (time(from), time(to)), &page));
            let listed = listed.expect("a list").expect("it");
            (listed.items.iter().map(|message| message.id.to_string()).collect(), listed.next)
        })
    };
    assert_eq!(between(None, None), said);
    assert_eq!(between(Some(2), Some(5)), said[1..4]);
    assert_eq!(between(Some(6), None), [""; 0]);

    for id in ["a", "ab", "ab-c", "abz", "ac", "b"] {
        let company = "INSERT INTO companies (id, name, settings, created_at) VALUES (?1, ?1, '{}', 0)";
        connection.execute(company, [id]).expect("a company");
    }
    let begun = |prefix: &str| {
        all_pages(|page| {
            let listed = ask(&reader, |past| past.list_companies(None, prefix, &page)).expect("a list");
            (listed.items.iter().map(|company| company.id().to_owned()).collect(), listed.next)
        })
    };
    assert_eq!(begun("ab"), ["ab", "ab-c", "abz"]);
    assert_eq!(begun("").len(), 6);
    assert_eq!(begun("é"), [""; 0]);
}

#[test]
fn more_events_than_are_read_for_one_question_are_too_far_back() {
    let mut connection = Connection::open_in_memory().expect("a store");
    migrate(&mut connection).expect("the tables");
    let sql = "INSERT INTO events (company_id, seq, at, kind, data) VALUES ('acme', ?1, ?1, 'resumed', '\"resumed\"')";
    for seq in 1..=4 {
        connection.execute(sql, [seq]).expect("an event");
    }
    let reads = |events_max, last: u64| {
        let mut company = Company::new("acme".parse().expect("an id"));
        go_on_for(&Tables(&connection), &mut company, events_max, |_, at, _| match at.as_ms() <= last {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
        .map(|()| company.seq())
    };
    assert_eq!(reads(4, 9).expect("all of them"), 4);
    assert_eq!(reads(3, 2).expect("the third is looked at, and does not happen"), 2);
    assert!(matches!(reads(3, 9), Err(StoreError::TooFarBack(3))));
}
