//! Sessions, notes and messages.

use switchboard_core::{CompanyId, SessionId, Time};
use switchboard_history::asked::{HistoryFilter, Ids};
use switchboard_history::past::{Each, HistoryResult, Sessions};
use switchboard_journal::rows::{MessageRow, NotesRow, SessionRow};

use super::{hand_over, rows};
use crate::tables::{CompanyTables, MemoryTables};

impl CompanyTables {
    /// Sessions of the current company, ordered by id.
    fn past_sessions(&self) -> impl DoubleEndedIterator<Item = &SessionRow> {
        let begins_at = self.begins_at();
        self.sessions.values().filter(move |session| session.started_at >= begins_at)
    }
}

fn is_in(filter: &HistoryFilter, session: &SessionRow) -> bool {
    filter.state.as_deref().is_none_or(|state| session.ended_at.is_none() == (state == "running"))
        && filter.client.as_deref().is_none_or(|client| client == session.client_id.as_str())
        && filter.employee.as_deref().is_none_or(|employee| employee == session.employee_id.as_str())
        && filter.from.is_none_or(|from| session.started_at >= from)
        && filter.to.is_none_or(|to| session.started_at < to)
}

impl Sessions for MemoryTables {
    fn sessions(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        ids: Ids<'_>,
        limit: u32,
        each: Each<'_, SessionRow>,
    ) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        let is_asked = |session: &&SessionRow| {
            let id = session.id.to_string();
            id.as_str() >= ids.first && id.as_str() < ids.before && is_in(filter, session)
        };
        hand_over(company.past_sessions().rev().filter(is_asked).take(rows(limit)).cloned(), each)
    }

    fn sessions_after(&self, company: &CompanyId, after: &str, each: Each<'_, SessionRow>) -> HistoryResult<()> {
        let sessions = self.company(company).into_iter().flat_map(CompanyTables::past_sessions);
        hand_over(sessions.filter(|session| session.id.to_string().as_str() > after).cloned(), each)
    }

    fn session(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<SessionRow>> {
        let Some(company) = self.company(company) else { return Ok(None) };
        Ok(company.sessions.get(&id).filter(|session| session.started_at >= company.begins_at()).cloned())
    }

    fn notes(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<Option<NotesRow>>> {
        let is_known = self.session(company, id)?.is_some();
        Ok(is_known.then(|| self.company(company).and_then(|company| company.notes.get(&id).cloned())))
    }

    fn notes_after(&self, company: &CompanyId, after: &str, each: Each<'_, NotesRow>) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        let found = company.past_sessions().filter(|session| session.id.to_string().as_str() > after);
        hand_over(found.filter_map(|session| company.notes.get(&session.id).cloned()), each)
    }

    fn messages(
        &self,
        company: &CompanyId,
        session: SessionId,
        (from, to): (Option<Time>, Option<Time>),
        behind: Ids<'_>,
        limit: u32,
        each: Each<'_, MessageRow>,
    ) -> HistoryResult<()> {
        let messages = self.company(company).into_iter().flat_map(|company| company.messages.values());
        let is_asked = |message: &&MessageRow| {
            let id = message.id.to_string();
            message.session_id == session
                && id.as_str() > behind.first
                && id.as_str() < behind.before
                && from.is_none_or(|from| message.at >= from)
                && to.is_none_or(|to| message.at < to)
        };
        hand_over(messages.filter(is_asked).take(rows(limit)).cloned(), each)
    }

    fn messages_after(
        &self,
        company: &CompanyId,
        session: &str,
        message: &str,
        each: Each<'_, MessageRow>,
    ) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        let found = company.messages.values().filter(|row| {
            let (of, id) = (row.session_id.to_string(), row.id.to_string());
            (of.as_str(), id.as_str()) > (session, message) && row.at >= company.begins_at()
        });
        hand_over(found.cloned(), each)
    }
}
