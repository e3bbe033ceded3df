//! The caller that waits for an answer of the store: when the caller is gone, the question is interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use crate::Error;

/// Instructions of SQLite's virtual machine between two looks for the caller, which happen some thousand times a
/// second.
const LOOK_EVERY: i32 = 10_000;

/// The caller that waits for an answer. The question and the wait hold a clone each.
#[derive(Clone, Debug, Default)]
pub(super) struct Asker {
    is_gone: Arc<AtomicBool>,
}

impl Asker {
    /// Whether the caller has stopped waiting.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    /// From now on, statements on that connection are interrupted once the caller is gone.
    pub(super) fn asks_on(&self, connection: &mut Connection) -> Result<(), Error> {
        let is_gone = self.is_gone.clone();
        Ok(connection.progress_handler(LOOK_EVERY, Some(move || is_gone.load(Ordering::Acquire)))?)
    }

    /// The wait. Dropping it interrupts the question and prevents further ones.
    pub(super) const fn waits(self) -> Waits {
        Waits(self)
    }
}

/// Removes the caller from a connection, because the next question on it belongs to another one.
pub(super) fn nobody_asks_on(connection: &mut Connection) -> Result<(), Error> {
    Ok(connection.progress_handler(0, None::<fn() -> bool>)?)
}

/// The wait of a caller.
pub(super) struct Waits(Asker);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use switchboard_journal::StoreError;

    use super::Asker;
    use crate::{Error, Sqlite};

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_question_ends_when_nobody_waits_for_the_answer_and_the_next_is_answered() {
        let place = tempfile::tempdir().unwrap();
        let (_store, reader) = Sqlite::open(place.path()).unwrap();
        let (began, begins) = channel();
        let (left, leaves) = channel();
        let (ended, ends) = channel();
        let for_ever = reader.read_aside(move |connection| {
            began.send(()).unwrap();
            // The interruption waits for the next statement, because between two statements SQLite has nothing to
            // interrupt.
            leaves.recv_timeout(PATIENCE).unwrap();
            let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
            let answer = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
            ended.send(answer.map_err(|error| StoreError::from(Error::from(error)))).unwrap();
            Ok(())
        });
        let waiting = tokio::spawn(for_ever);
        tokio::task::spawn_blocking(move || begins.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        waiting.abort();
        assert!(waiting.await.is_err_and(|ended| ended.is_cancelled()));
        left.send(()).unwrap();
        let answer = tokio::task::spawn_blocking(move || ends.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        assert!(matches!(answer, Err(StoreError::AskAgain)));
        let one = reader.read_aside(|connection| Ok(connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?));
        assert_eq!(one.await.unwrap(), 1, "on the same connection");
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_asked() {
        let place = tempfile::tempdir().unwrap();
        let (_store, reader) = Sqlite::open(place.path()).unwrap();
        let asker = Asker::default();
        drop(asker.clone().waits());
        let read = reader.for_asker(asker).read(|_connection| Ok(7));
        assert!(matches!(read, Err(Error::Store(StoreError::Stopping))));
    }
}
