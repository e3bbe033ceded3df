//! A company's removal ends what was for that company, and the next company of the id sees nothing of the previous one.

use switchboard_core::Time;
use switchboard_history::Past;
use switchboard_history::asked::{HistoryFilter, Ids};
use switchboard_history::past::HistoryResult;
use switchboard_journal::Write;
use switchboard_journal::audit::AuditFilter;
use switchboard_journal::endpoint::EndpointWrite;

use crate::life::{Life, company_id};
use crate::questions::all;
use crate::stores::{OpenStore, Place, on_every_store};
use crate::writes::{audit_refused, endpoint, report};

on_every_store! {
    a_removal_ends_keys_and_endpoints_of_the_company_alone
    the_next_company_of_the_id_has_no_past
}

fn commit(store: &mut OpenStore, visits: Vec<crate::life::Visited>) {
    store.commit(visits.iter().map(|visited| visited.entry()).collect()).expect("committed");
    store.project();
}

fn a_removal_ends_keys_and_endpoints_of_the_company_alone(place: &dyn Place) {
    let (mut store, mut acme) = (place.open(), Life::new("acme"));
    let mut visits = vec![acme.is_founded()];
    visits.extend(acme.hires("ann"));
    commit(&mut store, visits);
    let early = Time::from_ms(acme.now.as_ms() - 1);
    for (name, companies) in [("theirs", &["acme"][..]), ("both", &["acme", "bolt"]), ("other", &["bolt"])] {
        place.make_key(name, companies, early);
    }
    for company in ["acme", "bolt"] {
        let id = || company_id(company);
        store.write(|| Write::Endpoint(EndpointWrite::Added(endpoint(company, "hook", 0), 9)));
        store.write(|| Write::Endpoint(EndpointWrite::Reported(id(), "hook".into(), report(1, &[1], &[], &[]))));
    }
    commit(&mut store, vec![acme.ends().expect("it ends")]);
    place.make_key("later", &["acme"], acme.now.plus_ms(1));
    let keys = store.ask(|past| {
        let keys = past.api_keys_in_force()?.into_iter();
        Ok(keys.map(|key| (key.name, key.companies.unwrap_or_default().into_iter().collect())).collect::<Vec<_>>())
    });
    let mut keys: Vec<(String, Vec<String>)> = keys;
    keys.sort();
    let bolt = || vec!["bolt".to_owned()];
    let left =
        [("both".to_owned(), bolt()), ("later".to_owned(), vec!["acme".to_owned()]), ("other".to_owned(), bolt())];
    assert_eq!(keys, left);
    assert_eq!(store.ask(|past| past.endpoints_that_are_on()), [(company_id("bolt"), "hook".to_owned())]);
    assert!(store.ask(|past| past.deliveries(&company_id("acme"), "hook", None, 0, 9)).is_empty());
    let removed_last = acme.company.seq();
    let known = store.ask(|past| {
        let id = company_id("acme");
        Ok((past.is_known(&id)?, past.removed_last(&id)?, past.begins_behind(&id)?, past.companies_that_are_gone()?))
    });
    assert_eq!(known, (false, Some(removed_last), 0, vec![company_id("acme")]));
}

/// The number of the company's bookings, sessions, notes and messages.
fn things(past: &dyn Past) -> HistoryResult<[usize; 5]> {
    let (id, everybody) = (company_id("acme"), HistoryFilter::default());
    let ids = Ids { first: "", before: "g" };
    Ok([
        all(|each| past.bookings(&id, &everybody, ids, 99, each))?.len(),
        all(|each| past.sessions(&id, &everybody, ids, 99, each))?.len(),
        all(|each| past.notes_after(&id, "", each))?.len(),
        all(|each| past.messages_after(&id, "", "", each))?.len(),
        all(|each| past.employees(&id, "", each))?.len(),
    ])
}

fn the_next_company_of_the_id_has_no_past(place: &dyn Place) {
    let (mut store, mut acme) = (place.open(), Life::new("acme"));
    let mut visits = vec![acme.is_founded()];
    visits.extend(acme.hires("ann"));
    visits.extend(acme.consults("carl"));
    commit(&mut store, visits);
    store.write(|| audit_refused(1, "acme"));
    let booking = acme.company.bookings().next().expect("a booking").id;
    assert_eq!(store.ask(things), [1, 1, 1, 2, 1]);
    commit(&mut store, vec![acme.ends().expect("it ends")]);
    assert_eq!(store.ask(things), [1, 1, 1, 2, 0], "seen while no company has the id");
    acme.waits(1_000);
    commit(&mut store, vec![acme.is_founded()]);
    assert_eq!(store.ask(things), [0; 5]);
    let id = company_id("acme");
    assert!(store.ask(|past| past.booking(&id, booking)).is_none());
    assert!(store.ask(|past| past.booking_facts(&id, booking)).is_some(), "old events still name their things");
    assert_eq!(store.ask(|past| past.begins_at(&id)), acme.now);
    assert!(store.ask(|past| past.begins_behind(&id)) > 0);
    let again = store.ask(|past| past.companies_made_again());
    assert_eq!(again.iter().map(|(company, _)| company.clone()).collect::<Vec<_>>(), [id]);
    let entries = |filter: AuditFilter| store.ask(|past| Ok(all(|each| past.audit(&filter, None, 9, each))?.len()));
    let of_key = AuditFilter { companies: Some(r#"["acme"]"#.into()), ..AuditFilter::default() };
    let of_operator = AuditFilter { company: Some("acme".into()), ..AuditFilter::default() };
    assert_eq!((entries(of_key), entries(of_operator)), (0, 1));
}
