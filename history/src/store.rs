//! How the past is asked: on a thread of the caller's, or beside the threads that serve sockets.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use switchboard_journal::StoreError;
use switchboard_journal::news::News;

use crate::past::{Answer, Past};

/// How often a question is asked that is cut each time.
const TRIES_MAX: u32 = 5;

/// A question whose answer goes where the closure puts it.
pub type Question<'a> = &'a mut dyn FnMut(&dyn Past) -> Answer<()>;
/// A question for another thread.
pub type SentQuestion = Box<dyn FnOnce(&dyn Past) -> Answer<()> + Send>;

/// A store's committed past.
pub trait History: Send + Sync {
    /// Asks on this thread, which must not serve sockets. One question should be short: a store may cut a long one, and
    /// answers [`StoreError::AskAgain`].
    ///
    /// # Errors
    /// The question's own, or that it must be asked again.
    fn ask_here(&self, question: Question<'_>) -> Answer<()>;

    /// Asks on a thread for blocking work. Dropping the future cuts the question.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    fn ask_aside(&self, question: SentQuestion) -> BoxFuture<'static, Answer<()>>;

    /// Tells followers what the writer has projected.
    fn news(&self) -> &Arc<News>;

    /// Reads nothing more, cuts what is being read, and waits that long for it. Says whether all reads are over.
    fn close(&self, at_most: Duration) -> bool;
}

impl dyn History + '_ {
    /// Asks on this thread.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    pub fn ask<T>(&self, question: impl FnOnce(&dyn Past) -> Answer<T>) -> Answer<T> {
        let (mut question, mut answer) = (Some(question), None);
        self.ask_here(&mut |past| {
            if let Some(question) = question.take() {
                answer = Some(question(past)?);
            }
            Ok(())
        })?;
        answer.ok_or(StoreError::Stopping)
    }

    /// Asks on this thread, again when the question is cut, for callers that would not come back.
    ///
    /// # Errors
    /// As [`History::ask_here`].
    pub fn ask_until_answered<T>(&self, mut question: impl FnMut(&dyn Past) -> Answer<T>) -> Answer<T> {
        for _ in 1..TRIES_MAX {
            match self.ask(&mut question) {
                Err(StoreError::AskAgain) => {}
                answered => return answered,
            }
        }
        self.ask(question)
    }

    /// Asks on a thread for blocking work. Dropping the future cuts the question.
    pub fn aside<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Past) -> Answer<T> + Send + 'static,
    ) -> BoxFuture<'static, Answer<T>> {
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
