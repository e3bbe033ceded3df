//! Parser of script lines: a person, a verb and an object become a command.

use switchboard_core::{
    Actor, BookingId, BookingRequest, Brand, Command, CompanySettings, Intent, Key, MessageId, OfferId, Party,
    PauseRequest, Profile, Routing, SessionId, Skills, Time, Topic, Whose, Wishes,
};

use super::Desk;

/// Bound on the bytes of a session's messages: a hundred short words and a few more.
const SESSION_MAX_BYTES: u64 = 512;

impl Desk {
    pub(super) fn command(&self, words: &[&str]) -> Command {
        if let ["admin", wish @ ..] = words
            && let Some(command) = self.of_admin(wish)
        {
            return command;
        }
        if let Some(command) = of_work(words) {
            return command;
        }
        match words {
            ["wake"] => Command::Wake,
            ["company", "follows", by_ms] => Command::FollowClock { by_ms: by_ms.parse().unwrap() },
            [who, "goes", intent] => set_status(who, intent, false),
            [who, "connects"] if is_client(who) => Command::ClientConnected { client: who.parse().unwrap() },
            [who, "connects"] => Command::EmployeeConnected { employee: who.parse().unwrap() },
            [who, "drops"] if is_client(who) => Command::ClientDisconnected { client: who.parse().unwrap() },
            [who, "drops"] => Command::EmployeeDisconnected { employee: who.parse().unwrap() },
            [who, "books", topic, marks @ ..] => {
                let booking = BookingId::from_u128(self.made.bookings + 1);
                Command::Book(BookingRequest {
                    client_name: mark(marks, "as").map(Into::into),
                    note: mark(marks, "note").map(Into::into),
                    key: key_of(marks),
                    wishes: wishes(marks),
                    ..BookingRequest::new(booking, who.parse().unwrap(), topic.parse().unwrap())
                })
            }
            [who, "cancels", booking] => Command::Cancel { booking: booking_id(booking), by: actor(who) },
            [who, "has", offer, on @ ..] => Command::OfferDelivered {
                employee: who.parse().unwrap(),
                offer: offer_id(offer),
                device: mark(on, "on").map(|kind| kind.parse().unwrap()),
            },
            [who, "accepts", offer] => Command::Accept {
                employee: who.parse().unwrap(),
                offer: offer_id(offer),
                session: SessionId::from_u128(self.made.sessions + 1),
            },
            [who, "rejects", offer, reason @ ..] => Command::Reject {
                employee: who.parse().unwrap(),
                offer: offer_id(offer),
                reason: reason.first().map(|reason| (*reason).into()),
            },
            [who, "enters", session] => Command::EnterSession { session: session_id(session), party: party(who) },
            [who, "leaves", session] => Command::LeaveSession { session: session_id(session), party: party(who) },
            [who, "says", session, body, marks @ ..] => Command::Send {
                session: session_id(session),
                message: MessageId::from_u128(self.made.messages + 1),
                by: actor(who),
                body: (*body).into(),
                key: key_of(marks),
                session_max_bytes: SESSION_MAX_BYTES,
            },
            [who, "notes", session, body @ ..] => {
                Command::WriteNotes { session: session_id(session), by: actor(who), body: body.join(" ").into() }
            }
            [who, "ends", session, reason @ ..] => Command::End {
                session: session_id(session),
                by: actor(who),
                reason: reason.first().map(|reason| (*reason).into()),
            },
            _ => panic!("no such line in the script language: {words:?}"),
        }
    }

    /// Commands of an admin alone.
    fn of_admin(&self, wish: &[&str]) -> Option<Command> {
        Some(match wish {
            ["sets", "company", settings @ ..] => {
                Command::SetCompany { name: "Acme".into(), settings: settings_of(settings) }
            }
            ["routes", json @ ..] => {
                let routing: Routing = serde_json::from_str(&json.join(" ")).unwrap();
                routing.check().unwrap();
                Command::SetRouting { routing: Box::new(routing) }
            }
            ["paints", "company", brand @ ..] => Command::SetBrand {
                brand: Brand {
                    colour: mark(brand, "colour").map(|colour| colour.parse().unwrap()),
                    logo: mark(brand, "logo").map(|logo| logo.parse().unwrap()),
                },
            },
            ["ranks", booking, priority] => {
                Command::ChangeBooking { booking: booking_id(booking), priority: priority.parse().unwrap() }
            }
            ["removes", "company"] => Command::RemoveCompany { revoke_before: Time::from_ms(self.now_ms) },
            ["hires", who, words @ ..] => {
                let (marks, topics): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.contains('='));
                let mut profile = Profile {
                    skills: skills(mark(&marks, "skills").unwrap_or_default()),
                    capacity: mark(&marks, "capacity").map_or(1, |capacity| capacity.parse().unwrap()),
                    share: mark(&marks, "share").map_or(1, |share| share.parse().unwrap()),
                };
                let mut named = vec![];
                for topic in topics {
                    let (topic, level) = topic.trim_end_matches(')').split_once('(').unwrap_or((topic, ""));
                    named.push(topic.parse::<Topic>().unwrap());
                    if !level.is_empty() {
                        profile.skills.extend(skills(&format!("{topic}:{level}")));
                    }
                }
                Command::SetEmployee {
                    employee: who.parse().unwrap(),
                    name: who.to_uppercase().into(),
                    topics: named,
                    profile,
                }
            }
            ["removes", who] => {
                let revoke_before = Time::from_ms(self.now_ms);
                Command::RemoveEmployee { employee: who.parse().unwrap(), revoke_before }
            }
            ["revokes", who] => {
                let whose = match who.parse().map(Whose::Client) {
                    Ok(client) if is_client(who) => client,
                    _ => Whose::Employee(who.parse().unwrap()),
                };
                Command::Revoke { whose, before: Time::from_ms(self.now_ms) }
            }
            ["sets", who, intent] => set_status(who, intent, true),
            _ => return None,
        })
    }
}

/// Commands of an employee about their own work.
fn of_work(words: &[&str]) -> Option<Command> {
    Some(match words {
        [who, "pauses", marks @ ..] => Command::SetStatus {
            employee: who.parse().unwrap(),
            intent: Intent::Offline,
            by_admin: false,
            pause: PauseRequest {
                reason: mark(marks, "for").map(|reason| reason.parse().unwrap()),
                for_ms: mark(marks, "ms").map(|ms| ms.parse().unwrap()),
            },
        },
        [who, "finishes", session @ ..] => Command::Finish {
            employee: who.parse().unwrap(),
            session: session.first().map(|session| session_id(session)),
        },
        [who, "extends", session, for_ms] => Command::Extend {
            employee: who.parse().unwrap(),
            session: session_id(session),
            for_ms: for_ms.parse().unwrap(),
        },
        [who, "codes", session, code] => {
            Command::Code { employee: who.parse().unwrap(), session: session_id(session), code: code.parse().unwrap() }
        }
        _ => return None,
    })
}

pub(super) fn booking_id(text: &str) -> BookingId {
    BookingId::from_u128(number(text, 'b'))
}

pub(super) fn session_id(text: &str) -> SessionId {
    SessionId::from_u128(number(text, 's'))
}

fn offer_id(text: &str) -> OfferId {
    let (booking, attempt) = text.split_once('.').unwrap();
    OfferId { booking: booking_id(booking), attempt: attempt.parse().unwrap() }
}

fn number(text: &str, letter: char) -> u128 {
    text.strip_prefix(letter).and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("no id of that kind: {text}"))
}

fn is_client(who: &str) -> bool {
    who.starts_with(['x', 'y', 'z'])
}

fn party(who: &str) -> Party {
    if is_client(who) { Party::Client } else { Party::Employee }
}

fn actor(who: &str) -> Actor {
    match who {
        "admin" => Actor::Admin,
        _ if is_client(who) => Actor::Client(who.parse().unwrap()),
        _ => Actor::Employee(who.parse().unwrap()),
    }
}

fn set_status(who: &str, intent: &str, by_admin: bool) -> Command {
    let intent = match intent {
        "idle" => Intent::Idle,
        "offline" => Intent::Offline,
        _ => panic!("no such intent: {intent}"),
    };
    Command::set_status(who.parse().unwrap(), intent, by_admin)
}

/// Skills with their levels, such as `de:3,law:1`.
fn skills(text: &str) -> Skills {
    let pairs = text.split(',').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once(':').unwrap());
    pairs.map(|(skill, level)| (skill.parse().unwrap(), level.parse::<u8>().unwrap().try_into().unwrap())).collect()
}

fn wishes(marks: &[&str]) -> Option<Box<Wishes>> {
    let wishes = Wishes {
        channel: mark(marks, "channel").map(|channel| channel.parse().unwrap()),
        skills: skills(mark(marks, "skills").unwrap_or_default()),
        priority: mark(marks, "priority").map(|priority| priority.parse().unwrap()),
        employee: mark(marks, "wants").map(|employee| employee.parse().unwrap()),
        again: marks.contains(&"again"),
        only: marks.contains(&"only"),
        hold_ms: mark(marks, "hold").map(|ms| ms.parse().unwrap()),
        wait_ms: mark(marks, "wait").map(|ms| ms.parse().unwrap()),
        wanted: vec![],
    };
    (!wishes.is_empty()).then(|| Box::new(wishes))
}

fn mark<'a>(marks: &[&'a str], name: &str) -> Option<&'a str> {
    marks.iter().find_map(|mark| mark.strip_prefix(name)?.strip_prefix('='))
}

fn key_of(marks: &[&str]) -> Option<Key> {
    mark(marks, "key").map(|key| key.parse().unwrap())
}

fn settings_of(marks: &[&str]) -> CompanySettings {
    let pairs = marks.iter().map(|mark| mark.split_once('=').unwrap());
    let object = pairs.map(|(name, value)| (name.to_owned(), value.parse::<u64>().unwrap().into())).collect();
    let settings: CompanySettings = serde_json::from_value(serde_json::Value::Object(object)).unwrap();
    settings.check().unwrap();
    settings
}
