//! The access to the past: on the caller's thread, or on a thread that serves no sockets.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use switchboard_journal::StoreError;
use switchboard_journal::feed_notifier::FeedNotifier;

use crate::past::{HistoryResult, Past};

/// Number of tries of a question that is interrupted each time.
const TRIES_MAX: u32 = 5;

/// A question, which passes its answer on by itself.
pub type PastQuestion<'a> = &'a mut dyn FnMut(&dyn Past) -> HistoryResult<()>;
/// A question that can be sent to another thread.
pub type SentQuestion = Box<dyn FnOnce(&dyn Past) -> HistoryResult<()> + Send>;

/// A store's committed past.
pub trait History: Send + Sync {
    /// Asks on this thread, which must not serve sockets. One question should be short: a store may interrupt a long
    /// one, and returns [`StoreError::AskAgain`].
    ///
    /// # Errors
    /// The question's own error, or `AskAgain`.
    fn ask_here(&self, question: PastQuestion<'_>) -> HistoryResult<()>;

    /// Asks on a thread for blocking work. Dropping the future interrupts the question.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    fn ask_aside(&self, question: SentQuestion) -> BoxFuture<'static, HistoryResult<()>>;

    /// The channel that wakes followers when more is projected.
    fn notifier(&self) -> &Arc<FeedNotifier>;

    /// Refuses further reads, interrupts the running ones, and waits for them for at most that long. Returns whether
    /// all reads are over.
    fn close(&self, at_most: Duration) -> bool;
}

impl dyn History + '_ {
    /// Asks on this thread, and returns the answer.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    pub fn ask<T>(&self, question: impl FnOnce(&dyn Past) -> HistoryResult<T>) -> HistoryResult<T> {
        let (mut question, mut answer) = (Some(question), None);
        self.ask_here(&mut |past| {
            if let Some(question) = question.take() {
                answer = Some(question(past)?);
            }
            Ok(())
        })?;
        answer.ok_or(StoreError::Stopping)
    }

    /// Asks on this thread, and again when the question is interrupted, for callers that would not repeat the question
    /// themselves.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    pub fn ask_until_answered<T>(&self, mut question: impl FnMut(&dyn Past) -> HistoryResult<T>) -> HistoryResult<T> {
        for _ in 1..TRIES_MAX {
            match self.ask(&mut question) {
                Err(StoreError::AskAgain) => {}
                answered => return answered,
            }
        }
        self.ask(question)
    }

    /// Asks on a thread for blocking work. Dropping the future interrupts the question.
    pub fn off_runtime<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Past) -> HistoryResult<T> + Send + 'static,
    ) -> BoxFuture<'static, HistoryResult<T>> {
        let (send, receive) = tokio::sync::oneshot::channel();
        let asked = self.ask_aside(Box::new(move |past| {
            let answer = question(past)?;
            let _caller_may_be_gone = send.send(answer);
            Ok(())
        }));
        Box::pin(async move {
            asked.await?;
            receive.await.map_err(|_| StoreError::Stopping)
        })
    }
}
