//! Kept counts of whole days.

use std::collections::BTreeSet;

use switchboard_core::CompanyId;
use switchboard_history::past::{Days, HistoryResult};
use switchboard_journal::day::Day;

use crate::tables::MemoryTables;

impl MemoryTables {
    /// The employees' days, ordered by employee and day.
    fn days_of_employees(&self, company: &CompanyId) -> impl Iterator<Item = (&str, Day, &str)> {
        let days = self.company(company).into_iter().flat_map(|company| &company.days_of_employees);
        days.map(|((employee, day), work)| (employee.as_str(), *day, work.as_str()))
    }
}

impl Days for MemoryTables {
    fn days(&self, company: &CompanyId, first: Day, end: Day) -> HistoryResult<Vec<Day>> {
        let days = self.company(company).into_iter().flat_map(|company| company.days.keys().copied());
        Ok(days.filter(|day| (first..end).contains(day)).collect())
    }

    fn day(&self, company: &CompanyId, day: Day) -> HistoryResult<Option<(String, String)>> {
        Ok(self.company(company).and_then(|company| company.days.get(&day).cloned()))
    }

    fn is_day_kept(&self, company: &CompanyId, day: Day) -> HistoryResult<bool> {
        Ok(self.company(company).is_some_and(|company| company.days.contains_key(&day)))
    }

    fn days_of_employee(
        &self,
        company: &CompanyId,
        employee: &str,
        (first, last): (Day, Day),
        each: &mut dyn FnMut(Day, &str) -> HistoryResult<()>,
    ) -> HistoryResult<()> {
        let mut theirs = self.days_of_employees(company).filter(|(of, ..)| *of == employee);
        theirs.try_for_each(|(_, day, work)| if (first..=last).contains(&day) { each(day, work) } else { Ok(()) })
    }

    fn employees_of_day(&self, company: &CompanyId, day: Day) -> HistoryResult<Vec<(String, String)>> {
        let of_day = self.days_of_employees(company).filter(|(_, kept, _)| *kept == day);
        Ok(of_day.map(|(employee, _, work)| (employee.to_owned(), work.to_owned())).collect())
    }

    fn employees_with_days(&self, company: &CompanyId, after: Option<&str>) -> HistoryResult<Vec<String>> {
        let employees: BTreeSet<&str> = self.days_of_employees(company).map(|(employee, ..)| employee).collect();
        Ok(employees.into_iter().filter(|id| *id > after.unwrap_or_default()).map(str::to_owned).collect())
    }
}
