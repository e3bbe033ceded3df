//! Variables with the prefix of settings that belong to other programs: to an app, or to Kubernetes.

use super::nearest::nearest;
use super::rows::{ROWS, SettingSpec};
use super::{CONFIG_VARIABLE, PREFIX, Settings};

/// Links that a warning names; the others are only counted.
const LINKS_NAMED: usize = 3;

/// The meaning of a variable with the prefix of settings.
pub(super) enum Variable {
    Setting(&'static SettingSpec),
    /// The variable that names the settings file.
    Config,
    /// A setting with a typing error, which must not be ignored.
    Misspelt(&'static str),
    /// A variable of another program, with the setting of the nearest name if there is one.
    Foreign(Option<&'static str>),
    /// A variable that Kubernetes and Docker set beside a service.
    Link,
}

impl Variable {
    pub(super) fn of(variable: &str, value: &str) -> Self {
        if let Some(row) = ROWS.iter().find(|row| row.variable() == variable) {
            return Self::Setting(row);
        }
        let rest = variable.strip_prefix(PREFIX).unwrap_or_default();
        match nearest(rest) {
            _ if variable == CONFIG_VARIABLE => Self::Config,
            _ if is_link(rest, value) => Self::Link,
            Some(near) if near.is_misspelt => Self::Misspelt(near.name),
            near => Self::Foreign(near.map(|near| near.name)),
        }
    }
}

impl Settings {
    /// Warnings about variables that have the prefix of settings and are none, in sentences. Such a variable does not
    /// prevent a start.
    pub fn foreign_variables(env: impl Iterator<Item = (String, String)>) -> Vec<String> {
        let mut variables: Vec<_> = env.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        let (mut said, mut links) = (Vec::new(), Vec::new());
        for (name, value) in &variables {
            match Variable::of(name, value) {
                Variable::Foreign(near) => said.push(foreign(name, near)),
                Variable::Link => links.push(name.as_str()),
                Variable::Setting(_) | Variable::Config | Variable::Misspelt(_) => {}
            }
        }
        said.extend(of_links(&links));
        said
    }
}

fn foreign(variable: &str, near: Option<&str>) -> String {
    let meant = near.and_then(SettingSpec::named).map(|row| format!(": did you mean `{}`?", row.variable()));
    format!("the variable `{variable}` is not a setting and is ignored{}", meant.unwrap_or_default())
}

fn of_links(links: &[&str]) -> Option<String> {
    let named: Vec<_> = links.iter().take(LINKS_NAMED).map(|name| format!("`{name}`")).collect();
    let more = match links.len().saturating_sub(LINKS_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = named.join(", ");
    (!links.is_empty()).then(|| {
        format!(
            "the variables {named}{more} are not settings and are ignored: Kubernetes or Docker sets them for a \
             service"
        )
    })
}

/// Whether Kubernetes or Docker sets the variable, in each container beside a service `switchboard` or `switchboard-…`.
fn is_link(rest: &str, value: &str) -> bool {
    // The variable of a port has the number next, such as `PORT_4000_TCP_ADDR`.
    let is_of_port = |rest: &str| {
        let number = rest.split('_').next().unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let of_service = ["SERVICE_HOST", "SERVICE_PORT"];
    let ends = |what: &str| rest.strip_suffix(what).is_some_and(|before| before.is_empty() || before.ends_with('_'));
    let mut places =
        rest.match_indices("PORT_").filter(|(at, _)| *at == 0 || rest.as_bytes().get(at - 1) == Some(&b'_'));
    of_service.into_iter().any(ends)
        || ends("PORT") && value.contains("://")
        || rest.starts_with("SERVICE_PORT_")
        || rest.contains("_SERVICE_PORT_")
        || places.any(|(at, port)| rest.get(at + port.len()..).is_some_and(is_of_port))
}
