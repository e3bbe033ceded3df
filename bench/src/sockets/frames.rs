//! The frames of one booking, as Switchboard sends them, with blanks for the names, for the relay's answers.

use switchboard_wire::claims::Role;

/// The push that begins a booking.
pub const BOOK: &str = "book";

/// The values for the blanks.
#[derive(Debug, Default)]
pub struct Names {
    pub company: String,
    pub client: String,
    pub employee: String,
    pub booking: String,
    pub session: String,
    /// The join's ref, as JSON.
    pub join_ref: String,
    /// The push's ref, as JSON.
    pub reference: String,
}

/// A step that a person has just taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptStep {
    /// A client has joined the company's topic.
    ClientJoins,
    /// An employee has joined the employee's topic.
    EmployeeJoins,
    /// An employee becomes idle.
    Idle,
    Books,
    Accepts,
    /// A client joins the session's topic.
    EntersSession,
    /// A client ends the session.
    Ends,
    /// A client leaves the session's topic.
    Leaves,
}

impl ScriptStep {
    /// The steps of each booking; every other step happens once for each person who connects.
    pub const OF_A_BOOKING: [Self; 5] = [Self::Books, Self::Accepts, Self::EntersSession, Self::Ends, Self::Leaves];

    /// The step of a push, if anything follows from the push.
    #[must_use]
    pub fn of(role: Role, event: &str, text: &str) -> Option<Self> {
        Some(match (role, event) {
            (Role::Client, BOOK) => Self::Books,
            (Role::Client, "end") => Self::Ends,
            (Role::Client, "phx_leave") => Self::Leaves,
            (Role::Client, "phx_join") if text.contains("\"session:") => Self::EntersSession,
            (Role::Client, "phx_join") => Self::ClientJoins,
            (Role::Employee, "phx_join") => Self::EmployeeJoins,
            (Role::Employee, "set_status") => Self::Idle,
            (Role::Employee, "accept") => Self::Accepts,
            (Role::Client | Role::Employee | Role::Admin, _) => return None,
        })
    }
}

/// A frame with blanks.
#[derive(Debug)]
pub struct FrameTemplate(Vec<TemplatePart>);

/// Selects the name that fills the blank.
type Blank = fn(&Names) -> &str;

#[derive(Debug)]
enum TemplatePart {
    Text(String),
    Blank(Blank),
}

impl FrameTemplate {
    fn read(mut text: &str) -> Self {
        const BLANKS: [(&str, Blank); 7] = [
            ("COMPANY", |names| &names.company),
            ("CLIENT", |names| &names.client),
            ("EMPLOYEE", |names| &names.employee),
            ("BOOKING", |names| &names.booking),
            ("SESSION", |names| &names.session),
            ("JOIN", |names| &names.join_ref),
            ("REF", |names| &names.reference),
        ];
        let mut parts = Vec::new();
        loop {
            let next = BLANKS.iter().filter_map(|(word, of)| Some((text.find(word)?, word, of))).min_by_key(|at| at.0);
            let Some((at, word, of)) = next else { break };
            parts.extend([TemplatePart::Text(text[..at].to_owned()), TemplatePart::Blank(*of)]);
            text = &text[at + word.len()..];
        }
        parts.push(TemplatePart::Text(text.to_owned()));
        Self(parts)
    }

    /// The frame's text, with the names in it.
    #[must_use]
    pub fn fill(&self, names: &Names) -> String {
        let mut out = String::with_capacity(600);
        for part in &self.0 {
            out.push_str(match part {
                TemplatePart::Text(text) => text,
                TemplatePart::Blank(of) => of(names),
            });
        }
        out
    }
}

/// All frames, by the step that they follow from, each with the role that receives it.
#[derive(Debug)]
pub struct Frames(Vec<(ScriptStep, Vec<(Role, FrameTemplate)>)>);

const OFFERING: &str = r#"{"booking":{"id":"BOOKING","company_id":"COMPANY","client_id":"CLIENT","client_name":null,"topic":"load","note":null,"state":"offering","reason":null,"offers":1,"created_at":"2026-11-24T00:09:37.354Z","session":null,"employee":null}}"#;
const RUNNING: &str = r#"{"id":"SESSION","booking_id":"BOOKING","company_id":"COMPANY","client_id":"CLIENT","client_name":null,"employee_id":"EMPLOYEE","topic":"load","started_at":"2026-11-24T00:09:37.362Z","ended_at":null,"ended_by":null,"reason":null}"#;
const ENDED: &str = r#"{"id":"SESSION","booking_id":"BOOKING","company_id":"COMPANY","client_id":"CLIENT","client_name":null,"employee_id":"EMPLOYEE","topic":"load","started_at":"2026-11-24T00:09:37.362Z","ended_at":"2026-11-24T00:09:37.394Z","ended_by":"client","reason":null}"#;

const CLIENTS: &str = "company:COMPANY";
const DESK: &str = "employee:COMPANY:EMPLOYEE";
const ROOM: &str = "session:SESSION";

fn reply(topic: &str, response: &str) -> String {
    format!(r#"[JOIN,REF,"{topic}","phx_reply",{{"status":"ok","response":{response}}}]"#)
}

fn event(topic: &str, event: &str, payload: &str) -> String {
    format!(r#"[null,null,"{topic}","{event}",{payload}]"#)
}

fn status(status: &str, cause: &str) -> (Role, String) {
    let payload =
        format!(r#"{{"cause":"{cause}","intent":"idle","since":"2026-11-24T00:09:37.346Z","status":"{status}"}}"#);
    (Role::Employee, event(DESK, "status", &payload))
}

fn booking(session: &str) -> (Role, String) {
    let payload = format!(
        r#"{{"booking":{{"id":"BOOKING","company_id":"COMPANY","client_id":"CLIENT","client_name":null,"topic":"load","note":null,"state":"assigned","reason":null,"offers":1,"created_at":"2026-11-24T00:09:37.354Z","session":{session},"employee":{{"id":"EMPLOYEE","name":"EMPLOYEE"}}}}}}"#
    );
    (Role::Client, event(CLIENTS, "booking", &payload))
}

fn session(session: &str) -> String {
    format!(r#"{{"session":{session}}}"#)
}

impl Frames {
    /// Parses all frames once, so that a booking only fills in names.
    #[must_use]
    pub fn read() -> Self {
        let availability = r#"{"availability":{"available":true,"idle":1,"topics":{}},"booking":null}"#;
        let desk =
            r#"{"status":"offline","since":"2026-11-24T00:09:37.328Z","intent":"offline","offer":null,"session":null}"#;
        let offer = r#"{"offer":{"id":"BOOKING.1","booking_id":"BOOKING","client_id":"CLIENT","client_name":null,"topic":"load","note":null,"attempt":1,"expires_at":"2026-11-24T00:09:52.354Z","expires_in_ms":15000}}"#;
        let steps = vec![
            (ScriptStep::ClientJoins, vec![(Role::Client, reply(CLIENTS, availability))]),
            (ScriptStep::EmployeeJoins, vec![(Role::Employee, reply(DESK, desk))]),
            (
                ScriptStep::Idle,
                vec![
                    (Role::Employee, reply(DESK, r#"{"intent":"idle","status":"idle"}"#)),
                    status("idle", "set_by_employee"),
                ],
            ),
            (
                ScriptStep::Books,
                vec![
                    (Role::Client, reply(CLIENTS, OFFERING)),
                    (Role::Client, event(CLIENTS, "booking", OFFERING)),
                    (Role::Employee, event(DESK, "offer", offer)),
                    status("init", "offer"),
                ],
            ),
            (
                ScriptStep::Accepts,
                vec![
                    (Role::Employee, reply(DESK, &session(RUNNING))),
                    (Role::Employee, event(DESK, "offer_closed", r#"{"offer_id":"BOOKING.1","outcome":"accepted"}"#)),
                    (Role::Employee, event(DESK, "session", &session(RUNNING))),
                    status("busy", "session_started"),
                    booking(RUNNING),
                ],
            ),
            (
                ScriptStep::EntersSession,
                vec![(
                    Role::Client,
                    reply(ROOM, &format!(r#"{{"messages":[],"peer":{{"online":false}},"session":{RUNNING}}}"#)),
                )],
            ),
            (
                ScriptStep::Ends,
                vec![
                    (Role::Client, reply(ROOM, &session(ENDED))),
                    (Role::Client, event(ROOM, "ended", &session(ENDED))),
                    booking(ENDED),
                    (Role::Employee, event(DESK, "session", &session(ENDED))),
                    status("idle", "session_ended"),
                ],
            ),
            (
                ScriptStep::Leaves,
                vec![
                    (Role::Client, reply(ROOM, "{}")),
                    (Role::Client, format!(r#"[JOIN,JOIN,"{ROOM}","phx_close",{{}}]"#)),
                ],
            ),
        ];
        let read = |frames: Vec<(Role, String)>| frames.into_iter().map(|(to, text)| (to, FrameTemplate::read(&text)));
        Self(steps.into_iter().map(|(step, frames)| (step, read(frames).collect())).collect())
    }

    /// Number of frames in one booking, both ways: the pushes of its people and the frames that follow, with the
    /// offer's ping and pong.
    #[must_use]
    pub fn of_a_booking(&self) -> usize {
        let pushed_and_told = ScriptStep::OF_A_BOOKING.map(|step| 1 + self.after(step).count());
        pushed_and_told.iter().sum::<usize>() + 2
    }

    /// The frames that follow from a step.
    pub fn after(&self, step: ScriptStep) -> impl Iterator<Item = &(Role, FrameTemplate)> {
        self.0.iter().filter(move |(of, _)| *of == step).flat_map(|(_, frames)| frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_booking_is_as_many_frames_as_the_documents_say() {
        assert_eq!(Frames::read().of_a_booking(), 24);
    }
}
