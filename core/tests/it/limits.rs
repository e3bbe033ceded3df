//! The bounds of a company, met.

use switchboard_core::limits::EMPLOYEES_PER_COMPANY_MAX;
use switchboard_core::{Answer, Command, Company, EmployeeId, EmployeeNo, Event, Time};

use crate::desk::company_after;

#[test]
fn a_company_has_at_most_a_million_employees_and_may_replace_one_of_them() {
    let mut company = company_after("open");
    let at = Time::from_ms(1);
    for n in 0..u32::try_from(EMPLOYEES_PER_COMPANY_MAX).unwrap() {
        let (employee, id) = (EmployeeNo(n), employee(n));
        company.apply(at, &Event::EmployeeSet { employee, id, name: "Somebody".into(), topics: vec![] });
    }
    let refused = hire(&mut company, "one-too-many").unwrap_err();
    assert_eq!(refused, "invalid: `employee` cannot be added: a company has at most 1000000 employees");
    assert_eq!(hire(&mut company, "employee-7"), Ok(Answer::Employee(EmployeeNo(7))));
    company.take(at, &Command::RemoveEmployee { employee: employee(8) });
    assert_eq!(hire(&mut company, "one-more"), Ok(Answer::Employee(EmployeeNo(1_000_000))));
    assert!(hire(&mut company, "one-too-many").is_err());
}

fn hire(company: &mut Company, id: &str) -> Result<Answer, String> {
    let set = Command::SetEmployee { employee: id.parse().unwrap(), name: "Another".into(), topics: vec![] };
    let outcome = company.take(Time::from_ms(1), &set).outcome;
    outcome.map_err(|refusal| format!("{}: {refusal}", refusal.reason()))
}

fn employee(n: u32) -> EmployeeId {
    format!("employee-{n}").parse().unwrap()
}
