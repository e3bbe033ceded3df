//! Erased or forgotten data is in no byte of the store, whatever stood beside it, and in no backup made afterwards.

use rusqlite::Connection;
use switchboard::erasure::erase;
use switchboard_core::erasure::Erasure;
use switchboard_core::{Company, CompanySettings};
use switchboard_sqlite::backup::backup;

use crate::world::{DAY_MS, World, found_in_the_file, keeps, nobody_needs_any};

/// Words that only the erased client's texts contain.
const MARKS: [&str; 2] = ["marked-message", "marked-notes"];
/// Number of rewrites of the notes: each time other data takes the pages that become free.
const ROUNDS: usize = 30;

/// A text of that word with a varying length, from a part of a page to several pages.
fn text(word: &str, number: usize) -> String {
    word.repeat(1 + number * 211 % (8_000 / word.len()))
}

/// A session whose messages and notes are projected, rewritten, and followed by texts of other people.
async fn goes_on(world: &mut World) {
    let offer = world.books("alice").await;
    let session = world.accepts("erika", offer).await;
    for round in 0..ROUNDS {
        world.says("alice", session, &text(MARKS[0], 3 * round)).await;
        world.notes("erika", session, &text(MARKS[1], 3 * round + 1)).await;
        world.exchange.settle().await;
        let other = world.consults("bob", "frank").await;
        world.notes("frank", other, &text("anything", 3 * round + 2)).await;
        world.exchange.settle().await;
    }
    world.notes("erika", session, "").await;
    world.ends("alice", session).await;
    world.exchange.settle().await;
}

fn found_in_a_backup(world: &World) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("copy.db");
    backup(world.place.path(), &copy).unwrap();
    let bytes = std::fs::read(copy).unwrap();
    let is_there = |word: &&&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    MARKS.iter().filter(is_there).map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn what_an_erased_client_wrote_is_in_no_page_and_in_no_backup() {
    let mut world = World::founded(CompanySettings::default()).await;
    world.hires("frank").await;
    goes_on(&mut world).await;
    assert_eq!(found_in_the_file(&world, &MARKS), MARKS, "until then it is there");
    let erasure = Erasure::of_client("alice".parse().unwrap(), "erased-1".parse().unwrap());
    let may = |_: &Company| Ok::<_, ()>(());
    let erased = erase(world.exchange.clone(), world.reader.clone(), world.company.clone(), may, erasure).await;
    assert_eq!(erased, Ok(Ok(true)));
    world.assert_whole().await;
    assert_eq!(found_in_the_file(&world, &MARKS), Vec::<String>::new());
    assert_eq!(found_in_a_backup(&world), Vec::<String>::new());
}

#[tokio::test]
async fn what_has_left_the_history_is_in_no_page_and_in_no_backup() {
    let mut world = World::founded(keeps(1)).await;
    world.hires("frank").await;
    goes_on(&mut world).await;
    world.wait(2 * DAY_MS);
    // Until then the company remembers the session.
    world.consults("bob", "frank").await;
    world.wait(2 * DAY_MS);
    world.forgets(nobody_needs_any()).await;
    world.assert_whole().await;
    assert_eq!(world.count("sessions"), 0);
    assert_eq!(found_in_the_file(&world, &MARKS), Vec::<String>::new());
    assert_eq!(found_in_a_backup(&world), Vec::<String>::new());
}

#[tokio::test]
async fn what_an_older_version_left_in_free_pages_is_in_no_backup() {
    let world = World::founded(CompanySettings::default()).await;
    let store = Connection::open(world.place.path().join("switchboard.db")).unwrap();
    store
        .execute_batch(
            "PRAGMA secure_delete = OFF;
             CREATE TABLE left_over (text TEXT);
             INSERT INTO left_over SELECT replace(hex(zeroblob(2000)), '00', 'marked-message');
             DROP TABLE left_over;",
        )
        .unwrap();
    assert_eq!(found_in_the_file(&world, &MARKS), MARKS[..1]);
    assert_eq!(found_in_a_backup(&world), Vec::<String>::new());
}
