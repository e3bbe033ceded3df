//! History on a real store: kept and forgotten parts, and that the rest is still correct.

use std::sync::Arc;

use rusqlite::{Connection, params};
use switchboard::erasure::erase;
use switchboard::retention::{OldestNeeded, needed_by_webhooks};
use switchboard_core::erasure::Erasure;
use switchboard_core::{Actor, Command, Company, EmployeeId, OfferId, SessionId, Time};
use switchboard_history::ForWhom;
use switchboard_history::paging::Page;
use switchboard_journal::{Write, Written};
use switchboard_sqlite::check::check;
use switchboard_sqlite::{Reader, Sqlite};

use crate::server::{Plan, wait_until};
use crate::world::{DAY_MS, FOUNDED, World, found_in_the_file, keeps, nobody_needs_any, whole_consultation};

/// Ten days with a consultation each, and a session that runs from the first day on.
async fn ten_days() -> (World, SessionId) {
    let mut world = World::founded(keeps(3)).await;
    world.hires("frank").await;
    let offer = world.books("zoe").await;
    let running = world.accepts("erika", offer).await;
    world.says("zoe", running, "hello").await;
    for _ in 0..10 {
        world.consults("alice", "frank").await;
        world.wait(DAY_MS - 10_000);
    }
    world.exchange.settle().await;
    (world, running)
}

#[tokio::test]
async fn what_ended_before_the_days_that_are_kept_is_gone_and_the_rest_is_whole() {
    let (mut world, running) = ten_days().await;
    let events = world.count("events");
    assert_eq!((world.count("bookings"), world.count("messages")), (11, 11));
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    assert_eq!((world.count("bookings"), world.count("offers"), world.count("sessions")), (4, 4, 4));
    assert_eq!(world.count("messages"), 4, "the session that goes on keeps what was said in it");
    assert!(world.count("events") < events / 2, "{} of {events}", world.count("events"));
    let left = world.count("events");
    world.forgets(nobody_needs_any()).await;
    assert_eq!((world.count("events"), world.count("bases")), (left, 1), "the second time nothing is left to do");

    // The company goes on, also when it is loaded anew.
    let (read, _) = world.reader.ask(|past| past.company(&world.company)).unwrap();
    assert!(read.session(running).is_some_and(|session| session.is_running() && session.messages.len() == 1));
    world.says("zoe", running, "still there").await;
    world.consults("alice", "frank").await;
    let by = Actor::Client("zoe".parse().unwrap());
    world.does(Command::End { session: running, by, reason: None }).await;
    world.assert_whole().await;
    world.wait(4 * DAY_MS);
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    assert_eq!((world.count("bookings"), world.count("messages"), world.count("events")), (0, 0, 1));
    world.consults("alice", "frank").await;
    world.assert_whole().await;
}

#[tokio::test]
async fn what_somebody_still_needs_stays() {
    let (world, _) = ten_days().await;
    let needed: OldestNeeded = Arc::new(|_, _| Some(20));
    world.forgets(needed).await;
    world.assert_whole().await;
    let first = "SELECT min(seq) FROM events";
    let first: i64 = world.beside().query_row(first, [], |row| row.get(0)).unwrap();
    assert_eq!(first, 19, "the event before it, after whose number it comes, is the first");
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    assert_eq!(world.count("bookings"), 4);
}

#[tokio::test]
async fn what_a_webhook_has_not_brought_or_not_read_stays_and_the_feed_says_what_is_gone() {
    let (world, _) = ten_days().await;
    let oldest = || world.reader.ask(|past| past.feed_kept(&world.company)).unwrap().map(|(oldest, _)| oldest);
    let forget = || world.forgets(needed_by_webhooks());
    world.has_webhook(30, 20);
    forget().await;
    world.assert_whole().await;
    assert_eq!(oldest(), Some(19), "what waits to be brought, behind the event after whose number it comes");
    world.writes("UPDATE webhook_deliveries SET state = 'dead'");
    forget().await;
    world.assert_whole().await;
    assert_eq!(oldest(), Some(30), "what was not read yet");
    world.writes("UPDATE webhooks SET state = 'off', reason = 'off'");
    forget().await;
    world.assert_whole().await;
    let oldest = oldest().unwrap();
    assert!(oldest > 31, "an endpoint that is off needs nothing");
    let World { place, exchange, reader, .. } = world;
    drop((exchange, reader));
    wait_until("the store to be free", || Sqlite::open(place.path()).is_ok());
    let server = Plan::new(place.path()).start();
    let (status, gone) = server.ask("GET", "/v1/companies/acme/events?after=30", "");
    let gone: serde_json::Value = serde_json::from_str(&gone).unwrap();
    assert_eq!((status, &gone["reason"]), (410, &"gone".into()), "{gone}");
    let from = format!("/v1/companies/acme/events?after={}", gone["oldest"].as_u64().unwrap() - 1);
    assert_eq!((server.ask("GET", &from, "").0, gone["oldest"].as_u64()), (200, Some(oldest)));
}

#[tokio::test]
async fn who_was_gone_when_history_begins_has_no_number_any_more() {
    let (mut world, _) = ten_days().await;
    world.hires("gerd").await;
    world.does(Command::RemoveEmployee { employee: "gerd".parse().unwrap(), revoke_before: Time::default() }).await;
    world.exchange.settle().await;
    assert_eq!(world.count("employee_numbers"), 3);
    world.wait(4 * DAY_MS);
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    assert_eq!(world.count("employee_numbers"), 2);
}

#[tokio::test]
async fn a_cut_that_was_read_before_an_erasure_brings_nobody_back() {
    let (world, _) = days_with_alice().await;
    let until = world.now;
    let cut = world.reader.ask(|past| past.cut(&world.company, until, None)).unwrap();
    erase_from(&world, Erasure::of_client("alice".parse().unwrap(), "erased-1".parse().unwrap())).await;
    assert_eq!(world.exchange.write(Write::Cut(cut.into())).await, Ok(Written::Done));
    world.assert_whole().await;
    assert_eq!(found_in_the_file(&world, &["alice"]), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_said_still_counts_when_history_was_cut_and_when_somebody_else_was_erased() {
    let (mut world, running) = ten_days().await;
    for _ in 0..101 {
        world.says("zoe", running, "hello").await;
    }
    world.wait(4 * DAY_MS);
    world.forgets(nobody_needs_any()).await;
    let counted = |world: &World| {
        let (read, _) = world.reader.ask(|past| past.company(&world.company)).unwrap();
        let session = read.session(running).unwrap();
        (session.messages.len(), session.message_bytes())
    };
    assert_eq!(counted(&world), (100, 510));
    erase_from(&world, Erasure::of_client("alice".parse().unwrap(), "erased-1".parse().unwrap())).await;
    world.assert_whole().await;
    assert_eq!(counted(&world), (100, 510));
    // A base of an older version, which did not count bytes, is no difference.
    let bases_that_count = || world.count(r#"bases WHERE data LIKE '%"bytes_before":10%'"#);
    assert_eq!(bases_that_count(), 1);
    world.writes(r#"UPDATE bases SET data = replace(data, ',"bytes_before":10', '')"#);
    assert_eq!(bases_that_count(), 0);
    world.assert_whole().await;
}

#[tokio::test]
async fn a_company_that_is_gone_forgets_too() {
    let (mut world, _) = ten_days().await;
    world.does(Command::RemoveCompany { revoke_before: Time::default() }).await;
    world.wait(4 * DAY_MS);
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    assert_eq!((world.count("bookings"), world.count("companies"), world.count("events")), (0, 0, 1));
}

#[tokio::test]
async fn notes_on_a_session_that_has_left_the_history_do_not_bring_it_back() {
    let mut world = World::founded(keeps(1)).await;
    let session = world.consults("alice", "erika").await;
    world.notes("erika", session, "to be forgotten").await;
    world.assert_whole().await;
    assert_eq!(world.count("sessions"), 1);
    world.wait(2 * DAY_MS);
    // The company remembers the session until another one ends.
    world.forgets(nobody_needs_any()).await;
    assert_eq!(world.count("sessions"), 0);
    world.notes("erika", session, "written late").await;
    world.assert_whole().await;
    assert_eq!(world.count("sessions"), 0);
    world.wait(2 * DAY_MS);
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
}

#[tokio::test]
async fn a_company_that_keeps_its_history_forgets_nothing() {
    let mut world = World::founded(keeps(0)).await;
    world.consults("alice", "erika").await;
    world.wait(1000 * DAY_MS);
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    assert_eq!((world.count("bookings"), world.count("bases")), (1, 0));
}

#[tokio::test]
async fn check_finds_what_is_tampered_with_after_history_was_cut() {
    let (mut world, _) = ten_days().await;
    world.forgets(nobody_needs_any()).await;
    let session = world.consults("alice", "frank").await;
    world.notes("frank", session, "called back").await;
    world.exchange.settle().await;
    let last = world.last_event();
    world.has_webhook(last, last - 1);
    world.assert_whole().await;
    for tampering in [
        "UPDATE employee_numbers SET id = 'erika' WHERE no = 1",
        "DELETE FROM employee_numbers WHERE no = 0",
        "INSERT INTO employee_numbers SELECT 'acme', 7, max(seq), 'nobody' FROM events",
        "UPDATE webhooks SET cursor = cursor + 1",
        "UPDATE webhook_deliveries SET seq = seq + 2",
        "UPDATE webhook_deliveries SET state = 'brought'",
        "DELETE FROM webhooks",
        "UPDATE offers SET outcome = 'rejected' WHERE made_at = (SELECT max(made_at) FROM offers)",
        "DELETE FROM bookings WHERE id = (SELECT max(id) FROM bookings)",
        "DELETE FROM sessions WHERE id = (SELECT min(id) FROM sessions)",
        "UPDATE sessions SET notes = 'other' WHERE notes IS NOT NULL",
        "UPDATE sessions SET notes = NULL, notes_at = NULL WHERE notes IS NOT NULL",
        "UPDATE messages SET body = 'other' WHERE at = (SELECT min(at) FROM messages)",
        "DELETE FROM events WHERE seq = (SELECT max(seq) - 3 FROM events)",
        "UPDATE bases SET data = replace(data, 'Erika Muster', 'Erika Other')",
        "DELETE FROM bases",
        "UPDATE snapshots SET data = replace(data, 'Erika Muster', 'Erika Other')",
    ] {
        let place = tempfile::tempdir().unwrap();
        let copy = place.path().join("switchboard.db");
        let original = Connection::open(world.place.path().join("switchboard.db")).unwrap();
        original.execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
        let store = Connection::open(&copy).unwrap();
        assert_eq!(store.execute(tampering, []).unwrap(), 1, "{tampering}");
        drop(store);
        let report = check(&Reader::open(place.path()).unwrap()).unwrap();
        assert!(!report.differences.is_empty(), "not seen: {tampering}");
    }
}

#[tokio::test]
async fn time_in_each_status_is_counted_between_any_two_moments() {
    let mut world = World::founded(keeps(0)).await;
    for _ in 0..3 {
        world.wait(50_000);
        world.consults("alice", "erika").await;
    }
    let begin = world.now;
    world.consults("alice", "erika").await;
    let between = world.now;
    world.wait(5_000);
    world.exchange.settle().await;
    let busy = |from, to| {
        let statistics = world.reader.ask(|past| past.statistics(&world.company, world.question(from, to))).unwrap();
        let statistics = serde_json::to_value(statistics).unwrap();
        let of = |status: &str| statistics["time"][status].as_u64().unwrap();
        (of("idle_ms"), of("init_ms"), of("busy_ms"))
    };
    // The offer comes after 1 ms, the acceptance after 1 ms, a message after 1 ms, and the end 9,997 ms later.
    assert_eq!(busy(begin, between), (1, 1, 9_998));
    assert_eq!(busy(begin, world.now), (5_001, 1, 9_998));
    assert_eq!(busy(between, world.now), (5_000, 0, 0));
    assert_eq!(busy(FOUNDED, world.now).2, 4 * 9_998);
    assert_eq!(busy(Time::from_ms(0), FOUNDED), (0, 0, 0));
}

#[tokio::test]
async fn an_employee_s_own_statistics_are_what_the_list_of_all_says_of_them() {
    let (mut world, _) = ten_days().await;
    world.hires("gerd").await;
    world.does(Command::RemoveEmployee { employee: "gerd".parse().unwrap(), revoke_before: Time::default() }).await;
    let offer = world.books("bob").await;
    let no = None;
    world.does(Command::Reject { employee: "frank".parse().unwrap(), offer, reason: no }).await;
    world.exchange.settle().await;
    let days = |days: u64| FOUNDED.plus_ms(days * DAY_MS);
    for (from, to) in
        [(days(0), world.now), (days(2), days(5)), (days(9), world.now.plus_ms(DAY_MS)), (days(3), days(3).plus_ms(1))]
    {
        let question = world.question(from, to);
        let page = Page { limit: 50, after: None };
        let all = world.reader.ask(|past| past.statistics_of_employees(&world.company, question, &page)).unwrap();
        let all: Vec<_> = all.items.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
        for employee in ["erika", "frank", "gerd", "nobody"] {
            let id: EmployeeId = employee.parse().unwrap();
            let own =
                world.reader.ask(|past| past.statistics_of(&world.company, &id, question, ForWhom::Admin)).unwrap();
            let own = own.map(|own| serde_json::to_value(own).unwrap());
            assert_eq!(
                own.as_ref(),
                all.iter().find(|one| one["id"] == employee),
                "{employee} from {from:?} to {to:?}"
            );
        }
    }
}

/// Enough consultations for several bases, and their number in one visit.
const MANY: usize = 140;
const AT_ONCE: usize = 25;

#[tokio::test]
async fn from_the_nearest_base_everything_is_as_from_the_beginning() {
    let mut world = World::founded(keeps(0)).await;
    let mut middle = (world.now, None);
    for round in 0..MANY {
        let offers: Vec<OfferId> = (0..AT_ONCE).map(|_| world.fresh_offer()).collect();
        if round == MANY * 3 / 4 {
            middle = (world.now.plus_ms(1), Some(offers[0].booking));
        }
        let commands = offers.iter().flat_map(|offer| whole_consultation(*offer)).collect();
        world.does_all(commands).await;
        // The wait keeps the remembered bookings few and snapshots frequent.
        world.wait(DAY_MS / 4);
    }
    // The last base is queued behind the commits that it depends on.
    while world.count("bases") < 2 {
        world.consults_many(AT_ONCE).await;
        world.wait(DAY_MS / 4);
    }
    world.assert_whole().await;
    let ask = |world: &World| {
        let question = world.question(FOUNDED.plus_ms(20_000), middle.0);
        let statistics = world.reader.ask(|past| past.statistics(&world.company, question)).unwrap();
        let timeline = world.reader.ask(|past| past.timeline(&world.company, middle.1.unwrap())).unwrap();
        (serde_json::to_value(statistics).unwrap(), serde_json::to_value(timeline).unwrap())
    };
    let with_bases = ask(&world);
    let store = Connection::open(world.place.path().join("switchboard.db")).unwrap();
    assert!(store.execute("DELETE FROM bases WHERE company_id = ?1", params!["acme"]).unwrap() >= 2);
    let without = ask(&world);
    assert_eq!(with_bases, without);
    assert_eq!(with_bases.1["steps"].as_array().unwrap().len(), 4);
}

/// Erases a person whose erasure is allowed.
async fn erase_from(world: &World, erasure: Erasure) {
    let may = |_: &Company| Ok::<_, ()>(());
    let erased = erase(world.exchange.clone(), world.reader.clone(), world.company.clone(), may, erasure).await;
    assert_eq!(erased, Ok(Ok(true)));
}

const OF_ALICE: &[&str] = &[
    "alice",
    "Miss ALICE",
    "0123-secret",
    "secret message",
    "secret reason",
    "secret no",
    "first secret notes",
    "last secret notes",
];

/// Three days with Alice, one of them before the kept history, and a client who is there all the time.
async fn days_with_alice() -> (World, SessionId) {
    let mut world = World::founded(keeps(2)).await;
    world.hires("frank").await;
    for _ in 0..3 {
        let offer = world.books("alice").await;
        let no = Some("secret no".into());
        world.does(Command::Reject { employee: "erika".parse().unwrap(), offer, reason: no }).await;
        let session = world.accepts("frank", OfferId { attempt: 2, ..offer }).await;
        world.says("alice", session, "a secret message").await;
        world.notes("frank", session, "first secret notes").await;
        world.does(Command::End { session, by: Actor::Admin, reason: Some("secret reason".into()) }).await;
        world.notes("frank", session, "last secret notes").await;
        world.wait(DAY_MS);
    }
    let offer = world.books("zoe").await;
    let running = world.accepts("erika", offer).await;
    world.says("zoe", running, "words of zoe").await;
    world.exchange.settle().await;
    (world, running)
}

#[tokio::test]
async fn nothing_of_an_erased_client_is_left_in_the_file_and_all_else_is_as_it_was() {
    let (mut world, running) = days_with_alice().await;
    assert_eq!(found_in_the_file(&world, OF_ALICE), OF_ALICE);
    for time in ["with all history", "from an origin"] {
        erase_from(&world, Erasure::of_client("alice".parse().unwrap(), "erased-1".parse().unwrap())).await;
        world.assert_whole().await;
        let words_of_zoe = ["words of zoe", "zoe", "frank"];
        assert_eq!(found_in_the_file(&world, OF_ALICE), ["0123-secret"], "only in Zoe's note, {time}");
        assert_eq!(found_in_the_file(&world, &words_of_zoe), words_of_zoe, "{time}");
        // The session of another client goes on.
        world.says("zoe", running, "words of zoe").await;
        world.forgets(nobody_needs_any()).await;
        world.assert_whole().await;
    }
    world.does(Command::EmployeeConnected { employee: "frank".parse().unwrap() }).await;
    world.consults("alice", "frank").await;
    world.assert_whole().await;
}

#[tokio::test]
async fn nothing_of_an_erased_employee_is_left_in_the_file_and_all_else_is_as_it_was() {
    let (mut world, _) = days_with_alice().await;
    world.forgets(nobody_needs_any()).await;
    world.does(Command::RemoveEmployee { employee: "frank".parse().unwrap(), revoke_before: Time::default() }).await;
    world.exchange.settle().await;
    let before = world.count("bookings");
    erase_from(&world, Erasure::of_employee("frank".parse().unwrap(), "erased-2".parse().unwrap())).await;
    world.assert_whole().await;
    assert_eq!(
        found_in_the_file(&world, &["frank", "secret message", "secret reason", "secret notes"]),
        Vec::<String>::new()
    );
    assert_eq!(found_in_the_file(&world, &["secret no", "alice", "erika"]).len(), 3, "the others are as they were");
    assert_eq!(world.count("bookings"), before);
}
