//! `board:{company}`: an admin watches the company. The board's content is read page by page, so that a page costs its
//! own rows and not the whole company; events carry all changes since the join.

use serde_json::value::RawValue;
use switchboard_core::id::StoredAsText;
use switchboard_core::{ClientId, Company, CompanyId, EmployeeId, Refusal, Time};
use switchboard_wire::claims::Role;
use switchboard_wire::fields::{Fields, invalid};
use switchboard_wire::json::{self, Json};
use switchboard_wire::view;

use super::company::{provision_company, refused};
use super::{ChannelRequest, Joined, Seat, forbidden, shortened};
use crate::companies::{JoinSnapshot, Response, Room};

/// Rows of a page. Most companies fit into one page, and others are read in some hundred, far fewer than the requests
/// that one person may make at once.
pub const PAGE_MAX_ROWS: usize = 1_000;
/// Bytes of a page beside its last row, which has at most 40 KB: a small part of the bytes that may wait for a device.
pub const PAGE_MAX_BYTES: usize = 256 * 1024;

/// Joins an admin's device to the board.
pub async fn join(caller: &ChannelRequest<'_>, company: &CompanyId, old: Option<Seat>) -> Option<Seat> {
    let own = caller.claims.company.as_deref() == Some(company.as_str());
    if caller.claims.role != Role::Admin || !own {
        caller.reply.send_error(&forbidden("only an admin of this company may join its board"));
        return old;
    }
    let provision = caller.context.auto_provision;
    let rows = caller.context.board_page_rows;
    let joined = caller.join(company, old, |visit, line| {
        // Before the company is made, so that a revoked token makes none. Where there is no company and none is made,
        // the answer is that the company is unknown.
        if provision || visit.company().exists() {
            caller.admitted(visit)?;
        }
        if provision {
            provision_company(visit);
        }
        match visit.enter(&Room::Board, line) {
            Ok(_) => {
                let snapshot = page(visit.company(), BoardCursor::Nothing, rows, visit.now());
                let shown = JoinSnapshot { snapshot: snapshot.into(), proof: None, goes_on: None };
                Ok(Joined { room: Room::Board, shown })
            }
            Err(refusal) => Err(refused(visit.company(), &refusal)),
        }
    });
    joined.await
}

/// Handles a push of an admin: `more`, for the next page.
pub async fn push(caller: &ChannelRequest<'_>, seat: &Seat, event: &str, payload: &RawValue) {
    if event != "more" {
        let message = format!(
            "unknown event `{}`: this channel has `more`, and changes go through the HTTP API",
            shortened(event)
        );
        return caller.reply.send_error(&super::error("unknown_event", message));
    }
    let (fields, rows) = (Fields::of(payload), caller.context.board_page_rows);
    caller.reply_after_commit(&seat.company, |visit| more(visit.company(), &fields, rows, visit.now())).await;
}

fn more(company: &Company, fields: &Fields<'_>, rows: usize, now: Time) -> Response {
    if !company.exists() {
        return Err(refused(company, &Refusal::UnknownCompany));
    }
    let after: Result<String, Refusal> = fields.required("after");
    let page = after.and_then(|after| {
        let after =
            BoardCursor::read(&after).ok_or_else(|| invalid("after", "must be the `next` of an earlier page"))?;
        Ok(page(company, after, rows, now))
    });
    page.map_err(|refusal| refused(company, &refusal))
}

/// A position in a board: first employees by id, then open bookings and sessions by the id of their client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BoardCursor<'a> {
    Nothing,
    Employee(&'a str),
    Client(&'a str),
}

impl<'a> BoardCursor<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "employee" => EmployeeId::from_stored(id).is_ok().then_some(Self::Employee(id)),
            "client" => ClientId::from_stored(id).is_ok().then_some(Self::Client(id)),
            _ => None,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Employee(id) => Some(format!("employee:{id}")),
            Self::Client(id) => Some(format!("client:{id}")),
        }
    }
}

/// The first page of a board as JSON.
#[must_use]
pub fn first_page(company: &Company, now: Time) -> String {
    page(company, BoardCursor::Nothing, PAGE_MAX_ROWS, now)
}

/// A page of a board as JSON, with at most `rows_max` rows, and at least one if any are left.
fn page(company: &Company, after: BoardCursor<'_>, rows_max: usize, now: Time) -> String {
    let mut page = BoardPage {
        employees: String::new(),
        bookings: String::new(),
        sessions: String::new(),
        rows: 0,
        rows_max,
        now,
    };
    let next = page.fill(company, after).and_then(BoardCursor::text);
    let BoardPage { employees, bookings, sessions, .. } = page;
    let mut text = String::with_capacity(employees.len() + bookings.len() + sessions.len() + json::USUAL_BYTES);
    text.push_str("{\"company\":");
    view::brand(company).write_to(&mut text);
    for (opening, rows) in
        [(",\"employees\":[", employees), ("],\"bookings\":[", bookings), ("],\"sessions\":[", sessions)]
    {
        text.push_str(opening);
        text.push_str(&rows);
    }
    text.push_str("],\"today\":");
    text.push_str(&view::json(&view::today(company, now)));
    text.push_str(",\"next\":");
    next.as_deref().write_to(&mut text);
    text.push('}');
    text
}

struct BoardPage {
    employees: String,
    bookings: String,
    sessions: String,
    rows: usize,
    rows_max: usize,
    now: Time,
}

impl BoardPage {
    /// Adds rows until the page is full. Returns where the next page begins, if rows are left.
    fn fill<'a>(&mut self, company: &'a Company, after: BoardCursor<'a>) -> Option<BoardCursor<'a>> {
        let (employee, client) = match after {
            BoardCursor::Nothing => (Some(None), None),
            BoardCursor::Employee(id) => (Some(Some(id)), None),
            BoardCursor::Client(id) => (None, Some(id)),
        };
        let mut last = after;
        for (_, employee) in employee.into_iter().flat_map(|after| company.employees_after(after)) {
            if self.is_full() {
                return Some(last);
            }
            self.rows += add(&mut self.employees, &view::employee(employee));
            last = BoardCursor::Employee(employee.id.as_str());
        }
        for (client, booking) in company.open_after(client) {
            if self.is_full() {
                return Some(last);
            }
            if booking.is_open() {
                self.rows += add(&mut self.bookings, &view::booking_of_staff(company, booking, self.now));
            } else if let Some(session) = booking.session.and_then(|id| company.session(id)) {
                self.rows += add(&mut self.sessions, &view::coded_session(company, session));
            }
            last = BoardCursor::Client(client.as_str());
        }
        None
    }

    const fn is_full(&self) -> bool {
        let bytes = self.employees.len() + self.bookings.len() + self.sessions.len();
        // One row always fits, so that a reader comes to the end whatever the sizes are.
        self.rows >= self.rows_max || (self.rows > 0 && bytes >= PAGE_MAX_BYTES)
    }
}

/// Adds one row, and returns the number of added rows.
fn add(rows: &mut String, row: &impl Json) -> usize {
    if !rows.is_empty() {
        rows.push(',');
    }
    row.write_to(rows);
    1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;
    use switchboard_core::{Actor, BookingRequest, Command};

    use super::*;

    /// A company with so many employees, every second of them with a client's booking or session.
    fn company(employees: usize) -> Company {
        let mut company = Company::new("acme".parse().unwrap());
        take(&mut company, &Command::SetCompany { name: "Acme".into(), settings: Default::default() });
        for n in 0..employees {
            hire(&mut company, n);
            if n % 2 == 0 {
                book(&mut company, n);
            }
            if n % 4 == 0 {
                let employee = id(n).parse().unwrap();
                let offer = switchboard_core::OfferId { booking: booking(n), attempt: 1 };
                let session = switchboard_core::SessionId::from_u128(n as u128 + 1);
                take(&mut company, &Command::Accept { employee, offer, session });
            }
        }
        company
    }

    fn take(company: &mut Company, command: &Command) {
        company.take(Time::from_ms(1), command).outcome.unwrap();
    }

    fn id(n: usize) -> String {
        format!("person-{n:03}")
    }

    fn booking(n: usize) -> switchboard_core::BookingId {
        switchboard_core::BookingId::from_u128(n as u128 + 1)
    }

    fn hire(company: &mut Company, n: usize) {
        let employee: switchboard_core::EmployeeId = id(n).parse().unwrap();
        let topics = vec![id(n).parse().unwrap()];
        take(company, &Command::set_employee(employee.clone(), "Somebody".into(), topics));
        take(company, &Command::EmployeeConnected { employee: employee.clone() });
        let intent = switchboard_core::Intent::Idle;
        take(company, &Command::set_status(employee, intent, false));
    }

    fn book(company: &mut Company, n: usize) {
        let (client, topic) = (id(n).parse().unwrap(), id(n).parse().unwrap());
        take(company, &Command::Book(BookingRequest::new(booking(n), client, topic)));
    }

    /// The rows that a reader has, by kind and id.
    type Rows = BTreeMap<(&'static str, String), Value>;

    /// Adds a page to the rows. Returns where the next page begins.
    fn read(rows: &mut Rows, page: &str) -> Option<String> {
        let page: Value = serde_json::from_str(page).unwrap();
        for kind in ["employees", "bookings", "sessions"] {
            for row in page[kind].as_array().unwrap() {
                rows.insert((kind, row["id"].as_str().unwrap().to_owned()), row.clone());
            }
        }
        page["next"].as_str().map(str::to_owned)
    }

    fn read_all(company: &Company, rows_max: usize) -> (Rows, usize) {
        let (mut rows, mut pages) = (Rows::new(), 1);
        let mut next = read(&mut rows, &page(company, BoardCursor::Nothing, rows_max, Time::from_ms(1)));
        while let Some(after) = next {
            pages += 1;
            next = read(&mut rows, &page(company, BoardCursor::read(&after).unwrap(), rows_max, Time::from_ms(1)));
        }
        (rows, pages)
    }

    #[test]
    fn however_large_the_pages_are_all_rows_are_read_once() {
        let company = company(12);
        let (whole, pages) = read_all(&company, 1000);
        let count = |kind| whole.keys().filter(|(of, _)| *of == kind).count();
        assert_eq!((pages, count("employees"), count("bookings"), count("sessions")), (1, 12, 3, 3));
        for rows_max in 1..20 {
            let (rows, pages) = read_all(&company, rows_max);
            assert_eq!(rows, whole, "by {rows_max}");
            assert_eq!(pages, 18_usize.div_ceil(rows_max), "by {rows_max}");
        }
    }

    #[test]
    fn a_page_is_bounded_in_bytes_and_has_one_row_at_least() {
        let mut company = company(0);
        let topics: Vec<_> = (0..64).map(|n| format!("{}{n:08}", "\u{1f600}".repeat(120)).parse().unwrap()).collect();
        for n in 0..40 {
            let (employee, name) = (id(n).parse().unwrap(), "\u{1f600}".repeat(256).into());
            take(&mut company, &Command::set_employee(employee, name, topics.clone()));
        }
        let first = page(&company, BoardCursor::Nothing, 1000, Time::from_ms(1));
        assert!((PAGE_MAX_BYTES..PAGE_MAX_BYTES + 40_000).contains(&first.len()), "{}", first.len());
        assert_eq!(read_all(&company, 1000).0.len(), 40);
    }

    #[test]
    fn who_is_removed_between_pages_does_not_come_back_and_who_comes_is_not_missed() {
        let mut company = company(8);
        let mut rows = Rows::new();
        let mut next = read(&mut rows, &page(&company, BoardCursor::Nothing, 3, Time::from_ms(1)));
        // A reader learns of each removal by an event.
        for gone in [1, 2, 3, 7] {
            let employee: switchboard_core::EmployeeId = id(gone).parse().unwrap();
            take(&mut company, &Command::RemoveEmployee { employee, revoke_before: Time::from_ms(1) });
            rows.remove(&("employees", id(gone)));
        }
        take(&mut company, &Command::Cancel { booking: booking(6), by: Actor::Admin });
        hire(&mut company, 9);
        while let Some(after) = next {
            next = read(&mut rows, &page(&company, BoardCursor::read(&after).unwrap(), 3, Time::from_ms(1)));
        }
        let employees: Vec<&str> =
            rows.keys().filter(|(kind, _)| *kind == "employees").map(|(_, id)| id.as_str()).collect();
        assert_eq!(employees, [id(0), id(4), id(5), id(6), id(9)]);
        assert!(!rows.contains_key(&("bookings", booking(6).to_string())));
    }

    #[test]
    fn a_cursor_of_somebody_elses_making_is_refused() {
        for text in ["", "person-001", "session:1", "employee", "employee:", "client:", "client:a b", "employee:a/b"] {
            assert_eq!(BoardCursor::read(text), None, "{text}");
        }
        assert_eq!(BoardCursor::read("client:a"), Some(BoardCursor::Client("a")));
    }
}
