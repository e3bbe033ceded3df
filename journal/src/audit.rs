//! The audit list: who changed what over HTTP or at the command line, and how the request ended. It holds no names, notes
//! or bodies.

use switchboard_core::Time;
use uuid::Uuid;

/// One entry of the list.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Its id (`UUIDv7`).
    pub id: Uuid,
    /// When it was asked for.
    pub at: Time,
    /// The key's id; the key of the settings, people and the command line have none.
    pub key_id: Option<String>,
    /// The key's name, or a person's role and id.
    pub key_name: String,
    /// In which company.
    pub company: Option<String>,
    /// The method of HTTP, or `COMMAND`.
    pub method: String,
    /// What was to be done: the route, or the command.
    pub route: String,
    /// To what: the path.
    pub target: String,
    /// How the request is found in other logs.
    pub request_id: String,
    /// Where it came from.
    pub address: Option<String>,
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this company.
    pub company: Option<String>,
    /// In one of these, as JSON, and not in one that had the id before.
    pub companies: Option<String>,
    /// By the key of this name or id, or by the person called so.
    pub key: Option<String>,
    /// Asked for at this time or later.
    pub from: Option<Time>,
    /// Asked for before this time.
    pub to: Option<Time>,
}

/// A person who is called otherwise from now on.
#[derive(Clone, Debug)]
pub struct Named {
    /// In which company.
    pub company: String,
    /// A client, or else an employee.
    pub is_client: bool,
    /// The id.
    pub person: String,
    /// What stands for it.
    pub alias: String,
}

impl Named {
    /// Whether a text of a caller's own has the person's id in it, as a word: one of a letter is in most texts by chance.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let text = readable(text);
        let is_inner = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        text.match_indices(&self.person).any(|(at, found)| {
            let (before, behind) = (&text[..at], &text[at + found.len()..]);
            !is_inner(before.chars().next_back()) && !is_inner(behind.chars().next())
        })
    }

    /// The target of an entry without the person, if the target names the person or the request's id does.
    #[must_use]
    pub fn target_without(&self, target: String, request_id: &str) -> Option<String> {
        self.called_otherwise(&target).or_else(|| self.is_in(request_id).then_some(target))
    }

    /// `/v1/companies/{company}/clients/{client}/…`, or `employees`; none when somebody else is named, or nobody.
    #[must_use]
    pub fn called_otherwise(&self, target: &str) -> Option<String> {
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

/// A path with every character that an id may have as itself, so that an id is written in one way only.
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
        let named = |person: &str| Named {
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
