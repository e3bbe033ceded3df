//! The comparison of the tables with the events, as `switchboard check` compares them in SQLite.

use switchboard_core::{Company, Event};
use switchboard_journal::Entry;
use switchboard_wire::view::json;

use crate::MemoryStore;
use crate::tables::{CompanyTables, MemoryTables};

impl MemoryStore {
    /// Folds the events of each company again, and compares the rows and the snapshot with the result. The history must
    /// not have been rewritten.
    ///
    /// # Panics
    /// When a row or a snapshot differs.
    pub fn check(&self) {
        for (id, stored) in &self.now().companies {
            let (mut company, mut anew) = (Company::new(id.clone()), MemoryTables::default());
            for (seq, row) in &stored.events {
                let event: Event = serde_json::from_str(&row.data).expect("an event can be read");
                company.apply(row.at, &event);
                anew.project(&Entry::untold(&company, row.at, vec![event]));
                if let Some((_, data)) = stored.snapshot.as_ref().filter(|(at, _)| at == seq) {
                    assert!(*data == json(&company), "the snapshot differs from the events: {data}");
                }
            }
            let anew = anew.company(id).cloned().unwrap_or_default();
            assert!(has_same_rows(stored, &anew), "the tables are not what the events make: {stored:?} {anew:?}");
        }
    }
}

fn has_same_rows(one: &CompanyTables, other: &CompanyTables) -> bool {
    let people = (&one.row, &one.employees, &one.numbers) == (&other.row, &other.employees, &other.numbers);
    let bookings = (&one.bookings, &one.offers) == (&other.bookings, &other.offers);
    let sessions = (&one.sessions, &one.notes, &one.messages) == (&other.sessions, &other.notes, &other.messages);
    people && bookings && sessions
}
