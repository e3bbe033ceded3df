//! The reader thread: one thread with one connection, which reads the store for all endpoints.
//!
//! Endpoints get the same news at the same time. If each endpoint read by itself, ten of them would need ten threads
//! and ten caches. One after the other they need a single one of each, and a question takes a tenth of a millisecond.

use std::sync::Arc;

use switchboard_history::{History, HistoryResult, Past};
use switchboard_journal::StoreError;
use tokio::sync::{mpsc, oneshot};

/// Questions that wait; further callers wait for a place.
const QUESTIONS_MAX: usize = 64;

type ReaderJob = Box<dyn FnOnce(&dyn History) + Send>;

pub(super) struct ReaderThread(mpsc::Sender<ReaderJob>);

impl ReaderThread {
    /// Starts the thread. The thread ends when the reader thread is dropped.
    pub(super) fn start(history: Arc<dyn History>) -> std::io::Result<Self> {
        let (sender, mut questions) = mpsc::channel::<ReaderJob>(QUESTIONS_MAX);
        std::thread::Builder::new().name("webhooks".into()).spawn(move || {
            while let Some(question) = questions.blocking_recv() {
                question(&*history);
            }
        })?;
        Ok(Self(sender))
    }

    /// Asks the store, and waits for the answer.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Past) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        let asked = self.0.send(Box::new(move |history: &dyn History| {
            let _nobody_waits_any_more = answer.send(history.ask(question));
        }));
        asked.await.map_err(|_| StoreError::Stopping)?;
        wait.await.unwrap_or(Err(StoreError::Stopping))
    }
}
