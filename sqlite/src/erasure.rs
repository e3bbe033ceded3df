//! Erasure in the store: what is left of a history without a person is worked out beside the journal and laid ready, and
//! only then put in its place (`placing.rs`).
//!
//! The journal's thread writes nothing but small slices, between the commits of all others. Until all is laid ready,
//! nothing has happened: a crash leaves the history as it was. From then on the next start puts in place what is left,
//! before anybody is served.

mod placing;

use rusqlite::{Connection, params};
use switchboard_core::CompanyId;
use switchboard_journal::Written;
use switchboard_journal::erasure::{Ready, Step};

use crate::Error;

pub(super) use placing::{finish_all, is_being_placed};

pub(crate) fn write(connection: &Connection, step: &Step) -> Result<Written, Error> {
    match step {
        Step::Prepare(company) => prepare(connection, company)?,
        Step::GiveUp(company) => give_up(connection, company)?,
        Step::LayReady(company, ready) => lay_ready(connection, company, ready)?,
        Step::Begin(begin) => placing::begin_now(connection, begin)?,
        Step::Place(company) => return placing::place_some(connection, company),
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
