//! A desk at which a story is played: lines of script go in, and a record of all their effects comes out.
//!
//! People whose names begin with `x`, `y` or `z` are clients, all others employees. Bookings, sessions and messages
//! are numbered as they are made: `b1`, `s1`, `m1`. The lines are read in `script`, and the record is made in `words`:
//!
//! ```text
//! open ann bob:tax,law max_missed=1     a company, whose employees are connected and idle in that order
//! admin routes {"routes": [{"steps": [{}]}]}     the routing, as JSON
//! zoe books tax key=k1                  any command of a person; see `script`
//! wait 3000                             time passes, and every deadline on the way is kept
//! clock +3000                           time passes while the clock is not read; `-3000` turns it back
//! server restarts                       read again from a snapshot, and all have lost their devices
//! server resumes ann zoe                read again from a snapshot, and these stayed connected
//! line tax | see b1 | availability      a look at the state; also `see company` and `see today`
//! quietly …                             not recorded
//! ```

mod script;

mod words;

use std::collections::BTreeMap;

use expect_test::Expect;
use switchboard_core::{Command, Company, EmployeeId, EmployeeNo, Event, Time, Turn, invariants};

/// Plays the script and compares the record with the expected one; `UPDATE_EXPECT=1` writes the expected one anew.
#[expect(clippy::needless_pass_by_value, reason = "so that a test hands over `expect![[…]]` as it stands")]
pub fn story(script: &str, expected: Expect) {
    let desk = played(script);
    desk.fold_again();
    expected.assert_eq(&desk.written);
}

/// The company at the end of the script.
pub fn company_after(script: &str) -> Company {
    played(script).company
}

fn played(script: &str) -> Desk {
    let mut desk = Desk::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        desk.play(line);
    }
    desk
}

/// A company, its clock, and the record.
struct Desk {
    company: Company,
    now_ms: u64,
    history: Vec<(Time, Event)>,
    written: String,
    quiet: bool,
    names: BTreeMap<EmployeeNo, EmployeeId>,
    made: Made,
}

/// Numbers of things that were made.
#[derive(Default)]
struct Made {
    bookings: u128,
    sessions: u128,
    messages: u128,
}

impl Desk {
    fn new() -> Self {
        Self {
            company: Company::new("acme".parse().unwrap()),
            now_ms: 0,
            history: Vec::new(),
            written: String::new(),
            quiet: false,
            names: BTreeMap::new(),
            made: Made::default(),
        }
    }

    fn play(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["quietly", ..] => self.quietly(|desk| desk.play(line.trim_start_matches("quietly").trim())),
            ["open", rest @ ..] => self.quietly(|desk| desk.open(rest)),
            ["wait", ms] => self.wait(ms.parse().unwrap()),
            ["clock", ms] => {
                self.write(&format!("[{}] clock {ms}", self.now_ms));
                self.now_ms = self.now_ms.saturating_add_signed(ms.parse().unwrap());
            }
            ["server", "restarts"] => {
                self.read_again();
                self.take("server restarts", &Command::Resume);
            }
            ["server", "resumes", present @ ..] => {
                self.read_again();
                let present: Vec<Command> = present.iter().map(|who| self.command(&[*who, "connects"])).collect();
                self.turn(line, |company, now| company.resume(now, &present));
            }
            ["line" | "see" | "availability", ..] => self.see(line, &words),
            _ => {
                let command = self.command(&words);
                self.take(line, &command);
            }
        }
    }

    fn quietly(&mut self, play: impl FnOnce(&mut Self)) {
        let was = std::mem::replace(&mut self.quiet, true);
        play(self);
        self.quiet = was;
    }

    /// `ann` takes any topic, and `bob:tax,law` those two; `name=number` is a setting.
    fn open(&mut self, rest: &[&str]) {
        let (settings, people): (Vec<&str>, Vec<&str>) = rest.iter().partition(|word| word.contains('='));
        self.play(&format!("admin sets company {}", settings.join(" ")));
        for person in people {
            let (name, topics) = person.split_once(':').unwrap_or((person, ""));
            self.play(&format!("admin hires {name} {}", topics.replace(',', " ")));
            self.play(&format!("{name} connects"));
            self.play(&format!("{name} goes idle"));
        }
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now_ms + ms;
        let mut happened = false;
        while let Some(at) = self.company.next_deadline().map(Time::as_ms).filter(|at| *at <= until) {
            self.now_ms = self.now_ms.max(at);
            self.take("time passes", &Command::Wake);
            happened = true;
        }
        self.now_ms = until;
        if !happened {
            self.write(&format!("[{until}] nothing happens"));
        }
    }

    fn read_again(&mut self) {
        let snapshot = serde_json::to_string(&self.company).unwrap();
        let mut read: Company = serde_json::from_str(&snapshot).unwrap();
        read.rebuild();
        assert_eq!(serde_json::to_string(&read).unwrap(), snapshot);
        self.company = read;
    }

    fn take(&mut self, line: &str, command: &Command) {
        self.turn(line, |company, now| company.take(now, command));
    }

    fn turn(&mut self, line: &str, turn: impl FnOnce(&mut Company, Time) -> Turn) {
        let before = self.employees();
        let turn = turn(&mut self.company, Time::from_ms(self.now_ms));
        self.count(&turn);
        let late =
            if turn.at.as_ms() == self.now_ms { String::new() } else { format!(", taken as {}", turn.at.as_ms()) };
        self.write(&format!("[{}{late}] {line}", self.now_ms));
        for text in self.words_of(&turn) {
            self.write(&format!("    {text}"));
        }
        for (name, is) in self.employees().into_iter().filter(|(name, is)| before.get(name) != Some(is)) {
            self.write(&format!("    {name} is {is}"));
        }
        if let Err(broken) = invariants::check(&self.company) {
            panic!("{broken}, after `{line}` of\n{}", self.written);
        }
    }

    fn count(&mut self, turn: &Turn) {
        for event in &turn.events {
            match event {
                Event::BookingOpened(_) => self.made.bookings += 1,
                Event::OfferAccepted { .. } => self.made.sessions += 1,
                Event::MessageSent { .. } => self.made.messages += 1,
                Event::EmployeeSet { employee, id, .. } => drop(self.names.insert(*employee, id.clone())),
                _ => {}
            }
            self.history.push((turn.at, event.clone()));
        }
    }

    fn write(&mut self, line: &str) {
        if !self.quiet {
            self.written.push_str(line);
            self.written.push('\n');
        }
    }

    /// The state comes from events alone, so their fold must be the state, byte for byte.
    fn fold_again(&self) {
        let mut folded = Company::new(self.company.id().clone());
        for (at, event) in &self.history {
            folded.apply(*at, event);
        }
        assert_eq!(serde_json::to_string(&folded).unwrap(), serde_json::to_string(&self.company).unwrap());
    }
}
