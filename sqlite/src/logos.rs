//! The companies' logos: pictures that are stored beside the events, which only name them.
//!
//! A picture is written before an event names it, and removed once the company no longer shows it. So a crash may leave
//! a picture that no event names, which the next start removes, but never a name without a picture.

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::{CompanyId, LogoId};
use switchboard_journal::logos::Logos;
use switchboard_journal::picture::{self, Kind};

use crate::Error;

pub(crate) fn write(connection: &Connection, logos: &Logos) -> Result<(), Error> {
    let Logos { company, new, now } = logos;
    keep_only(connection, company, &[new.as_ref().map(|(logo, ..)| logo), now.as_ref()])?;
    if let Some((logo, kind, data)) = new {
        let sql = "INSERT INTO logos (company_id, id, kind, data) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET kind = excluded.kind, data = excluded.data";
        let values = params![company.as_str(), logo.as_str(), kind.media_type(), data];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

fn keep_only(connection: &Connection, company: &CompanyId, kept: &[Option<&LogoId>; 2]) -> Result<(), Error> {
    let sql = "DELETE FROM logos WHERE company_id = ?1 AND id IS NOT ?2 AND id IS NOT ?3";
    let [one, other] = kept.map(|logo| logo.map(LogoId::as_str));
    connection.prepare_cached(sql)?.execute(params![company.as_str(), one, other])?;
    Ok(())
}

/// Deletes pictures that no company shows. Called at the start, when all entries are projected and no request is served
/// yet.
pub(super) fn forget_unknown(connection: &Connection) -> Result<(), Error> {
    let sql = "DELETE FROM logos WHERE NOT EXISTS
                   (SELECT 1 FROM companies c WHERE c.id = logos.company_id AND c.logo = logos.id)";
    connection.execute(sql, [])?;
    Ok(())
}

pub(crate) fn find(
    connection: &Connection,
    company: &CompanyId,
    logo: &LogoId,
) -> Result<Option<(Kind, Vec<u8>)>, Error> {
    let sql = "SELECT kind, data FROM logos WHERE company_id = ?1 AND id = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![company.as_str(), logo.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
    let found: Option<(String, Vec<u8>)> = found.optional()?;
    Ok(found.and_then(|(kind, data)| Some((Kind::of(&kind)?, data))))
}

/// Describes a company's logo that is missing, or is another picture than its name says.
pub(super) fn differences(connection: &Connection, company: &CompanyId) -> Result<Vec<String>, Error> {
    let sql = "SELECT logo FROM companies WHERE id = ?1 AND logo IS NOT NULL";
    let named: Option<String> = connection.query_row(sql, [company.as_str()], |row| row.get(0)).optional()?;
    // A malformed name is reported where the row is compared.
    let Some(logo) = named.and_then(|named| named.parse::<LogoId>().ok()) else { return Ok(Vec::new()) };
    Ok(match find(connection, company, &logo)? {
        None => vec![format!("the logo {logo} is missing")],
        Some((_, data)) if picture::name_of(&data).as_ref() != Some(&logo) => {
            vec![format!("the logo {logo} has other content")]
        }
        Some(_) => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use switchboard_journal::logos::{keep, tidy};

    use super::*;
    use crate::schema;
    use crate::writer::write::write as run;

    fn store_with(logo: &LogoId) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let sql = "INSERT INTO companies (id, name, settings, created_at, logo) VALUES ('acme', 'Acme', '{}', 0, ?1)";
        connection.execute(sql, [logo.as_str()]).unwrap();
        connection
    }

    fn names(connection: &Connection) -> Vec<String> {
        let mut query = connection.prepare("SELECT id FROM logos ORDER BY id").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_picture_stays_while_it_is_named_and_what_a_crash_left_is_gone_at_the_next_start() {
        let company: CompanyId = "acme".parse().unwrap();
        let [one, two, three] = [b"1", b"2", b"3"].map(|bytes| picture::name_of(bytes).unwrap());
        let connection = store_with(&one);
        run(&connection, &keep(company.clone(), one.clone(), Kind::Png, b"1".to_vec(), None)).unwrap();
        run(&connection, &keep(company.clone(), two.clone(), Kind::WebP, b"2".to_vec(), Some(one.clone()))).unwrap();
        assert_eq!(names(&connection).len(), 2, "the one of now, and the one that is about to be named");
        assert_eq!(find(&connection, &company, &two).unwrap(), Some((Kind::WebP, b"2".to_vec())));
        forget_unknown(&connection).unwrap();
        assert_eq!(names(&connection), [one.as_str()]);
        run(&connection, &keep(company.clone(), three, Kind::Png, b"3".to_vec(), None)).unwrap();
        run(&connection, &tidy(company, None)).unwrap();
        assert_eq!(names(&connection), Vec::<String>::new());
    }

    #[test]
    fn a_check_finds_a_logo_that_is_not_there_or_another_picture() {
        let company: CompanyId = "acme".parse().unwrap();
        let logo = picture::name_of(b"1").unwrap();
        let connection = store_with(&logo);
        assert_eq!(differences(&connection, &company).unwrap(), [format!("the logo {logo} is missing")]);
        run(&connection, &keep(company.clone(), logo.clone(), Kind::Png, b"2".to_vec(), None)).unwrap();
        assert_eq!(differences(&connection, &company).unwrap(), [format!("the logo {logo} has other content")]);
        run(&connection, &keep(company.clone(), logo, Kind::Png, b"1".to_vec(), None)).unwrap();
        assert_eq!(differences(&connection, &company).unwrap(), Vec::<String>::new());
    }
}
