//! Pauses, rests, wrap-ups and codes: the words of employees on their own work.

use switchboard_core::limits::TIMEOUT_MAX_MS;
use switchboard_core::notice::Cause;
use switchboard_core::{EmployeeId, Outcome, SessionId, Time, Word};

use super::{ExpectedAnswer, HeldWrapUp, Holds, Model, Near, Staff};

impl Model {
    /// Sets an employee offline for a reason or for a time.
    pub(super) fn pause(
        &mut self,
        id: &EmployeeId,
        by_admin: bool,
        reason: Option<&Word>,
        for_ms: Option<u64>,
    ) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else { return ExpectedAnswer::No("unknown_employee") };
        let reasons = &self.routing.pause_reasons;
        let is_known = |reason: &Word| reasons.is_empty() || reasons.contains(reason);
        if !reason.is_none_or(is_known) || for_ms.is_some_and(|ms| ms == 0 || ms > TIMEOUT_MAX_MS) {
            return ExpectedAnswer::No("invalid");
        }
        let cause = if by_admin { Cause::SetByAdmin } else { Cause::SetByEmployee };
        let until = for_ms.map(|ms| self.now.plus_ms(ms));
        let pause = (reason.is_some() || until.is_some()).then(|| (reason.cloned(), until));
        if self.staff(no).is_some_and(|staff| staff.willing || staff.pause != pause) {
            self.go_offline(no, cause, pause);
        }
        ExpectedAnswer::Staff(no)
    }

    /// The pause of an employee who goes offline by a rule: the word of that rule, in a company with a routing.
    pub(super) fn pause_for(&self, reason: &str) -> Option<(Option<Word>, Option<Time>)> {
        self.has_routing().then(|| (reason.parse().ok(), None))
    }

    /// An employee whose pause is over is idle again if they are there. If they are not, only the end is forgotten.
    pub(super) fn end_pause(&mut self, no: usize) {
        let is_here = self.staff(no).is_some_and(|staff| staff.near == Near::Here);
        self.change(no, Cause::PauseOver, |staff| {
            if is_here {
                staff.pause = None;
                staff.willing = true;
                staff.missed = 0;
            } else {
                let reason = staff.pause.take().and_then(|(reason, _)| reason);
                staff.pause = reason.map(|reason| (Some(reason), None));
            }
        });
    }

    /// The end of the rest of an employee who answers so.
    pub(super) fn rest_after(&self, outcome: Outcome) -> Option<Time> {
        let rest = self.routing.rest;
        let ms = match outcome {
            Outcome::Rejected => rest.rejected_ms,
            Outcome::TimedOut | Outcome::Undelivered => rest.missed_ms,
            _ => 0,
        };
        (ms > 0).then(|| self.now.plus_ms(ms))
    }

    /// The work in hand after a session that ends now.
    pub(super) fn held_after(&self, talk: SessionId, has_code: bool) -> Holds {
        let usual_ms = self.settings.wrap_up_ms;
        let rules = &self.routing.wrap_up;
        let longest_ms = usual_ms.max(rules.max_ms);
        let ms = if rules.code_required && !has_code { longest_ms } else { usual_ms };
        if ms == 0 {
            return Holds::Nothing;
        }
        let longest = (longest_ms > usual_ms).then(|| self.now.plus_ms(longest_ms));
        let talk = self.has_routing().then_some(talk);
        Holds::WrapUp(HeldWrapUp { until: self.now.plus_ms(ms), talk, longest })
    }

    pub(super) fn finish(&mut self, id: &EmployeeId, session: Option<SessionId>) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else { return ExpectedAnswer::No("unknown_employee") };
        let Some(Staff { holds, rests, .. }) = self.staff(no).cloned() else { return ExpectedAnswer::Done };
        if let Holds::WrapUp(wrap_up) = holds
            && (session.is_none() || session == wrap_up.talk)
        {
            self.end_wrap_up(no);
        }
        if session.is_none() && rests.is_some() {
            self.change(no, Cause::RestOver, |staff| staff.rests = None);
        }
        ExpectedAnswer::Staff(no)
    }

    pub(super) fn end_wrap_up(&mut self, no: usize) {
        self.change(no, Cause::SessionEnded, |staff| staff.holds = Holds::Nothing);
    }

    pub(super) fn extend(&mut self, id: &EmployeeId, session: SessionId, for_ms: u64) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else { return ExpectedAnswer::No("unknown_employee") };
        let until = self.now.plus_ms(for_ms);
        match self.staff.get_mut(no).and_then(Option::as_mut).map(|staff| &mut staff.holds) {
            Some(Holds::WrapUp(wrap_up))
                if wrap_up.talk == Some(session)
                    && for_ms > 0
                    && wrap_up.longest.is_some_and(|longest| until <= longest) =>
            {
                wrap_up.until = until;
                self.told.talks.insert(session);
                ExpectedAnswer::Talk(session)
            }
            _ => ExpectedAnswer::No("invalid"),
        }
    }

    pub(super) fn code(&mut self, id: &EmployeeId, session: SessionId, code: &Word) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else { return ExpectedAnswer::No("unknown_employee") };
        let Some(talk) = self.talk(session) else { return ExpectedAnswer::No("unknown_session") };
        if talk.staff != no {
            return ExpectedAnswer::No("forbidden");
        }
        if !self.routing.wrap_up.codes.contains(code) {
            return ExpectedAnswer::No("invalid");
        }
        if talk.code.as_ref() == Some(code) {
            return ExpectedAnswer::Talk(session);
        }
        if let Some(talk) = self.talk_mut(session) {
            talk.code = Some(code.clone());
        }
        self.told.talks.insert(session);
        let wraps_up = self
            .staff(no)
            .is_some_and(|staff| matches!(staff.holds, Holds::WrapUp(wrap_up) if wrap_up.talk == Some(session)));
        if wraps_up && self.routing.wrap_up.code_required {
            self.end_wrap_up(no);
        }
        ExpectedAnswer::Talk(session)
    }
}
