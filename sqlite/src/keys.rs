//! API keys as the store has them.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, Row, params};
use switchboard_core::Time;
use switchboard_journal::StoreError;
use switchboard_journal::api_key::{ApiKey, DatedKey, FreshKey, NotMade, WantedKey};
use switchboard_journal::audit::AuditEntry;

use crate::offline_writer::OfflineWriter;
use crate::{Error, audit};

macro_rules! key_columns {
    () => {
        "SELECT id, name, scope, companies, digest, expires_at, last_used_at, created_at, revoked_at FROM api_keys"
    };
}

pub(crate) use key_columns;

pub(crate) fn read_key(row: &Row<'_>) -> Result<DatedKey, Error> {
    let unreadable = |what: &str| Error::Store(StoreError::Unreadable(format!("the {what} of an API key")));
    let scope: String = row.get(2)?;
    let companies: Option<String> = row.get(3)?;
    let companies = companies.map(|json| serde_json::from_str::<BTreeSet<String>>(&json)).transpose();
    let ms = |at| Ok::<_, Error>(row.get::<_, Option<i64>>(at)?.map(i64::cast_unsigned));
    Ok(DatedKey {
        key: ApiKey {
            id: Some(row.get(0)?),
            name: row.get(1)?,
            scope: scope.parse().map_err(|_| unreadable("scope"))?,
            companies: companies.map_err(|_| unreadable("companies"))?,
            digest: row.get(4)?,
            expires_at_ms: ms(5)?,
            last_used_at_ms: ms(6)?,
        },
        created_at_ms: ms(7)?.unwrap_or_default(),
        revoked_at_ms: ms(8)?,
    })
}

/// Writes a new key.
fn insert(connection: &Connection, fresh: &FreshKey, wanted: &WantedKey<'_>, now: Time) -> Result<(), Error> {
    let sql = "INSERT INTO api_keys (id, name, scope, companies, digest, created_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let companies = wanted.companies.map(switchboard_wire::view::json);
    let expires_at = wanted.expires_at_ms.map(u64::cast_signed);
    let now = now.as_ms().cast_signed();
    let values = params![fresh.id, wanted.name, wanted.scope.word(), companies, fresh.digest, now, expires_at];
    connection.execute(sql, values)?;
    Ok(())
}

/// The number of keys in force, and whether one of them has that name.
fn in_force(connection: &Connection, name: &str) -> Result<(u64, bool), Error> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE name = ?1) > 0 FROM api_keys WHERE revoked_at IS NULL";
    Ok(connection.query_row(sql, [name], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?)
}

/// Revokes the key of that name or id. Returns its id and name, or none if there is no such key.
fn revoke(connection: &Connection, which: &str, now: Time) -> Result<Option<(String, String)>, Error> {
    let sql = "UPDATE api_keys SET revoked_at = ?2 WHERE (name = ?1 OR id = ?1) AND revoked_at IS NULL
               RETURNING id, name";
    let now = now.as_ms().cast_signed();
    Ok(connection.query_row(sql, params![which, now], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Writes the times at which keys were used last.
pub(super) fn write_used(connection: &Connection, used: &HashMap<String, Time>) -> Result<(), Error> {
    let mut update = connection.prepare_cached("UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1")?;
    for (id, at) in used {
        update.execute(params![id, at.as_ms().cast_signed()])?;
    }
    Ok(())
}

impl OfflineWriter {
    /// Makes a key, with an entry of the audit list, if fewer than that many keys are in force and none has the name.
    pub fn make_key(
        &mut self,
        fresh: &FreshKey,
        wanted: &WantedKey<'_>,
        at_most: u64,
        line: &AuditEntry,
    ) -> Result<Result<(), NotMade>, Error> {
        self.write(|connection| {
            let (count, is_taken) = in_force(connection, wanted.name)?;
            if is_taken {
                return Ok(Err(NotMade::Taken));
            }
            if count >= at_most {
                return Ok(Err(NotMade::TooMany));
            }
            audit::write(connection, line, Some(201))?;
            insert(connection, fresh, wanted, line.at).map(Ok)
        })
    }

    /// Revokes the key of that name or id, with an entry of the audit list that names the id. Returns its id and name,
    /// or none if there is no such key.
    pub fn revoke_key(&mut self, which: &str, mut line: AuditEntry) -> Result<Option<(String, String)>, Error> {
        self.write(|connection| {
            let Some((id, name)) = revoke(connection, which, line.at)? else { return Ok(None) };
            line.target.clone_from(&id);
            audit::write(connection, &line, Some(200))?;
            Ok(Some((id, name)))
        })
    }
}
