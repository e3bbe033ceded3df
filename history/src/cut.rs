//! The preparation of a cut: the new beginning of a company's history, computed before anything is removed.

use std::ops::ControlFlow;

use switchboard_core::id::StoredAsText;
use switchboard_core::{CompanyId, CompanySettings, EmployeeNo, Time};
use switchboard_journal::StoreError;
use switchboard_journal::cut::Cut;

use crate::asked::CompaniesAsked;
use crate::past::{HistoryResult, Past};
use crate::replay;

impl dyn Past + '_ {
    /// The companies with a bound on the age of their history, each with its number of days. Removed companies are
    /// included, because their history ages too.
    pub fn companies_that_forget(&self) -> HistoryResult<Vec<(CompanyId, u32)>> {
        let mut found = Vec::new();
        let all = CompaniesAsked { among: None, prefix: "", after: "", limit: u32::MAX };
        self.companies(all, &mut |row| {
            let settings: CompanySettings = serde_json::from_str(&row.settings).map_err(StoreError::unreadable)?;
            if settings.history_days > 0 {
                found.push((CompanyId::from_stored(&row.id).map_err(StoreError::unreadable)?, settings.history_days));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for id in self.companies_that_are_gone()? {
            let (company, _) = self.company(&id)?;
            if company.settings().history_days > 0 {
                found.push((id, company.settings().history_days));
            }
        }
        Ok(found)
    }

    /// The cut after which everything that ended up to `until` is forgotten. Events from `needed` on are kept, whatever
    /// their age.
    pub fn cut(&self, company: &CompanyId, until: Time, needed: Option<u64>) -> HistoryResult<Cut> {
        let mut origin = replay::state_before(self, company, until)?;
        let mut is_held_back = needed.is_some_and(|needed| origin.seq() >= needed);
        let folded = replay::go_on(self, &mut origin, |before, at, _| {
            is_held_back |= needed.is_some_and(|needed| before.seq() + 1 >= needed);
            if at <= until && !is_held_back { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        match folded {
            Ok(()) => {}
            // The replay went up to its bound, and the next cut goes on from there.
            Err(StoreError::TooFarBack(_)) => is_held_back = true,
            Err(error) => return Err(error),
        }
        let ended_before = if is_held_back { origin.clock() } else { until.plus_ms(1) };
        let origin = origin.without_past();
        let mut numbers = self.numbers_of_nobody(company, origin.seq())?;
        numbers.retain(|(number, _)| origin.employee_no(EmployeeNo(*number)).is_none());
        let revision = self.revision(company)?;
        Ok(Cut { company: company.clone(), origin, ended_before, numbers, revision })
    }
}
