//! The audit list: changes over HTTP or at the command line, with their authors and their outcomes, but without names,
//! notes or bodies.

use switchboard_core::Time;
use uuid::Uuid;

/// One entry of the audit list.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// A `UUIDv7`, so that ids grow with time.
    pub id: Uuid,
    /// The time of the request.
    pub at: Time,
    /// The key's id; the key of the settings, people and the command line have none.
    pub key_id: Option<String>,
    /// The key's name, or a person's role and id.
    pub key_name: String,
    pub company: Option<String>,
    /// The HTTP method, or `COMMAND`.
    pub method: String,
    /// The route, or the name of the command.
    pub route: String,
    /// The path of the request.
    pub target: String,
    /// The id under which other logs have the request.
    pub request_id: String,
    /// The address of the caller; the command line has none.
    pub address: Option<String>,
}

/// The filter of a question for audit entries.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub company: Option<String>,
    /// A JSON array of companies. Entries about an earlier company of the same id are left out.
    pub companies: Option<String>,
    /// The name or id of a key, or the name under which a person is listed.
    pub key: Option<String>,
    /// Inclusive lower bound of the request's time.
    pub from: Option<Time>,
    /// Exclusive upper bound of the request's time.
    pub to: Option<Time>,
}

/// A person whose id is replaced by an alias.
#[derive(Clone, Debug)]
pub struct RenamedPerson {
    pub company: String,
    /// A client, or otherwise an employee.
    pub is_client: bool,
    pub person: String,
    /// The text that replaces the id.
    pub alias: String,
}

impl RenamedPerson {
    /// Whether a caller's own text contains the person's id as a word. Only whole words count, because an id of one
    /// letter occurs in most texts by chance.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let text = readable(text);
        let is_inner = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        text.match_indices(&self.person).any(|(at, found)| {
            let (before, behind) = (&text[..at], &text[at + found.len()..]);
            !is_inner(before.chars().next_back()) && !is_inner(behind.chars().next())
        })
    }

    /// The target without the person's id, if the target or the request's id names the person.
    #[must_use]
    pub fn target_without(&self, target: String, request_id: &str) -> Option<String> {
        self.called_otherwise(&target).or_else(|| self.is_in(request_id).then_some(target))
    }

    /// The target with the alias, if it is `/v1/companies/{company}/clients/{client}/…` of this person, or the same
    /// with `employees`.
    #[must_use]
    pub(crate) fn called_otherwise(&self, target: &str) -> Option<String> {
        let target = readable(target);
        let mut parts: Vec<&str> = target.split('/').collect();
        let people = if self.is_client { "clients" } else { "employees" };
        let names = parts.get(4) == Some(&people) && parts.get(5) == Some(&self.person.as_str());
        names.then(|| {
            parts[5] = &self.alias;
            parts.join("/")
        })
    }
}

/// Decodes every percent-encoded character that an id may have, so that each id has a single spelling.
#[must_use]
pub fn readable(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut read = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).map(char::from);
        match code.filter(|c| c.is_ascii_alphanumeric() || ".@_~-".contains(*c)) {
            Some(character) => {
                read.push(character);
                read.push_str(&piece[2..]);
            }
            None => {
                read.push('%');
                read.push_str(piece);
            }
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_was_called_after_a_person_names_them() {
        let named = |person: &str| RenamedPerson {
            company: "acme".into(),
            is_client: true,
            person: person.into(),
            alias: "erased-1".into(),
        };
        for text in ["carl", "req-carl", "carl/17", "user=carl;n=1", "a%63arl carl", "%63arl", "carl.carl2"] {
            assert!(named("carl").is_in(text), "{text}");
        }
        for text in ["", "carla", "xcarl", "carl2", "01a2c128-0000-7000-8000-000000000000", "Carl"] {
            assert!(!named("carl").is_in(text), "{text}");
        }
        assert!(named("7").is_in("order-7") && !named("7").is_in("order-17"));
        assert!(named("a.b@c").is_in("of a.b@c"));
    }
}
