//! Erasure in the store: the rewritten history is computed beside the journal and stored in a table of its own, and
//! only then put in place (`placing.rs`).
//!
//! The journal's thread writes only small slices, between other commits. Until all slices are stored, a crash leaves
//! the history unchanged. After that, the next start puts the remaining slices in place before it serves any device.

mod placing;

use rusqlite::{Connection, params};
use switchboard_core::CompanyId;
use switchboard_journal::Written;
use switchboard_journal::erasure::{ErasureStep, Ready};

use crate::Error;

pub(super) use placing::{finish_all, is_being_placed};

pub(crate) fn write(connection: &Connection, step: &ErasureStep) -> Result<Written, Error> {
    match step {
        ErasureStep::Prepare(company) => prepare(connection, company)?,
        ErasureStep::GiveUp(company) => give_up(connection, company)?,
        ErasureStep::LayReady(company, ready) => lay_ready(connection, company, ready)?,
        ErasureStep::Begin(begin) => placing::begin_now(connection, begin)?,
        ErasureStep::Place(company) => return placing::place_some(connection, company),
    }
    Ok(Written::Done)
}

fn prepare(connection: &Connection, company: &CompanyId) -> Result<(), Error> {
    let sql = "INSERT INTO erasures (company_id, revision, state) VALUES (?1, 0, 'preparing')
               ON CONFLICT DO UPDATE SET state = 'preparing'";
    connection.prepare_cached(sql)?.execute([company.as_str()])?;
    connection.prepare_cached("DELETE FROM erased WHERE company_id = ?1")?.execute([company.as_str()])?;
    Ok(())
}

fn give_up(connection: &Connection, company: &CompanyId) -> Result<(), Error> {
    let sql = "UPDATE erasures SET state = NULL WHERE company_id = ?1 AND state = 'preparing'";
    connection.prepare_cached(sql)?.execute([company.as_str()])?;
    let sql = "DELETE FROM erased
               WHERE company_id = ?1 AND (SELECT state FROM erasures WHERE company_id = ?1) IS NULL";
    connection.prepare_cached(sql)?.execute([company.as_str()])?;
    Ok(())
}

fn lay_ready(connection: &Connection, company: &CompanyId, ready: &[Ready]) -> Result<(), Error> {
    let sql = "INSERT INTO erased (company_id, what, place, data) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = connection.prepare_cached(sql)?;
    for Ready { what, place, data } in ready {
        insert.execute(params![company.as_str(), what, place.cast_signed(), data])?;
    }
    Ok(())
}
