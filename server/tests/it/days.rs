//! Kept days: statistics are the same with and without them, and erased or forgotten data is in none of them.

use rusqlite::{Connection, params};
use serde_json::Value;
use switchboard::erasure::erase;
use switchboard_core::erasure::Erasure;
use switchboard_core::{Command, Company, Intent, OfferId, SessionId, Time};
use switchboard_history::ForWhom;
use switchboard_history::paging::Page;
use switchboard_sqlite::check::check;

use crate::server::wait_until;
use crate::world::{DAY_MS, World, found_in_the_file, keeps, nobody_needs_any};

/// Consultations of a day that are committed together.
const MANY: usize = 80;
const DAYS: u64 = 12;

fn day_of(at: Time) -> u64 {
    at.as_ms() / DAY_MS
}

fn begin_of(day: u64) -> Time {
    Time::from_ms(day * DAY_MS)
}

/// Twelve days with consultations of all lengths, and a session that runs from the third day on.
async fn twelve_days() -> (World, u64, SessionId) {
    let mut world = World::founded(keeps(0)).await;
    let (first, mut running) = (day_of(world.exchange.clock().now()), None);
    world.hires("gerd").await;
    world.does(Command::RemoveEmployee { employee: "gerd".parse().unwrap(), revoke_before: Time::default() }).await;
    for day in 0..DAYS {
        world.consults_many(MANY).await;
        let second = if day <= 2 { "frank" } else { "heidi" };
        world.hires(second).await;
        for client in ["bob", if day == 2 { "zoe" } else { "carl" }] {
            // Erika has waited longest, and declines.
            let offer = world.books(client).await;
            world.wait(234 * (day + 1));
            world.does(Command::Reject { employee: "erika".parse().unwrap(), offer, reason: None }).await;
            let offer = OfferId { attempt: 2, ..offer };
            world.wait(123 * (day + 1));
            world.does(Command::OfferDelivered { employee: second.parse().unwrap(), offer, device: None }).await;
            world.wait(2_345 * (day + 1));
            let session = world.accepts(second, offer).await;
            if (day, client) == (2, "zoe") {
                running = Some(session);
                break;
            }
            world.wait(61_000 * (day + 1));
            world.ends(client, session).await;
        }
        if day != 2 {
            let employee = second.parse().unwrap();
            world.does(Command::set_status(employee, Intent::Offline, false)).await;
        }
        let next = begin_of(first + day + 1).plus_ms(1_000 * day);
        world.wait(world.exchange.clock().now().ms_until(next));
    }
    // The last base is queued behind the commits that it depends on.
    while world.count("days") < 3 {
        world.consults_many(MANY).await;
    }
    world.exchange.settle().await;
    (world, first, running.unwrap())
}

/// All statistics of a period.
fn told(world: &World, from: Time, to: Time) -> Value {
    let question = world.question(from, to);
    let (reader, company) = (&world.reader, &world.company);
    let mut all = vec![serde_json::to_value(reader.ask(|past| past.statistics(company, question)).unwrap()).unwrap()];
    let mut after = None;
    loop {
        let page = Page { limit: 2, after };
        let page = reader.ask(|past| past.statistics_of_employees(company, question, &page)).unwrap();
        for one in &page.items {
            let one = serde_json::to_value(one).unwrap();
            let id = one["id"].as_str().unwrap().parse().unwrap();
            let own = reader.ask(|past| past.statistics_of(company, &id, question, ForWhom::Admin)).unwrap();
            // Near and not equal, because a day may be kept between the two questions.
            let own = serde_json::to_value(own).unwrap();
            assert!(are_near(&own, &one), "{own:#}\n{one:#}");
            all.push(one);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return all.into(),
        }
    }
}

/// Whether two answers agree, with durations to three digits.
fn are_near(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| are_near(one, other))
        }
        (Value::Object(one), Value::Object(other)) => one.iter().all(|(key, value)| match (value, &other[key]) {
            (value, there) if !key.starts_with('p') => are_near(value, there),
            (value, there) => match (value.as_u64(), there.as_u64()) {
                (Some(value), Some(there)) => value.abs_diff(there) <= there / 1000,
                _ => value == there,
            },
        }),
        _ => one == other,
    }
}

#[tokio::test]
async fn with_the_days_that_are_kept_statistics_say_what_they_say_without() {
    let (world, first, _) = twelve_days().await;
    world.assert_whole().await;
    let days = "SELECT group_concat(day - ?1, ' ') FROM (SELECT day FROM days ORDER BY day)";
    let kept: String = world.beside().query_row(days, [first.cast_signed()], |row| row.get(0)).unwrap();
    assert!(kept.starts_with("0 1 3 4 5"), "every day but that of a session that goes on: {kept}");
    let now = world.exchange.clock().now();
    let times = [
        (begin_of(first), now),
        (begin_of(first + 1), begin_of(first + 6)),
        (begin_of(first).plus_ms(DAY_MS / 2), begin_of(first + 5).plus_ms(DAY_MS / 2)),
        (begin_of(first + 1), begin_of(first + 2)),
        (begin_of(first + 1).plus_ms(1), begin_of(first + 2)),
        (begin_of(first + 4), begin_of(first + 4)),
        (Time::default(), begin_of(first)),
    ];
    let ask = || times.map(|(from, to)| told(&world, from, to));
    let with = ask();
    world.writes("DELETE FROM days");
    for ((with, without), (from, to)) in with.iter().zip(ask()).zip(times) {
        assert!(are_near(with, &without), "from {from:?} to {to:?}: {with:#}\n{without:#}");
    }
    assert!(with[0][0]["bookings"]["total"].as_u64() > Some(MANY as u64 * DAYS));
    assert!(with[0].as_array().unwrap().iter().all(|one| one["id"] != "gerd"), "he was never asked");
}

#[tokio::test]
async fn a_day_that_is_not_what_its_rows_come_to_is_told() {
    let (world, first, _) = twelve_days().await;
    let store = Connection::open(world.place.path().join("switchboard.db")).unwrap();
    let change = "UPDATE days_of_employees SET work = replace(work, 'accepted', 'rejected') WHERE day = ?1";
    assert!(store.execute(change, params![first.cast_signed() + 3]).unwrap() > 0);
    let report = check(&world.reader).unwrap();
    let expected = format!("acme: the kept statistics of day {} differ from its bookings and sessions", first + 3);
    assert_eq!(report.differences, [expected]);
}

#[tokio::test]
async fn a_day_goes_with_the_history_that_it_was_of() {
    let (mut world, first, running) = twelve_days().await;
    let settings = keeps(u32::try_from(DAYS).unwrap() - 4);
    world.does(Command::SetCompany { name: "Acme".into(), settings }).await;
    world.exchange.settle().await;
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    let oldest = "SELECT min(day) FROM days UNION ALL SELECT min(day) FROM days_of_employees";
    let store = world.beside();
    let mut query = store.prepare(oldest).unwrap();
    let oldest: Vec<i64> = query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(oldest.iter().all(|day| *day > first.cast_signed() + 3), "{oldest:?}");
    // A partly forgotten day is counted but not kept, because the next time it would have fewer events.
    world.ends("zoe", running).await;
    let employee = "frank".parse().unwrap();
    world.does(Command::set_status(employee, Intent::Offline, false)).await;
    let (bases, end) = (world.count("bases"), world.exchange.clock().now());
    while world.count("bases") == bases {
        world.consults_many(MANY).await;
    }
    world.assert_whole().await;
    let left = told(&world, begin_of(first), end);
    world.writes("DELETE FROM days");
    assert!(are_near(&left, &told(&world, begin_of(first), end)));
}

#[tokio::test]
async fn an_erased_employee_is_in_no_day() {
    let (mut world, first, running) = twelve_days().await;
    world.ends("zoe", running).await;
    let employee = "frank".parse().unwrap();
    world.does(Command::RemoveEmployee { employee, revoke_before: Time::default() }).await;
    // A page that is read before the removal is projected would still have the name.
    world.exchange.settle().await;
    let before = told(&world, begin_of(first), begin_of(first + 2));
    let erasure = Erasure::of_employee("frank".parse().unwrap(), "erased-1".parse().unwrap());
    let may = |_: &Company| Ok::<_, ()>(());
    let erased = erase(world.exchange.clone(), world.reader.clone(), world.company.clone(), may, erasure).await;
    assert_eq!(erased, Ok(Ok(true)));
    world.assert_whole().await;
    let find = |told: &Value, id: &str| told.as_array().unwrap().iter().find(|one| one["id"] == id).cloned();
    let after = told(&world, begin_of(first), begin_of(first + 2));
    assert_eq!(find(&before, "frank").unwrap()["offers"], find(&after, "erased-1").unwrap()["offers"]);
    assert_eq!(find(&after, "frank"), None);
    wait_until("the last reads to be over", || found_in_the_file(&world, &["frank"]).is_empty());
}
