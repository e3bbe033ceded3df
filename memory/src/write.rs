//! Writes beside the companies' events.

use switchboard_core::{CompanyId, LogoId, Time};
use switchboard_history::days::begin_of;
use switchboard_history::past::AuditRow;
use switchboard_journal::api_key::DatedKey;
use switchboard_journal::audit::AuditEntry;
use switchboard_journal::base::Base;
use switchboard_journal::day::DayPart;
use switchboard_journal::endpoint::{DeliveryReport, EndpointWrite, QueuedDelivery, State};
use switchboard_journal::logos::Logos;
use switchboard_journal::{Write, Written};

use crate::tables::{CompanyTables, DeliveryRow, MemoryTables};

impl MemoryTables {
    /// Executes a write beside the events.
    pub(crate) fn write(&mut self, write: &Write) -> Written {
        match write {
            Write::AuditBegins(entry) => self.add_audit_entry(entry, None),
            Write::AuditRefused(entry, status) => self.add_audit_entry(entry, Some(*status)),
            Write::AuditEnds(entry, status) => {
                if let Some(row) = self.audit.values_mut().find(|row| row.entry.id == entry.id) {
                    row.status = Some(*status);
                }
            }
            Write::AuditTrimmed(rows) => {
                let last = self.audit.keys().next_back().copied().unwrap_or(0);
                self.audit.retain(|number, _| *number > last - rows);
            }
            Write::KeysUsed(used) => {
                for key in self.keys.iter_mut().map(|dated| &mut dated.key) {
                    if let Some(at) = key.id.as_ref().and_then(|id| used.get(id)) {
                        key.last_used_at_ms = Some(at.as_ms());
                    }
                }
            }
            Write::Endpoint(write) => self.write_endpoint(write),
            Write::Logos(logos) => self.write_logos(logos),
            Write::Base { base, revision } => {
                let company = self.company_mut(&base.company);
                if company.rewriting.is_as_read(*revision) {
                    company.put_base(base);
                }
            }
            Write::Day(part) => self.company_mut(&part.company).put_day(part),
            Write::Erasure(step) => self.erase(step),
            Write::Cut(cut) => self.company_mut(&cut.company).cut(cut),
        }
        Written::Done
    }

    pub(crate) fn add_key(&mut self, key: DatedKey) {
        self.keys.push(key);
        self.keys.sort_by(|one, other| (one.created_at_ms, &one.key.id).cmp(&(other.created_at_ms, &other.key.id)));
    }

    pub(crate) fn write_snapshot(&mut self, company: &CompanyId, seq: u64, data: &str, revision: u64) {
        let company = self.company_mut(company);
        if company.rewriting.is_as_read(revision) {
            company.snapshot = Some((seq, data.to_owned()));
        }
    }

    fn add_audit_entry(&mut self, entry: &AuditEntry, status: Option<u16>) {
        if self.audit.values().all(|row| row.entry.id != entry.id) {
            let number = self.audit.keys().next_back().map_or(1, |last| last + 1);
            self.audit.insert(number, AuditRow { number, entry: entry.clone(), status });
        }
    }

    fn write_logos(&mut self, Logos { company, new, now }: &Logos) {
        let logos = &mut self.company_mut(company).logos;
        let is_kept = |logo: &LogoId| new.as_ref().is_some_and(|(new, ..)| new == logo) || now.as_ref() == Some(logo);
        logos.retain(|logo, _| is_kept(logo));
        if let Some((logo, kind, data)) = new {
            logos.insert(logo.clone(), (*kind, data.clone()));
        }
    }

    /// Deletes pictures that no company shows.
    pub(crate) fn forget_unknown_logos(&mut self) {
        for company in self.companies.values_mut() {
            let shown = company.row.as_ref().and_then(|row| row.logo.as_deref());
            company.logos.retain(|logo, _| Some(logo.as_str()) == shown);
        }
    }

    fn write_endpoint(&mut self, write: &EndpointWrite) {
        match write {
            EndpointWrite::Added(endpoint, at_most) => {
                let endpoints = &mut self.company_mut(&endpoint.company).endpoints;
                if endpoints.len() < *at_most {
                    endpoints.entry(endpoint.id.clone()).or_insert_with(|| endpoint.clone());
                }
            }
            EndpointWrite::Set(set) => {
                if let Some(endpoint) = self.company_mut(&set.company).endpoints.get_mut(&set.id) {
                    if endpoint.state.word() != set.state.word() {
                        endpoint.failing_since = None;
                    }
                    endpoint.state = set.state;
                    endpoint.url.clone_from(&set.url);
                    endpoint.description.clone_from(&set.description);
                    endpoint.wanted = set.wanted.clone();
                }
            }
            EndpointWrite::SecretRotated(company, id, secret, old_until) => {
                if let Some(endpoint) = self.company_mut(company).endpoints.get_mut(id) {
                    let old = std::mem::replace(&mut endpoint.secret, secret.clone());
                    endpoint.old_secret = Some((old, *old_until));
                }
            }
            EndpointWrite::Removed(company, id) => {
                let company = self.company_mut(company);
                company.endpoints.remove(id);
                company.deliveries.retain(|(endpoint, _), _| endpoint != id);
            }
            EndpointWrite::BroughtAgain(company, id, seq, now) => {
                if let Some(row) = self.company_mut(company).deliveries.get_mut(&(id.clone(), *seq)) {
                    row.is_dead = false;
                    row.delivery.attempts = 0;
                    row.delivery.due = *now;
                }
            }
            EndpointWrite::Reported(company, id, report) => self.company_mut(company).report(id, report),
        }
    }
}

impl CompanyTables {
    pub(crate) fn put_base(&mut self, base: &Base) {
        self.bases.insert(base.seq, (base.at, base.data.clone()));
    }

    /// The time of the earliest base, if events before it were removed.
    pub(crate) fn cut_at(&self) -> Option<Time> {
        self.first_seq().filter(|first| *first > 1)?;
        self.bases.values().next().map(|(at, _)| *at)
    }

    fn put_day(&mut self, part: &DayPart) {
        let DayPart { day, revision, is_first, all, bookings, work, each, .. } = part;
        if !self.rewriting.is_as_read(*revision) || self.cut_at().is_some_and(|at| begin_of(*day) <= at) {
            return;
        }
        if *is_first {
            // An earlier try may have left rows.
            self.days_of_employees.retain(|(_, kept), _| kept != day);
        }
        for (employee, work) in each {
            self.days_of_employees.insert((employee.clone(), *day), work.clone());
        }
        let employees = self.days_of_employees.keys().filter(|(_, kept)| kept == day).count();
        if *all == Some(employees) {
            self.days.insert(*day, (bookings.to_string(), work.to_string()));
        }
    }

    fn report(&mut self, id: &str, report: &DeliveryReport) {
        let DeliveryReport { progress, failing_since, last_error, off } = report;
        let Some(endpoint) = self.endpoints.get_mut(id) else { return };
        endpoint.cursor = endpoint.cursor.max(progress.cursor);
        endpoint.failing_since = *failing_since;
        endpoint.last_error.clone_from(last_error);
        if let (State::On, Some(off)) = (endpoint.state, off) {
            endpoint.state = State::Off(*off);
        }
        for seq in &progress.brought {
            self.deliveries.remove(&(id.to_owned(), *seq));
        }
        for (rows, is_dead) in [(&progress.waiting, false), (&progress.dead, true)] {
            for new in rows {
                let place = self.deliveries.entry((id.to_owned(), new.seq));
                let row = place.or_insert_with(|| DeliveryRow { delivery: new.clone(), is_dead });
                // A known delivery keeps its lane.
                let lane = std::mem::take(&mut row.delivery.lane);
                *row = DeliveryRow { delivery: QueuedDelivery { lane, ..new.clone() }, is_dead };
            }
        }
    }
}
