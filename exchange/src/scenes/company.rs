//! The companies of the scenes, as the disk has them at the start.

use switchboard_core::{ClientId, Command, Company, CompanyId, CompanySettings, EmployeeId, Intent, Time};
use switchboard_journal::{Entry, JournalItem};

/// The time at which every scene starts.
pub const START: Time = Time::from_ms(1_000_000);

pub fn id(company: &str) -> CompanyId {
    company.parse().expect("an id")
}

pub fn ann() -> EmployeeId {
    "ann".parse().expect("an id")
}

pub fn carl() -> ClientId {
    "carl".parse().expect("an id")
}

pub fn set_company() -> Command {
    Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() }
}

pub fn set_employee(employee: &EmployeeId) -> Command {
    Command::set_employee(employee.clone(), "A".into(), vec![])
}

/// The commands after which Ann works here and is idle.
pub fn idle_ann() -> [Command; 2] {
    [set_employee(&ann()), Command::set_status(ann(), Intent::Idle, false)]
}

/// The entries of a company that is founded, and then takes these commands.
pub fn after(company: &str, commands: &[Command]) -> Vec<JournalItem> {
    let mut company = Company::new(id(company));
    let entry = |command: &Command| {
        let turn = company.take(START, command);
        turn.outcome.unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}"));
        JournalItem::Entry(Entry::untold(&company, turn.at, turn.events))
    };
    [set_company()].iter().chain(commands).map(entry).collect()
}
