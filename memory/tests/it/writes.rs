//! Data beside the companies' events: the audit list, API keys, endpoints with their deliveries, logos and days.

use std::collections::HashMap;
use std::sync::Arc;

use switchboard_core::{Brand, Command, CompanyId, LogoId, Time};
use switchboard_history::Past;
use switchboard_history::days::DayCounts;
use switchboard_history::past::{AuditRow, HistoryResult};
use switchboard_journal::audit::{AuditEntry, AuditFilter};
use switchboard_journal::base::Base;
use switchboard_journal::endpoint::{DeliveryReport, Endpoint, EndpointWrite, Progress, QueuedDelivery, State};
use switchboard_journal::logos::{keep, tidy};
use switchboard_journal::picture::{Kind, name_of};
use switchboard_journal::{JournalItem, Wanted, Write};
use switchboard_wire::{Off, Secret};

use crate::life::{Life, START_MS, company_id};
use crate::questions::all;
use crate::stores::{OpenStore, Place, on_every_store};

on_every_store! {
    an_audit_entry_is_written_once_and_gets_its_status
    the_newest_audit_entries_are_kept
    the_last_use_of_a_key_is_kept
    an_endpoint_goes_on_where_its_deliveries_ended
    a_company_has_no_more_endpoints_than_it_may
    an_endpoint_that_is_turned_on_again_counts_failures_anew
    a_rotated_secret_stays_valid_for_a_while
    a_picture_stays_while_it_is_shown
    a_day_is_kept_once_all_of_its_parts_are
    a_base_is_found_by_its_moment
    data_of_another_revision_is_not_written
}

pub fn audit_entry(number: u64, company: &str) -> AuditEntry {
    AuditEntry {
        id: uuid::Uuid::from_u128(u128::from(number)),
        at: Time::from_ms(START_MS + number),
        key_id: Some(format!("id-{number}")),
        key_name: if number.is_multiple_of(2) { "backend" } else { "settings" }.into(),
        company: Some(company.to_owned()),
        method: "PUT".into(),
        route: "/v1/companies/{company}/clients/{client}".into(),
        target: format!("/v1/companies/{company}/clients/carl"),
        request_id: format!("request-{number}-of-carl"),
        address: Some("127.0.0.1".into()),
    }
}

pub fn audit_refused(number: u64, company: &str) -> Write {
    Write::AuditRefused(audit_entry(number, company), 404)
}

fn audit_rows(store: &OpenStore) -> Vec<AuditRow> {
    store.ask(|past| all(|each| past.audit(&AuditFilter::default(), None, u32::MAX, each)))
}

fn statuses(store: &OpenStore) -> Vec<Option<u16>> {
    audit_rows(store).iter().map(|row| row.status).collect()
}

fn an_audit_entry_is_written_once_and_gets_its_status(place: &dyn Place) {
    let mut store = place.open();
    let begun = |number| Arc::new(audit_entry(number, "acme"));
    for _ in 0..2 {
        store.write(|| Write::AuditBegins(begun(1)));
    }
    assert_eq!(statuses(&store), [None]);
    store.write(|| Write::AuditEnds(begun(1), 201));
    store.write(|| Write::AuditEnds(begun(3), 204));
    store.write(|| audit_refused(2, "acme"));
    assert_eq!(statuses(&store), [Some(404), Some(201)], "the newest first, and none that was not begun");
}

fn the_newest_audit_entries_are_kept(place: &dyn Place) {
    let mut store = place.open();
    store.write(|| Write::AuditTrimmed(3));
    (1..=5).for_each(|number| store.write(|| audit_refused(number, "acme")));
    let numbers = |store: &OpenStore| audit_rows(store).iter().map(|row| row.number).collect::<Vec<_>>();
    let before = numbers(&store);
    store.write(|| Write::AuditTrimmed(3));
    assert_eq!(numbers(&store), before[..3]);
    store.write(|| audit_refused(6, "acme"));
    assert!(numbers(&store)[0] > before[0], "numbers only grow");
}

fn the_last_use_of_a_key_is_kept(place: &dyn Place) {
    let mut store = place.open();
    place.make_key("one", &["acme"], Time::from_ms(5));
    let used = || HashMap::from([("id-of-one".to_owned(), Time::from_ms(77)), ("nobody".to_owned(), Time::from_ms(9))]);
    store.write(|| Write::KeysUsed(used()));
    let last_used =
        store.ask(|past| Ok(past.api_keys()?.iter().map(|key| key.key.last_used_at_ms).collect::<Vec<_>>()));
    assert_eq!(last_used, [Some(77)]);
    assert_eq!(store.ask(|past| Ok(past.api_keys_in_force()?.len())), 1);
}

pub fn endpoint(company: &str, id: &str, cursor: u64) -> Endpoint {
    Endpoint {
        company: company_id(company),
        id: id.to_owned(),
        url: "https://example.com/".to_owned(),
        description: "for bills".to_owned(),
        wanted: Wanted::read(["booking.opened"]).expect("a type"),
        state: State::On,
        secret: Secret::new("whsec_AAAA".to_owned()),
        old_secret: None,
        cursor,
        failing_since: None,
        last_error: None,
        created_at: Time::from_ms(START_MS),
    }
}

fn added(store: &mut OpenStore, id: &str, cursor: u64, at_most: usize) {
    store.write(|| Write::Endpoint(EndpointWrite::Added(endpoint("acme", id, cursor), at_most)));
}

pub fn report(cursor: u64, waiting: &[u64], dead: &[u64], brought: &[u64]) -> DeliveryReport {
    let row = |seq: &u64| QueuedDelivery {
        seq: *seq,
        lane: "a".to_owned(),
        attempts: 1,
        due: Time::from_ms(9),
        error: Some("no".to_owned()),
    };
    let rows = |seqs: &[u64]| seqs.iter().map(row).collect();
    let progress = Progress { cursor, waiting: rows(waiting), dead: rows(dead), brought: brought.to_vec() };
    DeliveryReport { progress, ..DeliveryReport::default() }
}

fn reported(store: &mut OpenStore, id: &str, report: &DeliveryReport) {
    store.write(|| Write::Endpoint(EndpointWrite::Reported(company_id("acme"), id.to_owned(), report.clone())));
}

fn found(store: &OpenStore, id: &str) -> Endpoint {
    store.ask(|past| past.endpoint(&company_id("acme"), id)).expect("it is there")
}

fn an_endpoint_goes_on_where_its_deliveries_ended(place: &dyn Place) {
    let mut store = place.open();
    added(&mut store, "one", 3, 9);
    added(&mut store, "two", 9, 9);
    reported(&mut store, "one", &report(7, &[4, 5], &[6, 8], &[]));
    reported(&mut store, "one", &report(5, &[5], &[], &[4]));
    reported(&mut store, "three", &report(5, &[5], &[], &[]));
    drop(store);
    let mut store = place.open();
    let one = found(&store, "one");
    assert_eq!(one.cursor, 7, "the position never goes back");
    let (waiting, dead) = store.ask(|past| past.queue(&one));
    assert_eq!((waiting.iter().map(|row| row.seq).collect::<Vec<_>>(), dead), (vec![5], vec![8]));
    assert_eq!(store.ask(|past| past.deliveries_counted(&one)), (1, 2));
    let needed = |store: &OpenStore| store.ask(|past| past.oldest_needed_by_endpoints(&company_id("acme")));
    assert_eq!(needed(&store), Some(5), "a dead letter is not waited for");
    store.write(|| Write::Endpoint(EndpointWrite::BroughtAgain(company_id("acme"), "one".into(), 6, Time::from_ms(1))));
    let again = store.ask(|past| past.deliveries(&company_id("acme"), "one", Some("pending"), 5, 9));
    assert_eq!((again[0].seq, again[0].attempts, again[0].due), (6, 0, Time::from_ms(1)));
    store.write(|| Write::Endpoint(EndpointWrite::Removed(company_id("acme"), "one".into())));
    reported(&mut store, "one", &report(9, &[9], &[], &[]));
    assert_eq!(needed(&store), Some(10), "the other endpoint is left");
    assert!(store.ask(|past| past.deliveries(&company_id("acme"), "one", None, 0, 9)).is_empty());
}

fn a_company_has_no_more_endpoints_than_it_may(place: &dyn Place) {
    let mut store = place.open();
    for id in ["one", "two", "three"] {
        added(&mut store, id, 0, 2);
    }
    added(&mut store, "one", 77, 9);
    let ids: Vec<(CompanyId, String)> = store.ask(|past| past.endpoints_that_are_on());
    assert_eq!(ids.len(), 2);
    assert_eq!(found(&store, "one").cursor, 0, "an endpoint is made once");
}

fn an_endpoint_that_is_turned_on_again_counts_failures_anew(place: &dyn Place) {
    let mut store = place.open();
    added(&mut store, "one", 0, 9);
    let failing = DeliveryReport {
        failing_since: Some(Time::from_ms(5)),
        last_error: Some("no route".into()),
        off: Some(Off::Failing),
        ..report(1, &[1], &[], &[])
    };
    reported(&mut store, "one", &failing);
    assert_eq!(found(&store, "one").state, State::Off(Off::Failing));
    assert_eq!(store.ask(|past| past.oldest_needed_by_endpoints(&company_id("acme"))), None);
    reported(&mut store, "one", &DeliveryReport { off: Some(Off::Gone), ..failing.clone() });
    assert_eq!(found(&store, "one").state, State::Off(Off::Failing), "the first reason stays");
    let set = |store: &mut OpenStore, state| {
        store.write(|| Write::Endpoint(EndpointWrite::Set(Endpoint { state, ..endpoint("acme", "one", 55) })));
    };
    set(&mut store, State::Off(Off::Set));
    assert_eq!(found(&store, "one").failing_since, Some(Time::from_ms(5)), "it was off before");
    set(&mut store, State::On);
    let one = found(&store, "one");
    assert_eq!((one.state, one.failing_since, one.cursor), (State::On, None, 1));
}

fn a_rotated_secret_stays_valid_for_a_while(place: &dyn Place) {
    let mut store = place.open();
    added(&mut store, "one", 0, 9);
    let (until, new) = (Time::from_ms(100), || Secret::new("whsec_BBBB".to_owned()));
    let rotated = || EndpointWrite::SecretRotated(company_id("acme"), "one".into(), new(), until);
    store.write(|| Write::Endpoint(rotated()));
    let one = found(&store, "one");
    let at = |ms| one.secrets(Time::from_ms(ms)).map(Secret::expose).collect::<Vec<_>>();
    assert_eq!((at(99), at(100)), (vec!["whsec_BBBB", "whsec_AAAA"], vec!["whsec_BBBB"]));
}

fn a_picture_stays_while_it_is_shown(place: &dyn Place) {
    let mut store = place.open();
    let mut acme = Life::new("acme");
    let [one, two, three] = [b"1", b"2", b"3"].map(|bytes| name_of(bytes).expect("a name"));
    let bytes = |logo: &LogoId, store: &OpenStore| store.ask(|past| past.logo(&company_id("acme"), logo));
    let kept = |logo: &LogoId, now: Option<&LogoId>| {
        keep(company_id("acme"), logo.clone(), Kind::Png, logo.as_str().as_bytes().to_vec(), now.cloned())
    };
    store.commit(vec![acme.is_founded().entry()]).expect("committed");
    store.write(|| kept(&one, None));
    let brand = Brand { logo: Some(one.clone()), ..Brand::default() };
    store.commit(vec![acme.does(&Command::SetBrand { brand }).entry()]).expect("committed");
    store.write(|| kept(&two, Some(&one)));
    assert!(bytes(&one, &store).is_some() && bytes(&two, &store).is_some(), "the current, and the one to come");
    store.write(|| kept(&three, Some(&one)));
    assert!(bytes(&two, &store).is_none());
    assert_eq!(bytes(&three, &store), Some((Kind::Png, three.as_str().as_bytes().to_vec())));
    drop(store);
    let mut store = place.open();
    assert!(bytes(&one, &store).is_some() && bytes(&three, &store).is_none(), "no event names it");
    store.write(|| tidy(company_id("acme"), None));
    assert!(bytes(&one, &store).is_none());
}

/// Counts a day as the server does.
pub fn count_day(
    past: &dyn Past,
    company: &CompanyId,
    day: u64,
) -> HistoryResult<Vec<switchboard_journal::day::DayPart>> {
    Ok(DayCounts::read(past, company, day)?.parts(company, day, past.revision(company)?))
}

/// A store with consultations of two employees.
fn with_consultations(place: &dyn Place) -> (OpenStore, Life) {
    let (mut store, mut acme) = (place.open(), Life::new("acme"));
    let mut visits = vec![acme.is_founded()];
    visits.extend(acme.hires("ann"));
    visits.extend(acme.consults("carl"));
    visits.extend(acme.hires("bob"));
    visits.extend(acme.consults("carl"));
    visits.extend(acme.consults("dora"));
    store.commit(visits.iter().map(|visited| visited.entry()).collect()).expect("committed");
    store.project();
    (store, acme)
}

fn a_day_is_kept_once_all_of_its_parts_are(place: &dyn Place) {
    let (mut store, acme) = with_consultations(place);
    let (id, day) = (acme.company.id(), acme.now.day());
    let whole = store.ask(|past| count_day(past, id, day));
    let [part] = &whole[..] else { panic!("a small company has one part") };
    assert_eq!(part.each.len(), 2, "two employees worked");
    let half = |each: &[(String, String)], is_first, all| {
        let part = part.clone();
        let each = each.to_vec();
        Write::Day(switchboard_journal::day::DayPart { each, is_first, all, ..part })
    };
    let is_kept = |store: &OpenStore| store.ask(|past| past.is_day_kept(id, day));
    // The first half is lost, and the last one comes twice.
    store.write(|| half(&part.each[1..], false, Some(2)));
    assert!(!is_kept(&store));
    store.write(|| half(&part.each[..1], true, None));
    assert!(!is_kept(&store));
    store.write(|| half(&part.each[1..], false, Some(2)));
    assert!(is_kept(&store));
    assert_eq!(store.ask(|past| past.employees_with_days(id, None)), ["ann", "bob"]);
    assert_eq!(store.ask(|past| past.day(id, day)), Some((part.bookings.to_string(), part.work.to_string())));
}

fn a_base_is_found_by_its_moment(place: &dyn Place) {
    let (mut store, mut acme) = with_consultations(place);
    let id = acme.company.id().clone();
    let (early, at) = (Base::of(&acme.company), acme.company.clock());
    acme.waits(60_000);
    let visits = acme.consults("erna");
    store.commit(visits.iter().map(|visited| visited.entry()).collect()).expect("committed");
    let late = Base::of(&acme.company);
    for base in [&late, &early, &early] {
        store.write(|| Write::Base { base: base.clone(), revision: 0 });
    }
    let seq_at =
        |after: u64, moment: Time| store.ask(|past| past.base_between(&id, after, moment)).map(|company| company.seq());
    assert_eq!(seq_at(0, at), None, "a base of that moment has events of that moment");
    assert_eq!(seq_at(0, at.plus_ms(1)), Some(early.seq));
    assert_eq!(seq_at(early.seq, at.plus_ms(1)), None, "it does not lie behind that event");
    assert_eq!(seq_at(early.seq, late.at.plus_ms(1)), Some(late.seq));
    let kept = store.ask(|past| Ok((past.bases(&id)?.len(), past.last_base(&id)?, past.cut_at(&id)?)));
    assert_eq!(kept, (2, Some(late.seq), None));
    assert!(store.ask(|past| past.is_base(&id, early.seq, &early.data)));
}

fn data_of_another_revision_is_not_written(place: &dyn Place) {
    let (mut store, acme) = with_consultations(place);
    let (id, day) = (acme.company.id(), acme.now.day());
    let part = store.ask(|past| count_day(past, id, day)).remove(0);
    let base = Base::of(&acme.company);
    store.commit(vec![JournalItem::snapshot(&acme.company, 1)]).expect("committed");
    store.write(|| Write::Base { base: base.clone(), revision: 1 });
    store.write(|| Write::Day(switchboard_journal::day::DayPart { revision: 1, ..part.clone() }));
    let has_none = store.ask(|past| {
        Ok(past.snapshot_at(id)?.is_none() && past.last_base(id)?.is_none() && !past.is_day_kept(id, day)?)
    });
    assert!(has_none);
}
