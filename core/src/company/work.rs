//! An employee's word on their own work: to be idle or offline, a pause, a wrap-up, a rest, a code.

use super::Company;
use super::decide::Decision;
use crate::employee::{Intent, Pause, PauseRequest, Reach};
use crate::event::{Event, IntentBy};
use crate::id::{EmployeeId, EmployeeNo, SessionId, Word};
use crate::limits::TIMEOUT_MAX_MS;
use crate::load::{Work, WrapUp};
use crate::offer::Outcome;
use crate::refusal::Refusal;
use crate::time::Time;

impl Company {
    /// The flag says whether an admin sets the status, and not the employee.
    pub(super) fn set_status(
        &self,
        now: Time,
        (id, by_admin): (&EmployeeId, bool),
        intent: Intent,
        pause: &PauseRequest,
    ) -> Decision {
        let (no, employee) = self.employee(id)?;
        let by = if by_admin { IntentBy::Admin } else { IntentBy::Employee };
        if intent == Intent::Idle {
            let idle = Event::IntentSet { employee: no, intent, by, reason: None, until: None };
            return Ok(if employee.intent == Intent::Idle { vec![] } else { vec![idle] });
        }
        let PauseRequest { reason, for_ms } = pause;
        let known = &self.routing().pause_reasons;
        if reason.as_ref().is_some_and(|reason| !known.is_empty() && !known.contains(reason)) {
            let problem = format!("must be one of the company's `pause_reasons`: {}", list(known));
            return Err(Refusal::Invalid { field: "reason", problem });
        }
        if for_ms.is_some_and(|ms| !(1..=TIMEOUT_MAX_MS).contains(&ms)) {
            return Err(Refusal::Invalid { field: "for_ms", problem: format!("must be 1 to {TIMEOUT_MAX_MS}") });
        }
        let (reason, until) = (reason.clone(), for_ms.map(|ms| now.plus_ms(ms)));
        let paused = Pause::of(reason.clone(), until);
        if employee.intent == Intent::Offline && employee.pause.as_deref() == paused.as_ref() {
            return Ok(vec![]);
        }
        Ok(self.go_offline(no, Event::IntentSet { employee: no, intent, by, reason, until }))
    }

    /// The intent of an employee who goes offline without a word of a person.
    pub(super) fn intent_off(&self, employee: EmployeeNo, by: IntentBy) -> Event {
        let reason = match by {
            IntentBy::Missed => "missed",
            IntentBy::Lapsed => "lapsed",
            IntentBy::Employee | IntentBy::Admin | IntentBy::PauseOver => "",
        };
        // Without a routing there are no pauses, and events are as they were before there were any.
        let reason = self.routing.as_ref().and_then(|_| reason.parse().ok());
        Event::IntentSet { employee, intent: Intent::Offline, by, reason, until: None }
    }

    /// Sets the intent to offline, which declines an open offer.
    pub(super) fn go_offline(&self, no: EmployeeNo, offline: Event) -> Vec<Event> {
        let mut events = vec![offline];
        for work in self.roster.get(no).into_iter().flat_map(|employee| employee.load.works()) {
            match work {
                // The intent goes first, so that the employee is not idle in between.
                Work::Offer(search) => {
                    events
                        .extend(self.close_offers(search, Outcome::WentOffline, None, |_, offer| offer.employee == no))
                }
                Work::Session(_) | Work::WrapUp(_) => {}
            }
        }
        events
    }

    /// The end of a pause has come: an employee without a device stays offline, because they could not be asked.
    pub(super) fn end_pause(&self, no: EmployeeNo) -> Vec<Event> {
        let Some(employee) = self.roster.get(no) else { return vec![] };
        let is_there = employee.reach == Reach::Connected;
        let intent = if is_there { Intent::Idle } else { Intent::Offline };
        let reason = employee.pause.as_ref().and_then(|pause| pause.reason.clone()).filter(|_| !is_there);
        vec![Event::IntentSet { employee: no, intent, by: IntentBy::PauseOver, reason, until: None }]
    }

    /// Ends the wrap-up of a session, or all wrap-ups and the rest.
    pub(super) fn finish(&self, id: &EmployeeId, session: Option<SessionId>) -> Decision {
        let (no, employee) = self.employee(id)?;
        let mut events = vec![];
        match session {
            Some(session) if employee.load.wrap_ups().any(|wrap_up| wrap_up.session == Some(session)) => {
                events.push(Event::WrapUpEnded { employee: no, session: Some(session) });
            }
            Some(_) => {}
            None => {
                if employee.load.wrap_ups().next().is_some() {
                    events.push(Event::WrapUpEnded { employee: no, session: None });
                }
                if employee.resting_until.is_some() {
                    events.push(Event::RestEnded { employee: no });
                }
            }
        }
        Ok(events)
    }

    /// Ends the wrap-ups whose time has come.
    pub(super) fn end_wrap_ups(&self, now: Time, no: EmployeeNo) -> Vec<Event> {
        let Some(employee) = self.roster.get(no) else { return vec![] };
        let is_due = |wrap_up: &WrapUp| wrap_up.until <= now;
        if employee.load.wrap_ups().all(|wrap_up| is_due(&wrap_up)) {
            return vec![Event::WrapUpEnded { employee: no, session: None }];
        }
        let due = employee.load.wrap_ups().filter(is_due);
        due.map(|wrap_up| Event::WrapUpEnded { employee: no, session: wrap_up.session }).collect()
    }

    pub(super) fn extend(&self, now: Time, id: &EmployeeId, session: SessionId, for_ms: u64) -> Decision {
        let (no, employee) = self.employee(id)?;
        let found = employee.load.wrap_ups().find(|wrap_up| wrap_up.session == Some(session));
        let Some(longest) = found.and_then(|wrap_up| wrap_up.longest) else {
            let problem = "has no wrap-up that can be extended".to_owned();
            return Err(Refusal::Invalid { field: "session_id", problem });
        };
        let until = now.plus_ms(for_ms);
        if for_ms == 0 || until > longest {
            let problem = format!(
                "must be 1 to {}: the company's `wrap_up.max_ms` counts from the end of the session",
                now.ms_until(longest)
            );
            return Err(Refusal::Invalid { field: "for_ms", problem });
        }
        Ok(vec![Event::WrapUpSet { employee: no, session, until }])
    }

    pub(super) fn code(&self, id: &EmployeeId, session: SessionId, code: &Word) -> Decision {
        let (no, employee) = self.employee(id)?;
        let found = self.sessions.get(session).ok_or(Refusal::UnknownSession)?;
        if found.employee != no {
            return Err(Refusal::Forbidden);
        }
        let rules = &self.routing().wrap_up;
        if !rules.codes.contains(code) {
            let problem = match rules.codes.is_empty() {
                true => "is unknown: the company has no `wrap_up.codes`".to_owned(),
                false => format!("must be one of the company's `wrap_up.codes`: {}", list(&rules.codes)),
            };
            return Err(Refusal::Invalid { field: "code", problem });
        }
        if found.code.as_ref() == Some(code) {
            return Ok(vec![]);
        }
        let mut events = vec![Event::SessionCoded { session, code: code.clone() }];
        if rules.code_required && employee.load.wrap_ups().any(|wrap_up| wrap_up.session == Some(session)) {
            events.push(Event::WrapUpEnded { employee: no, session: Some(session) });
        }
        Ok(events)
    }
}

fn list(words: &[Word]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
