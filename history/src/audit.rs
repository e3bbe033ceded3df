//! The audit list as the API shows it.

use serde::Serialize;
use switchboard_journal::audit::AuditFilter;
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;

use crate::paging::{Listed, Page, Paging};
use crate::past::{AuditRow, HistoryResult, Past};

/// API key that was used, or the person whose token was used.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KeyNamed {
    /// Id of the key; none for the key in the settings, for a person and for the command line.
    #[schema(required)]
    id: Option<String>,
    /// Name of the key; for a person, the role and the id, such as `admin olga`.
    name: String,
}

/// An entry of the audit list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditLine, examples(examples::audit_line))]
pub struct AuditItem {
    #[schema(value_type = shape::Uuid)]
    id: String,
    /// Time of the request.
    #[schema(value_type = shape::Moment)]
    at: Moment,
    key: KeyNamed,
    /// Company of the request, if it had one.
    #[schema(required)]
    company: Option<String>,
    /// HTTP method, or `COMMAND` for the command line.
    method: String,
    /// Route with placeholders, or the command.
    route: String,
    /// Path of the request.
    target: String,
    /// HTTP status of the answer; none before the answer, or if the caller disconnected.
    #[schema(required)]
    status: Option<u16>,
    /// `X-Request-Id` of the request, or else the line's id.
    request_id: String,
    /// IP address of the caller; none for the command line.
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
