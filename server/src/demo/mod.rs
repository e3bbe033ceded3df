//! The demo of `--dev`: a company to try things with, where to click, and the six steps of a booking as a play.

mod device;

mod play;

use std::net::SocketAddr;

use anyhow::Context;
use switchboard_core::{Command, CompanyId, EmployeeId, Settings, Topic};

use crate::auth::{Claims, Role};
use crate::config::Settings as ServerSettings;
use crate::hub::Hub;
use crate::journal::Fate;

pub use play::play;

/// The demo company.
const COMPANY: &str = "demo";
/// Its people: id, name, topics.
const EMPLOYEES: &[(&str, &str, &[&str])] = &[("erika", "Erika", &["tax", "travel"]), ("max", "Max", &["tax"])];
/// How long the demo's tokens are good for, in seconds.
const TOKEN_S: u64 = 12 * 60 * 60;

/// Makes the demo company, if it is not there.
///
/// # Errors
/// When the store cannot commit it.
pub async fn seed(hub: &Hub) -> anyhow::Result<()> {
    let company: CompanyId = COMPANY.parse()?;
    let mut commands = vec![Command::SetCompany { name: "Demo".into(), settings: Settings::default() }];
    for (id, name, topics) in EMPLOYEES {
        let employee: EmployeeId = id.parse()?;
        let topics = topics.iter().map(|topic| topic.parse()).collect::<Result<Vec<Topic>, _>>()?;
        commands.push(Command::SetEmployee { employee, name: (*name).into(), topics });
    }
    let (told, wait) = tokio::sync::oneshot::channel();
    let visited = hub.exchange.visit(&company, |visit| {
        let refused = if visit.company().exists() { None } else { commands.iter().find_map(|c| visit.take(c).err()) };
        move |fate| drop(told.send((fate, refused)))
    });
    visited.await?;
    match wait.await? {
        (Fate::Committed, None) => Ok(()),
        (Fate::Committed, Some(refusal)) => Err(refusal).context("the demo company"),
        (Fate::Lost, _) => anyhow::bail!("the demo company could not be stored"),
    }
}

/// What to do next, for a person who has just started `--dev`.
#[must_use]
pub fn next_steps(address: SocketAddr, settings: &ServerSettings) -> String {
    let data = settings.data.display();
    // As it was started, so that the next command can be copied as it stands.
    let own = std::env::args().next().unwrap_or_else(|| "switchboard".into());
    // The play has no TLS, and a certificate for a trial is seldom one that the machine trusts.
    let (url, play, trust) = match &settings.door.tls {
        Some((certificate, _key)) => {
            (format!("https://{address}"), String::new(), format!(" --cacert {}", certificate.display()))
        }
        None => {
            let url = format!("http://{address}");
            let play = format!("    watch six steps     {own} demo --data {data} --url {url}\n");
            (url, play, String::new())
        }
    };
    format!(
        "
  Switchboard runs for your own machine (--dev). Try it:

    click through it    {url}/
{play}    make a token        {own} token --data {data} --role client --sub alice --company {COMPANY}
    use the HTTP API    curl{trust} -H \"Authorization: Bearer $(cat {data}/dev-api-key)\" \\
                             {url}/v1/companies/{COMPANY}/employees

"
    )
}

/// The demo's page, with tokens for its people; made in dev only, which listens on loopback only.
#[must_use]
pub fn page(hub: &Hub) -> Option<String> {
    let token = |role, subject: &str, name: &str| {
        let claims = claims(hub.exchange.clock(), role, subject, Some(name));
        hub.keyring.sign(&claims).unwrap_or_default()
    };
    let mut page = include_str!("page.html").replace("{{client}}", &token(Role::Client, "alice", "Alice"));
    for (id, name, _) in EMPLOYEES {
        page = page.replace(&format!("{{{{{id}}}}}"), &token(Role::Employee, id, name));
    }
    hub.dev.then_some(page)
}

fn claims(clock: &crate::clock::Clock, role: Role, subject: &str, name: Option<&str>) -> Claims {
    Claims {
        subject: subject.to_owned(),
        role,
        company: Some(COMPANY.to_owned()),
        name: name.map(str::to_owned),
        topics: None,
        expires_at_s: clock.now().as_ms() / 1000 + TOKEN_S,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    #[test]
    fn the_next_steps_speak_tls_where_the_server_does() {
        let place = tempfile::tempdir().unwrap();
        let set = [("SWITCHBOARD_DEV", "true"), ("SWITCHBOARD_DATA", place.path().to_str().unwrap())];
        let set = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut settings = ServerSettings::load(Flags::default(), set.into_iter()).unwrap();
        let plain = next_steps(settings.listen, &settings);
        assert!(plain.contains("http://127.0.0.1:4000/v1/") && plain.contains("demo --data"), "{plain}");
        settings.door.tls = Some(("own.pem".into(), "key.pem".into()));
        let encrypted = next_steps(settings.listen, &settings);
        assert!(encrypted.contains("curl --cacert own.pem") && encrypted.contains("https://127.0.0.1:4000/v1/"));
        assert!(!encrypted.contains("http://") && !encrypted.contains("demo --data"), "{encrypted}");
    }
}
