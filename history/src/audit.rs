//! The audit list as the API shows it.

use serde::Serialize;
use switchboard_journal::audit::AuditFilter;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;

use crate::paging::{Listed, Page, Paging};
use crate::past::{AuditRow, HistoryResult, Past};

/// The key that somebody has used, or the person who came with a token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyNamed {
    /// Its id; none for the key of the settings, for a person and for the command line.
    #[schema(required)]
    id: Option<String>,
    /// Its name; a person's is the role and the id, such as `admin olga`.
    name: String,
}

/// A line of the audit list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditLine, examples(examples::audit_line))]
pub struct AuditItem {
    #[schema(value_type = shape::Uuid)]
    id: String,
    /// When it was asked for.
    #[schema(value_type = shape::Moment)]
    at: Moment,
    key: KeyNamed,
    /// In which company, if it was in one.
    #[schema(required)]
    company: Option<String>,
    /// The method of HTTP, or `COMMAND`.
    method: String,
    /// The route, or the command.
    route: String,
    /// The path.
    target: String,
    /// The status of the answer; none while there is none, or when nobody waited for it.
    #[schema(required)]
    status: Option<u16>,
    /// `X-Request-Id` of the request, or else the line's id.
    request_id: String,
    /// Where it came from; the command line has no address.
    #[schema(required)]
    address: Option<String>,
    #[serde(skip)]
    number: i64,
}

impl dyn Past + '_ {
    /// Lines of the audit list, newest first.
    pub fn list_audit(
        &self,
        filter: &AuditFilter,
        page: &Page,
        before: Option<i64>,
    ) -> HistoryResult<Listed<AuditItem>> {
        let mut paging = Paging::of(page.limit);
        self.audit(filter, before, page.limit + 1, &mut |row| Ok(paging.add_or_break(AuditItem::from(row))))?;
        Ok(paging.listed(|item: &AuditItem| item.number.to_string()))
    }
}

impl From<AuditRow> for AuditItem {
    fn from(AuditRow { number, entry, status }: AuditRow) -> Self {
        Self {
            id: entry.id.to_string(),
            at: Moment(entry.at),
            key: KeyNamed { id: entry.key_id, name: entry.key_name },
            company: entry.company,
            method: entry.method,
            route: entry.route,
            target: entry.target,
            status,
            request_id: entry.request_id,
            address: entry.address,
            number,
        }
    }
}
