//! A company that is created again begins empty: its earlier data is never shown, and leaves the store.

use std::sync::Arc;

use switchboard_core::{Command, CompanySettings, EmployeeId, Time};
use switchboard_history::paging::Page;
use switchboard_history::{ForWhom, History, HistoryFilter};

use crate::world::World;

const ALL: Page = Page { limit: 50, after: None };

fn made_again() -> Command {
    Command::SetCompany { name: "Another".into(), settings: CompanySettings::default() }
}

fn removed() -> Command {
    Command::RemoveCompany { revoke_before: Time::from_ms(1) }
}

/// The ids of all sessions that are listed.
fn sessions(world: &World, for_whom: ForWhom) -> Vec<String> {
    let filter = HistoryFilter { employee: Some("erika".to_owned()), ..HistoryFilter::default() };
    let listed = world.reader.ask(|past| past.list_sessions(&world.company, &filter, &ALL, for_whom)).unwrap();
    let listed = serde_json::to_value(&listed).unwrap();
    let items = listed["items"].as_array().unwrap();
    items.iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect()
}

fn exported(world: &World) -> String {
    let mut lines = String::new();
    let history: &dyn History = &*world.reader;
    history
        .export(&world.company, true, |piece| {
            lines.push_str(&piece);
            true
        })
        .unwrap();
    lines
}

#[tokio::test]
async fn what_was_before_a_company_was_made_again_is_seen_by_nobody_and_leaves_the_store() {
    let mut world = World::founded(CompanySettings::default()).await;
    let session = world.consults("alice", "erika").await;
    world.notes("erika", session, "a diagnosis").await;
    world.does(removed()).await;
    world.exchange.settle().await;
    let (company, read) = (world.company.clone(), world.reader.clone());
    assert!(
        read.ask(|past| past.session(&company, session)).unwrap().is_some(),
        "while the id is nobody's it can be read"
    );
    let noted = serde_json::to_value(read.ask(|past| past.show_notes(&company, session)).unwrap()).unwrap();
    assert_eq!(noted["body"], "a diagnosis");
    let removal = world.last_event();
    world.does(made_again()).await;
    world.exchange.settle().await;
    world.assert_whole().await;
    assert!(read.ask(|past| past.session(&company, session)).unwrap().is_none());
    assert!(read.ask(|past| past.show_notes(&company, session)).unwrap().is_none());
    assert!(read.ask(|past| past.list_messages(&company, session, (None, None), &ALL)).unwrap().is_none());
    assert_eq!(sessions(&world, ForWhom::Admin), Vec::<String>::new());
    assert!(read.ask(|past| past.list_bookings(&company, &HistoryFilter::default(), &ALL)).unwrap().items.is_empty());
    let kept = read.ask(|past| past.feed_kept(&company)).unwrap();
    assert_eq!(kept, Some((removal + 1, removal + 1)));
    let first = read.ask(|past| past.feed(&company, 0, 50, &switchboard_journal::Wanted::default())).unwrap().0;
    assert_eq!(first.events.iter().map(|told| told.seq).collect::<Vec<_>>(), [removal + 1]);
    let lines = exported(&world);
    assert!(!lines.contains("diagnosis") && !lines.contains("alice") && !lines.contains("Erika"), "{lines}");
    assert!(world.count("messages") > 0, "it is still in the tables");
    world.hires("erika").await;
    let theirs = world.consults("bob", "erika").await;
    world.forgets(Arc::new(|_, _| None)).await;
    world.assert_whole().await;
    assert_eq!((world.count("bookings"), world.count("sessions"), world.count("messages")), (1, 1, 1));
    assert_eq!(sessions(&world, ForWhom::Admin), [theirs.to_string()]);
    let events = world.count("events");
    world.forgets(Arc::new(|_, _| None)).await;
    assert_eq!(world.count("events"), events, "there is nothing more to remove");
}

#[tokio::test]
async fn endpoints_and_keys_of_a_company_end_with_it_and_those_of_the_next_one_do_not() {
    let mut world = World::founded(CompanySettings::default()).await;
    world.has_webhook(3, 2);
    world.writes(
        "INSERT INTO api_keys (id, name, scope, companies, digest, created_at) VALUES
                 ('1', 'own', 'manage', '[\"acme\"]', x'01', 0),
                 ('2', 'both', 'manage', '[\"acme\",\"globex\"]', x'02', 0),
                 ('3', 'other', 'manage', '[\"globex\"]', x'03', 0),
                 ('4', 'all', 'manage', NULL, x'04', 0)",
    );
    world.does(removed()).await;
    world.exchange.settle().await;
    assert_eq!((world.count("webhooks"), world.count("webhook_deliveries")), (0, 0));
    let sql = "SELECT name, companies FROM api_keys WHERE revoked_at IS NULL ORDER BY id";
    let store = world.beside();
    let mut query = store.prepare(sql).unwrap();
    let keys = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))).unwrap();
    let keys = keys.collect::<Result<Vec<_>, _>>();
    let globex = Some(r#"["globex"]"#.to_owned());
    let expected = [("both", globex.clone()), ("other", globex), ("all", None)];
    assert_eq!(keys.unwrap(), expected.map(|(name, companies)| (name.to_owned(), companies)));
    world.does(made_again()).await;
    world.has_webhook(1, 1);
    world.exchange.settle().await;
    assert_eq!(world.count("webhooks"), 1);
    world.assert_whole().await;
}

#[tokio::test]
async fn who_has_the_id_of_a_removed_employee_sees_none_of_their_sessions() {
    let mut world = World::founded(CompanySettings::default()).await;
    let before = world.consults("alice", "erika").await;
    let employee: EmployeeId = "erika".parse().unwrap();
    world.does(Command::RemoveEmployee { employee, revoke_before: Time::from_ms(1) }).await;
    world.hires("erika").await;
    let theirs = world.consults("bob", "erika").await;
    world.exchange.settle().await;
    assert_eq!(sessions(&world, ForWhom::Admin), [theirs.to_string(), before.to_string()]);
    assert_eq!(sessions(&world, ForWhom::Themselves), [theirs.to_string()]);
}
