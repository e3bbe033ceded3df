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
    pub(crate) fn ask_until_answered<T>(
        &self,
        mut question: impl FnMut(&dyn Past) -> HistoryResult<T>,
    ) -> HistoryResult<T> {
        for _ in 1..TRIES_MAX {
            match self.ask(&mut question) {
                Err(StoreError::AskAgain) => {}
                answered => return answered,
            }
        }
        self.ask(question)
    }

    /// Asks on a thread for blocking work, and again when the question is interrupted, for callers that would not repeat
    /// the question themselves.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    pub async fn off_runtime_until_answered<T: Send + 'static>(
        &self,
        question: impl Fn(&dyn Past) -> HistoryResult<T> + Clone + Send + 'static,
    ) -> HistoryResult<T> {
        for _ in 1..TRIES_MAX {
            match self.off_runtime(question.clone()).await {
                Err(StoreError::AskAgain) => {}
                answered => return answered,
            }
        }
        self.off_runtime(question).await
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A store that interrupts every question.
    #[derive(Default)]
    struct Interrupting {
        tries: AtomicU32,
        notifier: Arc<FeedNotifier>,
    }

    impl History for Interrupting {
        fn ask_here(&self, _question: PastQuestion<'_>) -> HistoryResult<()> {
            self.tries.fetch_add(1, Ordering::Relaxed);
            Err(StoreError::AskAgain)
        }

        fn ask_aside(&self, _question: SentQuestion) -> BoxFuture<'static, HistoryResult<()>> {
            self.tries.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(StoreError::AskAgain) })
        }

        fn notifier(&self) -> &Arc<FeedNotifier> {
            &self.notifier
        }

        fn close(&self, _at_most: Duration) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn an_interrupted_question_is_asked_again_for_callers_that_would_not_come_back() {
        let store = Interrupting::default();
        let history: &dyn History = &store;
        let tries = || store.tries.swap(0, Ordering::Relaxed);
        assert!(matches!(history.ask(|_| Ok(())), Err(StoreError::AskAgain)) && tries() == 1);
        assert!(matches!(history.off_runtime(|_| Ok(())).await, Err(StoreError::AskAgain)) && tries() == 1);
        assert!(matches!(history.ask_until_answered(|_| Ok(())), Err(StoreError::AskAgain)) && tries() == TRIES_MAX);
        let asked = history.off_runtime_until_answered(|_| Ok(())).await;
        assert!(matches!(asked, Err(StoreError::AskAgain)) && tries() == TRIES_MAX);
    }
}
