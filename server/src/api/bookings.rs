//! Bookings over HTTP: listed, shown with their offers, and cancelled.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use switchboard_core::{Actor, BookingId, BookingState, Command, CompanyId, Refusal};

use super::ask::{self, Answered, InPath, shown};
use super::past::Past;
use super::problem::Problem;
use crate::hub::Hub;
use crate::journal::history::Filter;
use crate::view;

/// What a list of bookings or sessions may be asked for by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    limit: Option<u32>,
    after: Option<String>,
    state: Option<String>,
    client: Option<String>,
    employee: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl ListQuery {
    /// The filter and the page, checked.
    ///
    /// # Errors
    /// A problem that names the field.
    pub fn read(self, states: &[&str]) -> Result<(Filter, crate::journal::history::Page), Problem> {
        let filter = Filter {
            state: ask::one_of("state", self.state, states)?,
            client: self.client,
            employee: self.employee,
            from: ask::moment("from", self.from.as_deref())?,
            to: ask::moment("to", self.to.as_deref())?,
        };
        Ok((filter, ask::page(self.limit, self.after)?))
    }
}

/// `GET /v1/companies/{company}/bookings`
///
/// # Errors
/// `unknown_company`, or a bad query.
pub async fn list(
    State(hub): State<Arc<Hub>>,
    State(past): State<Past>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> Answered {
    let company: CompanyId = ask::id("company", &company)?;
    let (filter, page) = ask::query::<ListQuery>(&uri)?.read(&BookingState::ALL.map(BookingState::word))?;
    ask::known_company(&hub, &company).await?;
    let listed = past.of(&company, move |past, company| past.bookings(company, &filter, &page)).await?;
    Ok(shown(StatusCode::OK, &listed))
}

/// `GET /v1/companies/{company}/bookings/{booking}`
///
/// # Errors
/// `unknown_booking`.
pub async fn show(State(past): State<Past>, InPath((company, booking)): InPath<(String, String)>) -> Answered {
    let (company, booking) = ids(&company, &booking)?;
    let found = past.of(&company, move |past, company| past.booking(company, booking)).await?;
    let found = found.ok_or_else(|| Problem::from(&Refusal::UnknownBooking))?;
    Ok(shown(StatusCode::OK, &found))
}

/// `POST /v1/companies/{company}/bookings/{booking}/cancel`
///
/// # Errors
/// `unknown_booking`, `booking_closed`.
pub async fn cancel(State(hub): State<Arc<Hub>>, InPath((company, booking)): InPath<(String, String)>) -> Answered {
    let (company, booking) = ids(&company, &booking)?;
    let command = Command::Cancel { booking, by: Actor::Admin };
    let cancelled = ask::command(&hub, &company, command, |visit, _| {
        let company = visit.company();
        shown(StatusCode::OK, &company.booking(booking).map(|booking| view::booking(company, booking)))
    });
    cancelled.await
}

fn ids(company: &str, booking: &str) -> Result<(CompanyId, BookingId), Problem> {
    let unknown = |_| Problem::from(&Refusal::UnknownBooking);
    Ok((ask::id("company", company)?, booking.parse().map_err(unknown)?))
}
