//! Rewrites of a company's history: retention cuts the beginning off, and erasure takes a person out.

use std::sync::Arc;

use switchboard_core::erasure::Erasure;
use switchboard_core::{Company, Time};
use switchboard_history::erasure::Preparation;
use switchboard_journal::base::Base;
use switchboard_journal::cut::Cut;
use switchboard_journal::erasure::ErasureStep;
use switchboard_journal::{JournalItem, Write};

use crate::life::{Life, company_id};
use crate::questions::{Answers, all, ask_everything};
use crate::stores::{OpenStore, Place, on_every_store};
use crate::writes::{audit_refused, count_day};

on_every_store! {
    a_cut_removes_what_ended_before_and_nothing_else
    an_erased_client_is_in_no_answer
    an_erased_client_has_no_wishes
    a_code_brings_no_session_back
    an_erased_employee_is_in_no_answer
    an_erasure_that_was_decided_is_finished_by_the_next_start
    an_erasure_that_was_not_decided_is_given_up_by_the_next_start
    an_erasure_that_is_given_up_leaves_everything_as_it_was
    a_cut_from_before_an_erasure_does_nothing
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A company with three days of work, of which the first two are counted, with a base, a snapshot and audit entries.
fn three_days(place: &dyn Place) -> (OpenStore, Life) {
    let (mut store, mut acme) = (place.open(), Life::new("acme"));
    let mut visits = vec![acme.is_founded()];
    visits.extend(acme.hires("ann"));
    for (day, clients) in [["carl", "dora"], ["dora", "erna"], ["carl", "erna"]].iter().enumerate() {
        clients.iter().for_each(|client| visits.extend(acme.consults(client)));
        visits.extend(acme.books("carl"));
        visits.extend(acme.rejects());
        visits.extend(acme.cancels());
        store.commit(visits.drain(..).map(|visited| visited.entry()).collect()).expect("committed");
        store.project();
        if day == 0 {
            store.write(|| Write::Base { base: Base::of(&acme.company), revision: 0 });
            store.commit(vec![JournalItem::snapshot(&acme.company, 0)]).expect("committed");
        }
        let today = acme.now.day();
        visits.extend(acme.hires(["bob", "cem", "dan"][day]));
        acme.waits(DAY_MS);
        if day < 2 {
            store.commit(visits.drain(..).map(|visited| visited.entry()).collect()).expect("committed");
            store.project();
            for part in store.ask(|past| count_day(past, &company_id("acme"), today)) {
                store.write(|| Write::Day(part.clone()));
            }
        }
    }
    visits.extend(acme.fires("bob"));
    store.commit(visits.iter().map(|visited| visited.entry()).collect()).expect("committed");
    store.project();
    (1..=3).for_each(|number| store.write(|| audit_refused(number, "acme")));
    (store, acme)
}

fn everything(store: &OpenStore) -> Answers {
    store.ask(|past| ask_everything(past, &[&company_id("acme")]))
}

pub fn prepare_cut(store: &OpenStore, company: &Company, until: Time) -> Arc<Cut> {
    Arc::new(store.ask(|past| past.cut(company.id(), until, past.oldest_needed_by_endpoints(company.id())?)))
}

fn a_cut_removes_what_ended_before_and_nothing_else(place: &dyn Place) {
    let (mut store, acme) = three_days(place);
    let id = acme.company.id();
    let until = Time::from_ms(crate::life::START_MS + DAY_MS / 2);
    let cut = prepare_cut(&store, &acme.company, until);
    let counts = |store: &OpenStore| {
        store.ask(|past| {
            let bookings = all(|each| past.bookings_after(id, "", each))?;
            let sessions = all(|each| past.sessions_after(id, "", each))?;
            let messages = all(|each| past.messages_after(id, "", "", each))?;
            Ok(([bookings.len(), sessions.len(), messages.len()], past.days(id, 0, u64::MAX)?.len()))
        })
    };
    assert_eq!(counts(&store), ([9, 6, 12], 2));
    store.write(|| Write::Cut(cut.clone()));
    assert_eq!(counts(&store), ([6, 4, 8], 1), "the first day is gone");
    let kept = store.ask(|past| Ok((past.events_kept(id)?, past.cut_at(id)?, past.first_base(id)?)));
    let (Some((first, last)), Some(cut_at), Some(origin)) = kept else { panic!("{kept:?}") };
    assert_eq!((first, last), (cut.origin.seq(), acme.company.seq()), "the origin's last event stays");
    assert_eq!((cut_at, &origin), (cut.origin.clock(), &cut.origin));
    let read = |store: &OpenStore| store.ask(|past| past.company(id)).0;
    let without_past = |company: Company| company.without_past();
    assert_eq!(without_past(read(&store)), acme.company.without_past());
    let before = everything(&store);
    store.write(|| Write::Cut(cut.clone()));
    before.must_be(&everything(&store));
    drop(store);
    before.must_be(&everything(&place.open()));
}

/// The steps of an erasure up to its decision.
pub fn prepare_erasure(store: &mut OpenStore, company: &Company, erasure: Erasure) -> Preparation {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    store.write(|| Write::Erasure(ErasureStep::Prepare(company.id().clone())));
    let mut preparation = Preparation::new(company.id().clone(), erasure);
    loop {
        let went_on = runtime.block_on(preparation.go_on(&*store.history)).expect("an answer");
        let slice = match went_on {
            (all_ready, None) => return all_ready,
            (more, Some(Write::Erasure(ErasureStep::LayReady(company, ready)))) => {
                preparation = more;
                (company, ready)
            }
            (_, Some(_)) => panic!("a preparation only lays replacements ready"),
        };
        store.write(|| Write::Erasure(ErasureStep::LayReady(slice.0.clone(), slice.1.clone())));
    }
}

pub fn erase(store: &mut OpenStore, company: &Company, erasure: Erasure) {
    let preparation = prepare_erasure(store, company, erasure);
    store.write(|| preparation.begin());
    store.write(|| Write::Erasure(ErasureStep::Place(company.id().clone())));
}

/// The erasure of a client, with an alias that no other person has.
pub fn client(person: &str, alias: &str) -> Erasure {
    Erasure::of_client(person.parse().expect("an id"), alias.parse().expect("an id"))
}

pub fn employee(person: &str, alias: &str) -> Erasure {
    Erasure::of_employee(person.parse().expect("an id"), alias.parse().expect("an id"))
}

/// The questions of which no value is the person's own, so that no answer may have the person.
fn must_not_have(store: &OpenStore, person: &str) {
    let answers = everything(store);
    let found = answers.that_have(person);
    assert!(found.is_empty(), "{person} is in {found:#?}, of {} answers", answers.count());
}

fn an_erased_client_is_in_no_answer(place: &dyn Place) {
    let (mut store, acme) = three_days(place);
    assert!(everything(&store).that_have("carl").len() > 20);
    erase(&mut store, &acme.company, client("carl", "erased-1"));
    must_not_have(&store, "carl");
    let revision = |store: &OpenStore| store.ask(|past| past.revision(&company_id("acme")));
    assert_eq!(revision(&store), 1);
    assert!(everything(&store).that_have("dora").len() > 10 && everything(&store).that_have("erased-1").len() > 10);
    let (company, _) = store.ask(|past| past.company(&company_id("acme")));
    assert_eq!(company.seq(), acme.company.seq(), "the numbers of events stay");
    drop(store);
    let store = place.open();
    must_not_have(&store, "carl");
    assert_eq!(revision(&store), 1);
}

/// A company with a routing, and a session of a client who asked for a skill.
fn a_wish(place: &dyn Place) -> (OpenStore, Life) {
    let (mut store, mut acme) = (place.open(), Life::new("acme"));
    let mut visits = vec![acme.is_founded()];
    visits.extend(acme.hires("ann"));
    visits.extend(acme.is_routed());
    visits.extend(acme.learns("ann", 7));
    visits.extend(acme.consults("carl"));
    visits.extend(acme.codes("done"));
    store.commit(visits.iter().map(|visited| visited.entry()).collect()).expect("committed");
    store.project();
    (store, acme)
}

/// Level of each wish, and the code and open steps, of each booking.
fn wishes(store: &OpenStore) -> Vec<(Vec<u8>, Option<u8>, Option<String>)> {
    let found = store.ask(|past| all(|each| past.bookings_after(&company_id("acme"), "", each)));
    let told = found.into_iter().map(|found| {
        let levels = found.booking.skills.values().map(|level| level.number()).collect();
        let code = found.session.and_then(|session| session.code).map(|code| code.into_owned());
        (levels, found.booking.step, code)
    });
    told.collect()
}

fn an_erased_client_has_no_wishes(place: &dyn Place) {
    let (mut store, mut acme) = a_wish(place);
    let employees = store.ask(|past| all(|each| past.employees(&company_id("acme"), "", each)));
    let known: Vec<_> = employees.iter().map(|row| (row.skills.as_deref(), row.share)).collect();
    assert_eq!(known, [(Some(r#"{"de":7}"#), 7)]);
    let row = store.ask(|past| past.company_row(&company_id("acme"))).expect("a company");
    assert!(row.routing.is_some_and(|routing| routing.contains(r#""codes":["done","again"]"#)));
    assert_eq!(wishes(&store), [(vec![2], Some(1), Some("done".to_owned()))]);
    let again = acme.codes("again").expect("another code");
    store.commit(vec![again.entry()]).expect("committed");
    store.project();
    assert_eq!(wishes(&store), [(vec![2], Some(1), Some("again".to_owned()))]);
    erase(&mut store, &acme.company, client("carl", "erased-1"));
    assert_eq!(wishes(&store), [(vec![], Some(1), Some("again".to_owned()))], "the code is the company's own word");
}

fn a_code_brings_no_session_back(place: &dyn Place) {
    let (mut store, mut acme) = a_wish(place);
    acme.waits(DAY_MS);
    let late = acme.hires("bob");
    store.commit(late.iter().map(|visited| visited.entry()).collect()).expect("committed");
    store.project();
    let cut = prepare_cut(&store, &acme.company, acme.now);
    store.write(|| Write::Cut(cut.clone()));
    assert_eq!(wishes(&store), []);
    let again = acme.codes("again").expect("the company still remembers the session");
    store.commit(vec![again.entry()]).expect("committed");
    store.project();
    assert_eq!(store.ask(|past| all(|each| past.sessions_after(&company_id("acme"), "", each))), []);
}

fn an_erased_employee_is_in_no_answer(place: &dyn Place) {
    let (mut store, mut acme) = three_days(place);
    let fired = acme.fires("ann").expect("an employee");
    store.commit(vec![fired.entry()]).expect("committed");
    store.project();
    erase(&mut store, &acme.company, employee("ann", "erased-2"));
    must_not_have(&store, "\"ann\"");
    must_not_have(&store, "ann is at lunch");
    let days = store.ask(|past| past.employees_with_days(&company_id("acme"), None));
    assert!(days.contains(&"erased-2".to_owned()), "{days:?}");
}

fn an_erasure_that_was_decided_is_finished_by_the_next_start(place: &dyn Place) {
    let (mut store, acme) = three_days(place);
    let preparation = prepare_erasure(&mut store, &acme.company, client("carl", "erased-1"));
    store.write(|| preparation.begin());
    // The server is killed before anything is in place.
    drop(store);
    let store = place.open();
    must_not_have(&store, "carl");
    assert_eq!(store.ask(|past| past.revision(&company_id("acme"))), 1);
}

fn an_erasure_that_was_not_decided_is_given_up_by_the_next_start(place: &dyn Place) {
    let (mut store, acme) = three_days(place);
    let before = everything(&store);
    prepare_erasure(&mut store, &acme.company, client("carl", "erased-1"));
    // Snapshots are not written while an erasure is prepared.
    store.commit(vec![JournalItem::snapshot(&acme.company, 0)]).expect("committed");
    before.must_be(&everything(&store));
    drop(store);
    let mut store = place.open();
    before.must_be(&everything(&store));
    store.write(|| Write::Erasure(ErasureStep::Place(company_id("acme"))));
    before.must_be(&everything(&store));
    erase(&mut store, &acme.company, client("carl", "erased-1"));
    must_not_have(&store, "carl");
}

fn an_erasure_that_is_given_up_leaves_everything_as_it_was(place: &dyn Place) {
    let (mut store, acme) = three_days(place);
    let before = everything(&store);
    let preparation = prepare_erasure(&mut store, &acme.company, client("carl", "erased-1"));
    for _ in 0..2 {
        store.write(|| Write::Erasure(ErasureStep::GiveUp(company_id("acme"))));
    }
    store.write(|| Write::Erasure(ErasureStep::Place(company_id("acme"))));
    before.must_be(&everything(&store));
    store.commit(vec![JournalItem::snapshot(&acme.company, 0)]).expect("committed");
    let seq = store.ask(|past| past.snapshot_at(&company_id("acme")));
    assert_eq!(seq, Some(acme.company.seq()), "snapshots are written again");
    drop(preparation);
}

fn a_cut_from_before_an_erasure_does_nothing(place: &dyn Place) {
    let (mut store, acme) = three_days(place);
    let cut = prepare_cut(&store, &acme.company, acme.now);
    erase(&mut store, &acme.company, client("carl", "erased-1"));
    let before = everything(&store);
    store.write(|| Write::Cut(cut.clone()));
    before.must_be(&everything(&store));
}
