//! Checks of a routing that its types cannot make.

use std::collections::BTreeSet;

use super::{EVERYBODY, Level, Route, RouteStep, Routing};
use crate::id::Word;
use crate::limits::{
    AT_ONCE_MAX, CAPACITY_MAX, CHANNELS_MAX, CLIENT_SKILLS_MAX, PRIORITY_MAX, REST_MAX_MS, ROUTES_MAX,
    SKILLS_PER_STEP_MAX, STEPS_PER_ROUTE_MAX, TIMEOUT_MAX_MS, TOPICS_PER_EMPLOYEE_MAX, WAITING_MAX, WORDS_MAX,
};

/// The field that is wrong, as a path such as `routes[0].steps[1].level`, and the problem.
type Wrong = (String, String);

impl Routing {
    /// Returns the first field that is out of its range or contradicts another, as a path such as
    /// `routes[0].steps[1].level`, and the problem.
    pub fn check(&self) -> Result<(), (String, String)> {
        at_most(self.routes.len(), ROUTES_MAX, "routes", || "routes".into())?;
        up_to(self.priority_ms, TIMEOUT_MAX_MS, "priority_ms")?;
        up_to(self.hold_ms, TIMEOUT_MAX_MS, "hold_ms")?;
        up_to(self.ask_again_ms, TIMEOUT_MAX_MS, "ask_again_ms")?;
        up_to(self.rest.rejected_ms, REST_MAX_MS, "rest.rejected_ms")?;
        up_to(self.rest.missed_ms, REST_MAX_MS, "rest.missed_ms")?;
        up_to(self.wrap_up.max_ms, TIMEOUT_MAX_MS, "wrap_up.max_ms")?;
        check_words(&self.wrap_up.codes, "wrap_up.codes")?;
        if self.wrap_up.code_required && self.wrap_up.codes.is_empty() {
            return Err(("wrap_up.code_required".into(), "needs `wrap_up.codes`".into()));
        }
        check_words(&self.pause_reasons, "pause_reasons")?;
        at_most(self.channels.len(), CHANNELS_MAX, "channels", || "channels".into())?;
        for (name, channel) in &self.channels {
            if !(1..=CAPACITY_MAX).contains(&channel.weight) {
                return Err((format!("channels.{name}.weight"), format!("must be 1 to {CAPACITY_MAX}")));
            }
            at_most(channel.skills.len(), SKILLS_PER_STEP_MAX, "skills", || format!("channels.{name}.skills"))?;
        }
        at_most(self.clients.skills.len(), CLIENT_SKILLS_MAX, "skills", || "clients.skills".into())?;
        for (n, route) in self.routes.iter().enumerate() {
            check_route(route, &format!("routes[{n}]"))?;
            if let Some(channel) =
                route.channel.as_ref().filter(|channel| !self.channels.contains_key(channel.as_str()))
            {
                return Err((format!("routes[{n}].channel"), format!("names `{channel}`, which is not in `channels`")));
            }
        }
        Ok(())
    }
}

fn check_route(route: &Route, path: &str) -> Result<(), Wrong> {
    if let Some(topics) = &route.topics {
        at_most(topics.len(), TOPICS_PER_EMPLOYEE_MAX, "topics", || format!("{path}.topics"))?;
        if topics.is_empty() {
            return Err((format!("{path}.topics"), "must name a topic; leave the field out for any topic".into()));
        }
    }
    if route.priority > PRIORITY_MAX {
        return Err((format!("{path}.priority"), format!("must be 0 to {PRIORITY_MAX}")));
    }
    up_to(route.wait.max_ms, TIMEOUT_MAX_MS, &format!("{path}.wait.max_ms"))?;
    if !(1..=WAITING_MAX).contains(&(route.wait.max_length as usize)) {
        return Err((format!("{path}.wait.max_length"), format!("must be 1 to {WAITING_MAX}")));
    }
    if route.steps.is_empty() {
        return Err((format!("{path}.steps"), "must have a step".into()));
    }
    at_most(route.steps.len(), STEPS_PER_ROUTE_MAX, "steps", || format!("{path}.steps"))?;
    for (n, step) in route.steps.iter().enumerate() {
        let path = format!("{path}.steps[{n}]");
        check_step(step, &path)?;
        let before = n.checked_sub(1).map(|before| &route.steps[before]);
        match before {
            None if step.after_ms != 0 => {
                return Err((format!("{path}.after_ms"), "must be 0, because the first step opens at once".into()));
            }
            Some(before) if step.after_ms <= before.after_ms => {
                return Err((format!("{path}.after_ms"), "must be more than that of the step before".into()));
            }
            None | Some(_) => {}
        }
    }
    Ok(())
}

fn check_step(step: &RouteStep, path: &str) -> Result<(), Wrong> {
    up_to(step.after_ms, TIMEOUT_MAX_MS, &format!("{path}.after_ms"))?;
    if !(1..=AT_ONCE_MAX).contains(&step.at_once) {
        return Err((format!("{path}.at_once"), format!("must be 1 to {AT_ONCE_MAX}")));
    }
    let asks_everybody = step.topic.as_ref().is_some_and(|topic| topic.as_str() == EVERYBODY);
    if asks_everybody && step.level != Level::LEAST {
        return Err((format!("{path}.level"), "has no meaning with the topic `*`".into()));
    }
    at_most(step.skills.len(), SKILLS_PER_STEP_MAX, "skills", || format!("{path}.skills"))?;
    at_most(step.drop.len(), CLIENT_SKILLS_MAX, "skills", || format!("{path}.drop"))
}

fn at_most(count: usize, max: usize, what: &str, path: impl FnOnce() -> String) -> Result<(), Wrong> {
    if count <= max { Ok(()) } else { Err((path(), format!("must be at most {max} {what}"))) }
}

fn up_to(ms: u64, max_ms: u64, path: &str) -> Result<(), Wrong> {
    if ms <= max_ms { Ok(()) } else { Err((path.into(), format!("must be 0 to {max_ms}"))) }
}

fn check_words(words: &[Word], path: &str) -> Result<(), Wrong> {
    at_most(words.len(), WORDS_MAX, "words", || path.into())?;
    let mut seen = BTreeSet::new();
    match words.iter().find(|word| !seen.insert(*word)) {
        None => Ok(()),
        Some(twice) => Err((path.into(), format!("names `{twice}` twice"))),
    }
}
