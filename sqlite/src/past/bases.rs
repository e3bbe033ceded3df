//! Bases and snapshots: stored states of a company.

use std::collections::BTreeSet;

use rusqlite::{Row, params};
use switchboard_core::{Company, CompanyId, Time};
use switchboard_history::past::{Bases, HistoryResult};

use super::Tables;
use crate::Error;
use crate::columns::{ms, state, time};

impl Bases for Tables<'_> {
    fn base_between(&self, company: &CompanyId, after: u64, moment: Time) -> HistoryResult<Option<Company>> {
        let sql = "SELECT data FROM (SELECT seq, data FROM bases WHERE company_id = ?1 AND at < ?3
                       ORDER BY at DESC, seq DESC LIMIT 1) WHERE seq > ?2";
        self.one(sql, params![company.as_str(), after.cast_signed(), ms(moment)], |row| state(row, 0))
    }

    fn first_base(&self, company: &CompanyId) -> HistoryResult<Option<Company>> {
        let sql = "SELECT data FROM bases WHERE company_id = ?1 ORDER BY seq LIMIT 1";
        self.one(sql, [company.as_str()], |row| state(row, 0))
    }

    fn cut_at(&self, company: &CompanyId) -> HistoryResult<Option<Time>> {
        let sql = "SELECT at FROM bases WHERE company_id = ?1
                       AND (SELECT min(seq) FROM events WHERE company_id = ?1) > 1 ORDER BY seq LIMIT 1";
        self.one(sql, [company.as_str()], |row| Ok(time(row.get(0)?)))
    }

    fn bases(&self, company: &CompanyId) -> HistoryResult<BTreeSet<u64>> {
        let sql = "SELECT seq FROM bases WHERE company_id = ?1";
        Ok(self.all(sql, [company.as_str()], number)?.into_iter().collect())
    }

    fn last_base(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        let sql = "SELECT seq FROM bases WHERE company_id = ?1 ORDER BY seq DESC LIMIT 1";
        self.one(sql, [company.as_str()], number)
    }

    fn is_base(&self, company: &CompanyId, seq: u64, data: &str) -> HistoryResult<bool> {
        let sql = "SELECT data = ?3 FROM bases WHERE company_id = ?1 AND seq = ?2";
        let found = self.one(sql, params![company.as_str(), seq.cast_signed(), data], |row| Ok(row.get(0)?))?;
        Ok(found.unwrap_or(false))
    }

    fn snapshot(&self, company: &CompanyId) -> HistoryResult<Option<Company>> {
        self.one("SELECT data FROM snapshots WHERE company_id = ?1", [company.as_str()], |row| state(row, 0))
    }

    fn snapshot_at(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        self.one("SELECT seq FROM snapshots WHERE company_id = ?1", [company.as_str()], number)
    }
}

fn number(row: &Row<'_>) -> Result<u64, Error> {
    Ok(row.get::<_, i64>(0)?.cast_unsigned())
}
