//! Parts of an employee beside the status: skills, a pause, a rest, wrap-ups.

use serde::{Serialize, Serializer};
use switchboard_core::{Company, Employee, SessionId, Skills};
use utoipa::ToSchema;

use super::{Moment, SessionView, Text, coded_session};
use crate::json::{Json, object};
use crate::shape;

/// Skills with their levels, as an object.
#[derive(Clone, Copy, Debug)]
pub struct SkillsView<'a>(&'a Skills);

/// The skills, if there are any.
#[must_use]
pub fn skills(skills: &Skills) -> Option<SkillsView<'_>> {
    (!skills.is_empty()).then_some(SkillsView(skills))
}

impl Serialize for SkillsView<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(out)
    }
}

impl Json for SkillsView<'_> {
    fn write_to(&self, out: &mut String) {
        out.push('{');
        for (at, (skill, level)) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            skill.as_str().write_to(out);
            out.push(':');
            level.number().write_to(out);
        }
        out.push('}');
    }
}

/// Why an employee is offline, and until when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pause)]
pub struct PauseView<'a> {
    #[schema(value_type = Option<shape::Word>, required)]
    reason: Option<Text<'a>>,
    /// Time at which the employee becomes idle again; null if the pause has no end.
    #[schema(value_type = Option<shape::Moment>, required)]
    until: Option<Moment>,
}
object!(PauseView<'_> { reason, until });

/// The employee's pause, if they are offline for a reason or for a time.
#[must_use]
pub fn pause(employee: &Employee) -> Option<PauseView<'_>> {
    let pause = employee.pause.as_ref()?;
    let reason = pause.reason.as_ref().map(|reason| reason.as_str().into());
    Some(PauseView { reason, until: pause.until.map(Moment) })
}

/// Until when an idle employee is not asked.
#[must_use]
pub fn resting_until(employee: &Employee) -> Option<Moment> {
    employee.resting_until.map(Moment)
}

/// The time after a session.
#[derive(Debug, Serialize)]
pub struct WrapUpView {
    session_id: SessionId,
    until: Moment,
    /// Latest end, if the wrap-up can be extended.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_until: Option<Moment>,
}
object!(WrapUpView { session_id, until; max_until });

/// The employee's wrap-ups whose session is known, as it is in a company with a routing; none if there are none.
#[must_use]
pub fn wrap_ups(employee: &Employee) -> Option<Vec<WrapUpView>> {
    let view = |wrap_up: switchboard_core::WrapUp| {
        let (until, max_until) = (Moment(wrap_up.until), wrap_up.longest.map(Moment));
        Some(WrapUpView { session_id: wrap_up.session?, until, max_until })
    };
    let wrap_ups: Vec<_> = employee.load.wrap_ups().filter_map(view).collect();
    (!wrap_ups.is_empty()).then_some(wrap_ups)
}

/// Room of an employee who has room for several sessions.
#[derive(Debug, Serialize)]
pub struct RoomView {
    pub(super) capacity: u8,
    pub(super) used: u32,
}
object!(RoomView { capacity, used });

/// The employee's room; none for a capacity of 1.
#[must_use]
pub fn room(employee: &Employee) -> Option<RoomView> {
    let capacity = employee.profile.capacity;
    (capacity > 1).then(|| RoomView { capacity, used: employee.load.used() })
}

/// Running sessions of the employee, the latest first; none for a capacity of 1.
#[must_use]
pub fn running_sessions<'a>(company: &'a Company, employee: &'a Employee) -> Option<Vec<SessionView<'a>>> {
    let sessions = || employee.load.sessions().rev().filter_map(|id| company.session(id));
    (employee.profile.capacity > 1).then(|| sessions().map(|session| coded_session(company, session)).collect())
}

#[cfg(test)]
mod tests {
    use switchboard_core::{Level, Time};

    use super::*;
    use crate::json::text;
    use crate::view::json;

    #[test]
    fn work_is_written_as_serde_writes_it_and_nothing_where_there_is_nothing() {
        let known: Skills = [("de", 5), ("a \"quoted\" skill", 10)]
            .map(|(skill, level)| (skill.parse().unwrap(), level_of(level)))
            .into();
        let shown = skills(&known).unwrap();
        assert_eq!(text(&shown), r#"{"a \"quoted\" skill":10,"de":5}"#);
        assert_eq!(text(&shown), json(&shown));
        assert!(skills(&Skills::new()).is_none());
        for (reason, until) in [(Some("lunch"), None), (None, Some(Moment(Time::from_ms(5))))] {
            let pause = PauseView { reason: reason.map(Into::into), until };
            assert_eq!(text(&pause), json(&pause));
        }
        for max_until in [None, Some(Moment(Time::from_ms(7)))] {
            let wrap_up =
                WrapUpView { session_id: SessionId::from_u128(1), until: Moment(Time::from_ms(5)), max_until };
            assert_eq!(text(&wrap_up), json(&wrap_up));
            assert_eq!(text(&wrap_up).contains("max_until"), max_until.is_some());
        }
    }

    fn level_of(number: u8) -> Level {
        number.try_into().unwrap()
    }
}
