//! What is asked of the past: it is read from the tables, once all that was told is in them.

use std::sync::Arc;

use switchboard_core::CompanyId;

use super::problem::Problem;
use crate::exchange::Exchange;
use crate::journal::StoreError;
use crate::journal::news::Follower;
use crate::journal::reader::Reader;

/// Companies, bookings, sessions and messages as the store has them.
#[derive(Clone)]
pub struct Past {
    exchange: Arc<Exchange>,
    reader: Reader,
}

impl Past {
    pub(super) const fn new(exchange: Arc<Exchange>, reader: Reader) -> Self {
        Self { exchange, reader }
    }

    /// What reads the tables.
    #[must_use]
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Asks about a company.
    ///
    /// # Errors
    /// As [`Past::ask`].
    pub async fn of<T: Send + 'static>(
        &self,
        company: &CompanyId,
        question: impl FnOnce(&Reader, &CompanyId) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let of = company.clone();
        self.ask(Some(company), move |reader| question(reader, &of)).await
    }

    /// Asks about a company, or about all of them, away from the threads that serve sockets.
    ///
    /// # Errors
    /// When the store cannot be read, or what was told last cannot be filed there.
    pub async fn ask<T: Send + 'static>(
        &self,
        company: Option<&CompanyId>,
        question: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.exchange.file(company).await?;
        self.reader.aside(question).await.map_err(|error| Problem::unreadable(&error))
    }

    /// Asks the tables as they are, without having anything filed before: for who is told when there is more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn as_filed<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.reader.aside(question).await.map_err(|error| Problem::unreadable(&error))
    }

    /// Follows what is filed of a company.
    #[must_use]
    pub fn follow(&self, company: &CompanyId) -> Follower {
        self.reader.news().follow(company)
    }
}
