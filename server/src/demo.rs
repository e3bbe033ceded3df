//! The demo of `--dev`: a company, people to try, and the addresses to open. The demo uses the exchange, so it belongs
//! here; the play of `switchboard demo` is a client and belongs to `load`.

use std::net::SocketAddr;

use anyhow::Context;
use serde_json::{Value, json};
use switchboard_core::{Command, CompanyId, CompanySettings, EmployeeId, Topic};
use switchboard_exchange::Exchange;
use switchboard_exchange::clock::Clock;
use switchboard_wire::Scope;
use switchboard_wire::claims::{Claims, Role};

use crate::auth::Keyring;
use crate::config::Settings as ServerSettings;

/// Id of the demo company.
pub const COMPANY: &str = "demo";
const COMPANY_NAME: &str = "Lindenhof Advice";
/// Employees of the demo company: id, name, topics.
const EMPLOYEES: &[(&str, &str, &[&str])] = &[("erika", "Erika", &["tax", "travel"]), ("max", "Max", &["tax"])];
/// Further people to try: role, id, name.
const OTHERS: [(Role, &str, &str); 3] =
    [(Role::Client, "alice", "Alice Miller"), (Role::Client, "bob", "Bob Tanner"), (Role::Admin, "olga", "Olga")];
/// Lifetime of the demo's tokens, in seconds.
const TOKEN_S: u64 = 12 * 60 * 60;

/// Makes the demo company, unless it exists.
///
/// # Errors
/// When the store cannot commit the company.
pub async fn seed(exchange: &Exchange) -> anyhow::Result<()> {
    let company: CompanyId = COMPANY.parse()?;
    let mut commands = vec![Command::SetCompany { name: COMPANY_NAME.into(), settings: CompanySettings::default() }];
    for (id, name, topics) in EMPLOYEES {
        let employee: EmployeeId = id.parse()?;
        let topics = topics.iter().map(|topic| topic.parse()).collect::<Result<Vec<Topic>, _>>()?;
        commands.push(Command::set_employee(employee, (*name).into(), topics));
    }
    let visited = exchange.visit(&company, |visit| match visit.company().exists() {
        true => None,
        false => commands.iter().find_map(|command| visit.take(command).err()),
    });
    match visited.await?.committed().await.context("the demo company could not be stored")? {
        None => Ok(()),
        Some(refusal) => Err(refusal).context("the demo company"),
    }
}

/// Next steps for a person who has just started `--dev`.
#[must_use]
pub(crate) fn next_steps(address: SocketAddr, settings: &ServerSettings) -> String {
    let data = settings.data.display();
    // The name by which this program was started, so that the next command can be copied as it stands.
    let own = std::env::args().next().unwrap_or_else(|| "switchboard".into());
    // No play with TLS, because the play has none, and a trial's certificate is seldom one that the machine trusts.
    let (url, play, trust) = match &settings.door.tls {
        Some((certificate, _key)) => {
            (format!("https://{address}"), String::new(), format!(" --cacert {}", certificate.display()))
        }
        None => {
            let url = format!("http://{address}");
            let play = format!("    run the demo        {own} demo --data {data} --url {url}\n");
            (url, play, String::new())
        }
    };
    let pages = if cfg!(feature = "console") && settings.console {
        format!(
            "    start here          {url}/
    an employee's desk  {url}/desk
    a client's page     {url}/book/{COMPANY}
    the board           {url}/board
"
        )
    } else {
        format!("    web pages           none; {url}/ gives the reason\n")
    };
    format!(
        "
  Switchboard is running in development mode (--dev). Try it:

{pages}{play}    create a token      {own} token --data {data} --role client --sub alice --company {COMPANY}
    use the HTTP API    curl{trust} -H \"Authorization: Bearer $(cat {data}/dev-api-key)\" \\
                             {url}/v1/companies/{COMPANY}/employees

"
    )
}

/// The demo's company and people, each with a token; shown in dev alone, which listens on loopback alone.
#[must_use]
pub fn people(clock: &Clock, keyring: &Keyring) -> Value {
    let employees = EMPLOYEES.iter().map(|(id, name, _)| (Role::Employee, *id, *name));
    let people = employees.chain(OTHERS.iter().copied()).filter_map(|(role, id, name)| {
        let claims = claims(clock, role, id, Some(name));
        // The admin may change the company; the scopes of tokens are for admins alone.
        let claims = if role == Role::Admin { claims.with_scope(Scope::Manage) } else { claims };
        let token = keyring.sign(&claims).ok()?;
        Some(json!({ "role": role.as_str(), "id": id, "name": name, "token": token, "expires_in_s": TOKEN_S }))
    });
    json!({ "company": { "id": COMPANY, "name": COMPANY_NAME }, "people": people.collect::<Vec<_>>() })
}

/// Text in place of the start page, where there are no pages.
#[must_use]
pub(crate) fn without_pages(why: &str) -> String {
    format!(
        "Switchboard is running in development mode (--dev), and {why}.

On the same machine, with the --data and --listen of this server:
  switchboard demo --url URL                                     runs a booking in six steps
  switchboard token --role client --sub alice --company {COMPANY}     prints a token for your app

The HTTP API is documented at /docs.
"
    )
}

fn claims(clock: &Clock, role: Role, subject: &str, name: Option<&str>) -> Claims {
    let now_ms = clock.now().as_ms();
    Claims {
        subject: subject.to_owned(),
        role,
        company: Some(COMPANY.to_owned()),
        name: name.map(str::to_owned),
        topics: None,
        skills: None,
        priority: None,
        scope: None,
        issued_at_ms: Some(now_ms),
        expires_at_s: now_ms / 1000 + TOKEN_S,
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
