//! Whoever waits for an answer of the store: when they are gone, the question ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, InterruptHandle};

use super::StoreError;

/// Whoever waits for an answer. The question and the wait hold a clone each.
#[derive(Clone, Default)]
pub(super) struct Asker(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_gone: bool,
    asks_on: Option<InterruptHandle>,
}

impl Asker {
    /// Asks on that connection, until there is an answer or nobody waits for it.
    ///
    /// # Errors
    /// What the question says; anything when nobody waits.
    pub(super) fn ask<T>(
        &self,
        connection: &Connection,
        question: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        {
            let mut state = self.lock();
            if state.is_gone {
                return Err(StoreError::Stopping);
            }
            state.asks_on = Some(connection.get_interrupt_handle());
        }
        let answer = question();
        // The next question on this connection is somebody else's.
        self.lock().asks_on = None;
        answer
    }

    /// The wait. Dropped, whatever is asked on a connection is interrupted, and nothing more is asked.
    pub(super) const fn waits(self) -> Waits {
        Waits(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Asker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Asker")
    }
}

/// Somebody waits.
pub(super) struct Waits(Asker);

impl Drop for Waits {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_gone = true;
        if let Some(connection) = &state.asks_on {
            connection.interrupt();
        }
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::super::StoreError;
    use super::super::sqlite::Sqlite;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_question_ends_when_nobody_waits_for_the_answer_and_the_next_is_answered() {
        let place = tempfile::tempdir().unwrap();
        let (_store, reader) = Sqlite::open(place.path()).unwrap();
        let (began, begins) = channel();
        let (ended, ends) = channel();
        let for_ever = reader.aside(move |reader| {
            let answer = reader.ask(|connection| {
                began.send(()).unwrap();
                let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
                Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
            });
            ended.send(answer.map_err(|error| error.to_string())).unwrap();
            Ok::<_, StoreError>(())
        });
        let waiting = tokio::spawn(for_ever);
        tokio::task::spawn_blocking(move || begins.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        // The statement begins a moment later: one that is interrupted before is not.
        tokio::time::sleep(Duration::from_millis(300)).await;
        waiting.abort();
        let answer = tokio::task::spawn_blocking(move || ends.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        assert!(answer.is_err_and(|error| error.contains("was cut")));
        let one = reader.aside(|reader| {
            reader.ask(|connection| Ok(connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?))
        });
        assert_eq!(one.await.unwrap(), 1, "on the same connection");
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_asked() {
        let asker = super::Asker::default();
        drop(asker.clone().waits());
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let answer = asker.ask(&connection, || Ok(7));
        assert!(matches!(answer, Err(StoreError::Stopping)));
    }
}
