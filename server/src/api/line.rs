//! The line over HTTP: bookings that wait, in their order.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use switchboard_core::{BookingId, CompanyId, Topic};
use switchboard_history::paging::Listed;
use switchboard_wire::shape;
use switchboard_wire::view::{self, LineItemView};
use utoipa::IntoParams;

use super::ApiState;
use super::ask::{self, ApiResult, InPath, shown};
use super::history_reader::HistoryReader;
use super::in_path::OfCompany;
use super::principal::Principal;
use super::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LineQuery {
    /// Only bookings about this topic.
    #[param(value_type = Option<shape::Topic>, example = "tax")]
    topic: Option<String>,
    /// Maximum number of items.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `next` of the previous page.
    #[param(value_type = Option<shape::OfferId>)]
    after: Option<String>,
}

/// The end of a page: its last booking, and how many came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LineCursor {
    booking: BookingId,
    before: usize,
}

impl LineCursor {
    fn read(text: &str) -> Result<Self, Problem> {
        let read = text.split_once('.').and_then(|(booking, place)| {
            let place: usize = place.parse().ok()?;
            Some(Self { booking: booking.parse().ok()?, before: place.checked_sub(1)? })
        });
        read.ok_or_else(ask::no_cursor)
    }

    fn text(self) -> String {
        format!("{}.{}", self.booking, self.before + 1)
    }

    /// How many of the line are on earlier pages. Where the last booking of the page has left the line, all that came
    /// before it are taken to be there still.
    fn passed(self, line: &[BookingId]) -> usize {
        line.iter().position(|id| *id == self.booking).map_or(self.before, |at| at + 1)
    }
}

/// Lists the bookings that wait, in the order in which employees are asked; without a topic, one topic after the other.
///
/// A booking that moves while pages are read may be missing, or there twice.
///
/// # Errors
/// `unknown_company`, or a bad topic.
#[utoipa::path(
    get, path = "/companies/{company}/line", operation_id = "listLine", tag = "bookings",
    security(("key" = ["read"])),
    params(OfCompany, LineQuery),
    responses(
        (status = 200, body = Listed<LineItemView>, description = "A page of the line"),
        (status = 404, description = "`unknown_company`"),
    )
)]
pub async fn list(
    State(api): State<Arc<ApiState>>,
    State(past): State<HistoryReader>,
    Extension(caller): Extension<Principal>,
    InPath(company): InPath<String>,
    uri: Uri,
) -> ApiResult {
    let company: CompanyId = ask::id("company", &company)?;
    let LineQuery { topic, limit, after } = ask::query(&uri)?;
    let topic: Option<Topic> = topic.map(|topic| ask::id("topic", &topic)).transpose()?;
    let limit = ask::limit(limit)?;
    let after = after.map(|after| LineCursor::read(&after)).transpose()?;
    let list = ask::look_through(&api, &past, &caller, &company, |company| {
        ask::exists(company)?;
        let line = company.waiting_line(topic.as_ref());
        let passed = after.map_or(0, |after| after.passed(&line));
        let rest = line.get(passed..).unwrap_or_default();
        let items = rest.iter().filter_map(|id| view::line_item(company, company.booking(*id)?));
        let cursor = |last: &LineItemView<'_>| {
            let booking = last.booking_id;
            let before = line.iter().position(|id| *id == booking).unwrap_or_default();
            LineCursor { booking, before }.text()
        };
        Ok(shown(StatusCode::OK, &Listed::of(items, limit, cursor)))
    });
    list.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_behind_its_last_booking_or_where_that_one_was() {
        let [one, two, three] = [1, 2, 3].map(BookingId::from_u128);
        let cursor = LineCursor { booking: two, before: 1 };
        assert_eq!(LineCursor::read(&cursor.text()).unwrap(), cursor);
        assert_eq!([cursor.passed(&[one, two, three]), cursor.passed(&[two, three])], [2, 1]);
        assert_eq!([cursor.passed(&[one, three]), cursor.passed(&[])], [1, 1]);
        for text in ["", "1", "1.1", &format!("{one}"), &format!("{one}."), &format!("{one}.0"), &format!("{one}.-1")] {
            assert!(LineCursor::read(text).is_err(), "{text}");
        }
    }
}
