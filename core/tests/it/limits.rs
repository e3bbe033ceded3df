//! Bounds of a company, reached and exceeded.

use switchboard_core::limits::{EMPLOYEES_PER_COMPANY_MAX, TOPICS_PER_COMPANY_MAX, TOPICS_PER_EMPLOYEE_MAX};
use switchboard_core::{Answer, Command, Company, EmployeeId, EmployeeNo, Event, Profile, Time, Topic};

use crate::desk::company_after;

#[test]
fn a_company_has_at_most_a_million_employees_and_may_replace_one_of_them() {
    let mut company = company_after("open");
    let at = Time::from_ms(1);
    for n in 0..u32::try_from(EMPLOYEES_PER_COMPANY_MAX).unwrap() {
        let (employee, id) = (EmployeeNo(n), employee(n));
        company.apply(
            at,
            &Event::EmployeeSet { employee, id, name: "Somebody".into(), topics: vec![], profile: Profile::default() },
        );
    }
    let refused = hire(&mut company, "one-too-many").unwrap_err();
    assert_eq!(refused, "invalid: `employee` cannot be added: a company has at most 1000000 employees");
    assert_eq!(hire(&mut company, "employee-7"), Ok(Answer::Employee(EmployeeNo(7))));
    company.take(at, &Command::RemoveEmployee { employee: employee(8), revoke_before: at });
    assert_eq!(hire(&mut company, "one-more"), Ok(Answer::Employee(EmployeeNo(1_000_000))));
    assert!(hire(&mut company, "one-too-many").is_err());
}

#[test]
fn a_company_has_at_most_two_thousand_topics_and_an_employee_may_always_have_others_in_their_place() {
    let mut company = company_after("open");
    let all: Vec<Topic> = (0..TOPICS_PER_COMPANY_MAX).map(topic).collect();
    for (n, topics) in all.chunks(TOPICS_PER_EMPLOYEE_MAX).enumerate() {
        give(&mut company, &format!("employee-{n}"), topics).unwrap();
    }
    let refused = give(&mut company, "new", &[topic(7), topic(TOPICS_PER_COMPANY_MAX)]).unwrap_err();
    assert_eq!(refused, "invalid: `topics` cannot be set: a company has at most 2000 topics");
    assert!(give(&mut company, "new", &[topic(7), topic(70)]).is_ok(), "these are named");
    let other = topic(TOPICS_PER_COMPANY_MAX);
    assert!(
        give(&mut company, "employee-0", &[&all[1..TOPICS_PER_EMPLOYEE_MAX], std::slice::from_ref(&other)].concat())
            .is_ok()
    );
    assert!(give(&mut company, "new", &[topic(0)]).is_err(), "one for one, and no more");
    assert!(give(&mut company, "new", &[]).is_ok());
    company.take(
        Time::from_ms(1),
        &Command::RemoveEmployee { employee: "employee-0".parse().unwrap(), revoke_before: Time::from_ms(1) },
    );
    assert!(give(&mut company, "new", &[topic(0)]).is_ok());
}

#[test]
fn a_company_that_had_more_topics_before_there_was_a_bound_may_have_fewer_and_not_more() {
    let mut company = company_after("open");
    for n in 0..u32::try_from(TOPICS_PER_COMPANY_MAX).unwrap() + 10 {
        let (number, id) = (EmployeeNo(n), employee(n));
        let set = Event::EmployeeSet {
            employee: number,
            id,
            name: "Somebody".into(),
            topics: vec![topic(n as usize)],
            profile: Profile::default(),
        };
        company.apply(Time::from_ms(1), &set);
    }
    assert!(give(&mut company, "employee-7", &[topic(8)]).is_ok());
    assert!(give(&mut company, "employee-9", &[topic(1_000_000)]).is_ok(), "one for one");
    assert!(give(&mut company, "employee-10", &[topic(10), topic(1_000_001)]).is_err());
}

fn give(company: &mut Company, id: &str, topics: &[Topic]) -> Result<Answer, String> {
    let set = Command::set_employee(id.parse().unwrap(), "Somebody".into(), topics.to_vec());
    let outcome = company.take(Time::from_ms(1), &set).outcome;
    outcome.map_err(|refusal| format!("{}: {refusal}", refusal.reason()))
}

fn topic(n: usize) -> Topic {
    format!("topic-{n}").parse().unwrap()
}

fn hire(company: &mut Company, id: &str) -> Result<Answer, String> {
    let set = Command::set_employee(id.parse().unwrap(), "Another".into(), vec![]);
    let outcome = company.take(Time::from_ms(1), &set).outcome;
    outcome.map_err(|refusal| format!("{}: {refusal}", refusal.reason()))
}

fn employee(n: u32) -> EmployeeId {
    format!("employee-{n}").parse().unwrap()
}
