//! Random lives of two companies are written into every store, and all stores give the same answers to all questions.

use std::sync::Arc;

use proptest::prelude::*;
use switchboard_core::{Brand, Command, Intent};
use switchboard_journal::base::Base;
use switchboard_journal::endpoint::{DeliveryReport, Endpoint, EndpointWrite, State};
use switchboard_journal::logos::keep;
use switchboard_journal::picture::{Kind, name_of};
use switchboard_journal::{JournalItem, Wanted, Write};
use switchboard_wire::Off;

use crate::life::{Life, Visited, company_id};
use crate::questions::ask_everything;
use crate::rewrites::{client, employee, erase, prepare_cut, prepare_erasure};
use crate::stores::{InFiles, InMemory, OpenStore, Place};
use crate::writes::{audit_entry, count_day, endpoint, report};

const CLIENTS: [&str; 3] = ["carl", "dora", "erna"];
const EMPLOYEES: [&str; 3] = ["ann", "bob", "cem"];

/// A step of two companies' lives: its kind, the company, and two numbers that mean persons, texts or times.
type Step = (Kinds, bool, u8, u8);

#[derive(Clone, Copy, Debug)]
enum Kinds {
    Waits,
    IsFounded,
    IsRouted,
    Ends,
    Hires,
    Learns,
    Fires,
    Status,
    Books,
    Delivers,
    Accepts,
    Rejects,
    Cancels,
    Says,
    Notes,
    Codes,
    HangsUp,
    Consults,
    Brand,
    Snapshot,
    Base,
    Day,
    Cut,
    EraseClient,
    EraseEmployee,
    PrepareErasure,
    Audit,
    TrimAudit,
    Key,
    Endpoint,
    Report,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kinds = prop_oneof![
        3 => Just(Kinds::Waits), 3 => Just(Kinds::IsFounded), 1 => Just(Kinds::Ends), 4 => Just(Kinds::Hires),
        2 => Just(Kinds::Fires), 2 => Just(Kinds::Status), 8 => Just(Kinds::Books), 3 => Just(Kinds::Delivers),
        6 => Just(Kinds::Accepts), 3 => Just(Kinds::Rejects), 2 => Just(Kinds::Cancels), 4 => Just(Kinds::Says),
        2 => Just(Kinds::IsRouted), 2 => Just(Kinds::Learns), 3 => Just(Kinds::Codes), 2 => Just(Kinds::Notes), 4 => Just(Kinds::HangsUp), 6 => Just(Kinds::Consults), 1 => Just(Kinds::Brand),
        2 => Just(Kinds::Snapshot), 2 => Just(Kinds::Base), 2 => Just(Kinds::Day), 1 => Just(Kinds::Cut),
        1 => Just(Kinds::EraseClient), 1 => Just(Kinds::EraseEmployee), 1 => Just(Kinds::PrepareErasure),
        3 => Just(Kinds::Audit), 1 => Just(Kinds::TrimAudit), 1 => Just(Kinds::Key), 2 => Just(Kinds::Endpoint),
        3 => Just(Kinds::Report), 1 => Just(Kinds::Restart),
    ];
    prop::collection::vec((kinds, any::<bool>(), any::<u8>(), any::<u8>()), 1..120)
}

/// Two companies, and each store that has them.
struct Both {
    lives: [Life; 2],
    places: [(Box<dyn Place>, OpenStore); 2],
    made: u64,
}

impl Both {
    fn new() -> Self {
        let places: [Box<dyn Place>; 2] = [Box::new(InMemory::default()), Box::new(InFiles::default())];
        let places = places.map(|place| {
            let store = place.open();
            (place, store)
        });
        let mut both = Self { lives: [Life::new("acme"), Life::new("bolt")], places, made: 0 };
        for life in 0..2 {
            let founded = both.lives[life].is_founded();
            let hired = both.lives[life].hires("ann");
            both.commit(std::iter::once(founded).chain(hired));
        }
        both
    }

    fn stores(&mut self) -> impl Iterator<Item = &mut OpenStore> {
        self.places.iter_mut().map(|(_, store)| store)
    }

    fn commit(&mut self, visits: impl IntoIterator<Item = Visited>) {
        let visits: Vec<Visited> = visits.into_iter().collect();
        for store in self.stores() {
            store.commit(visits.iter().map(Visited::entry).collect()).expect("committed");
        }
    }

    fn write(&mut self, write: impl Fn() -> Write) {
        self.stores().for_each(|store| store.write(&write));
    }

    fn project(&mut self) {
        self.stores().for_each(OpenStore::project);
    }

    /// Asks every store everything.
    fn must_agree(&mut self) {
        self.project();
        let ids = ["acme", "bolt", "nobody"].map(company_id);
        let ids: Vec<_> = ids.iter().collect();
        let [memory, files] = self.places.each_ref().map(|(_, store)| store.ask(|past| ask_everything(past, &ids)));
        memory.must_be(&files);
    }

    fn life(&mut self, which: bool) -> &mut Life {
        &mut self.lives[usize::from(which)]
    }

    /// The company as a rewritten history has it.
    fn read_again(&mut self, which: bool) {
        let id = self.life(which).company.id().clone();
        let [memory, files] = self.places.each_ref().map(|(_, store)| store.ask(|past| past.company(&id)).0);
        assert_eq!(memory, files);
        self.life(which).company = memory;
    }

    fn takes(&mut self, (kind, which, one, other): Step) {
        let person = |names: [&'static str; 3]| names[usize::from(one) % 3];
        let life = self.life(which);
        let text = format!("text {other}");
        let visited = match kind {
            Kinds::Waits => {
                life.waits(u64::from(one) * u64::from(other) * 4_000);
                life.tries(&Command::Wake)
            }
            Kinds::IsFounded if !life.company.exists() => Some(life.is_founded()),
            Kinds::IsRouted => life.is_routed(),
            Kinds::Ends => life.ends(),
            Kinds::Hires if life.company.exists() => {
                let employee = || person(EMPLOYEES).parse().expect("an id");
                let hired = life.tries(&Command::set_employee(employee(), text.into(), vec![]));
                let there = life.tries(&Command::EmployeeConnected { employee: employee() });
                let intent = Intent::Idle;
                let idle = life.tries(&Command::set_status(employee(), intent, false));
                return self.commit([hired, there, idle].into_iter().flatten());
            }
            Kinds::Learns => life.learns(person(EMPLOYEES), 1 + other % 10),
            Kinds::Fires => life.fires(person(EMPLOYEES)),
            Kinds::Status => {
                let intent = if other % 2 == 0 { Intent::Idle } else { Intent::Offline };
                let employee = person(EMPLOYEES).parse().expect("an id");
                life.tries(&Command::set_status(employee, intent, true))
            }
            Kinds::Books => life.books(person(CLIENTS)),
            Kinds::Delivers => life.delivers(),
            Kinds::Accepts => life.accepts(),
            Kinds::Rejects => life.rejects(),
            Kinds::Cancels => life.cancels(),
            Kinds::Says => life.says(one % 2 == 0, &text),
            Kinds::Notes => life.notes(&text),
            Kinds::Codes => life.codes(if one % 2 == 0 { "done" } else { "again" }),
            Kinds::HangsUp => life.hangs_up(one % 2 == 0),
            Kinds::Consults => {
                let visits = life.consults(person(CLIENTS));
                return self.commit(visits);
            }
            _ => return self.writes(kind, which, one, other),
        };
        self.commit(visited);
    }

    fn writes(&mut self, kind: Kinds, which: bool, one: u8, other: u8) {
        self.project();
        self.made += 1;
        match kind {
            Kinds::Snapshot | Kinds::Base | Kinds::Day => self.keeps(kind, which),
            Kinds::Cut | Kinds::EraseClient | Kinds::EraseEmployee | Kinds::PrepareErasure => {
                if self.life(which).company.seq() > 0 {
                    self.rewrites(kind, which, one);
                    self.read_again(which);
                }
            }
            Kinds::Brand if self.life(which).company.exists() => self.shows(which, one),
            Kinds::Endpoint | Kinds::Report => self.brings(kind, which, one, other),
            Kinds::Restart => self.restarts(),
            _ => self.audits(kind, which, one, other),
        }
    }

    /// Writes a state of the company, or the counts of its day.
    fn keeps(&mut self, kind: Kinds, which: bool) {
        let company = self.life(which).company.clone();
        let (id, day) = (company.id(), self.life(which).now.day());
        let first = &self.places[0].1;
        let revision = first.ask(|past| past.revision(id));
        match kind {
            Kinds::Snapshot => {
                for store in self.stores() {
                    store.commit(vec![JournalItem::snapshot(&company, revision)]).expect("committed");
                }
            }
            Kinds::Base if company.seq() > 0 => {
                let base = Base::of(&company);
                self.write(|| Write::Base { base: base.clone(), revision });
            }
            Kinds::Day if !first.ask(|past| past.is_day_kept(id, day)) => {
                for part in first.ask(|past| count_day(past, id, day)) {
                    self.write(|| Write::Day(part.clone()));
                }
            }
            _ => {}
        }
    }

    fn rewrites(&mut self, kind: Kinds, which: bool, one: u8) {
        let company = self.life(which).company.clone();
        if matches!(kind, Kinds::Cut) {
            let until = self.life(which).now.plus_ms(u64::from(one) * 1_000);
            let cut = prepare_cut(&self.places[0].1, &company, until);
            return self.write(|| Write::Cut(cut.clone()));
        }
        let (person, alias) = (usize::from(one) % 3, format!("erased-{}", self.made));
        let erasure = || match kind {
            Kinds::EraseEmployee => employee(EMPLOYEES[person], &alias),
            _ => client(CLIENTS[person], &alias),
        };
        for store in self.stores() {
            if matches!(kind, Kinds::PrepareErasure) {
                prepare_erasure(store, &company, erasure());
            } else {
                erase(store, &company, erasure());
            }
        }
    }

    /// Gives the company another logo.
    fn shows(&mut self, which: bool, one: u8) {
        let life = self.life(which);
        let (id, now) = (life.company.id().clone(), life.company.brand().logo.clone());
        let logo = name_of(&[one]).expect("a name");
        self.write(|| keep(id.clone(), logo.clone(), Kind::Png, vec![one], now.clone()));
        let brand = Brand { logo: Some(logo), colour: None };
        let set = self.life(which).tries(&Command::SetBrand { brand });
        self.commit(set);
    }

    /// Changes an endpoint, or its deliveries.
    fn brings(&mut self, kind: Kinds, which: bool, one: u8, other: u8) {
        let (id, hook) = (self.life(which).company.id().clone(), format!("hook-{}", one % 3));
        if matches!(kind, Kinds::Endpoint) {
            return self.write(|| {
                Write::Endpoint(match other % 4 {
                    0 => EndpointWrite::Removed(id.clone(), hook.clone()),
                    1 => EndpointWrite::Set(Endpoint {
                        url: format!("https://example.com/{one}"),
                        description: format!("for {one}"),
                        wanted: Wanted::default(),
                        state: if one < 64 { State::Off(Off::Set) } else { State::On },
                        ..endpoint(id.as_str(), &hook, 0)
                    }),
                    _ => EndpointWrite::Added(endpoint(id.as_str(), &hook, u64::from(one)), 2),
                })
            });
        }
        let seq = u64::from(other % 8);
        let off = (one > 200).then_some(Off::Gone);
        let report = DeliveryReport { off, ..report(u64::from(other), &[seq], &[seq + 1], &[seq + 2]) };
        self.write(|| Write::Endpoint(EndpointWrite::Reported(id.clone(), hook.clone(), report.clone())));
    }

    fn audits(&mut self, kind: Kinds, which: bool, one: u8, other: u8) {
        let (id, now, made) = (self.life(which).company.id().clone(), self.life(which).now, self.made);
        match kind {
            Kinds::Audit => {
                let entry = Arc::new(audit_entry(u64::from(one % 16), id.as_str()));
                self.write(|| Write::AuditBegins(entry.clone()));
                if other < 128 {
                    self.write(|| Write::AuditEnds(entry.clone(), 200 + u16::from(other)));
                }
            }
            Kinds::TrimAudit => self.write(|| Write::AuditTrimmed(1 + i64::from(one % 7))),
            Kinds::Key => {
                let companies = if other < 128 { vec!["acme", "bolt"] } else { vec![id.as_str()] };
                self.places.iter().for_each(|(place, _)| place.make_key(&format!("key-{made}"), &companies, now));
            }
            _ => {}
        }
    }

    fn restarts(&mut self) {
        for (place, store) in &mut self.places {
            // The writer must be gone before the next one starts.
            drop(std::mem::replace(store, InMemory::default().open()));
            *store = place.open();
        }
        self.must_agree();
    }
}

/// Random lives without `PROPTEST_CASES`; each takes half a second.
const CASES: u32 = 24;

fn cases() -> u32 {
    if std::env::var("PROPTEST_CASES").is_ok() { ProptestConfig::default().cases } else { CASES }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_stores_give_the_same_answers(steps in steps()) {
        let mut both = Both::new();
        for step in steps {
            both.takes(step);
        }
        both.must_agree();
    }
}
