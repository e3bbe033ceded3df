//! Questions about the past: read from the tables, which first receive whatever earlier entries they lack.

use std::sync::Arc;

use switchboard_core::CompanyId;
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::Admission;
use switchboard_exchange::admission::shares::SharedSemaphore;
use switchboard_history::{History, HistoryResult, Past};
use switchboard_journal::feed_notifier::Follower;

use super::principal::Principal;
use super::problem::Problem;

/// Reader of companies, bookings, sessions and messages as the store has them.
#[derive(Clone)]
pub struct HistoryReader {
    exchange: Arc<Exchange>,
    admission: Arc<Admission>,
    history: Arc<dyn History>,
}

/// State of the tables in which a question is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    /// With all entries projected that were committed before the question.
    Projected,
    /// With the entries that happen to be projected.
    AsTheyAre,
}

impl HistoryReader {
    /// A reader of these companies' past, in turns.
    #[must_use]
    pub const fn new(exchange: Arc<Exchange>, admission: Arc<Admission>, history: Arc<dyn History>) -> Self {
        Self { exchange, admission, history }
    }

    /// The store's committed past.
    #[must_use]
    pub const fn history(&self) -> &Arc<dyn History> {
        &self.history
    }

    /// Asks about one item of a company, which takes no longer in a large company.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of<T: Send + 'static>(
        &self,
        company: &CompanyId,
        question: impl FnOnce(&dyn Past, &CompanyId) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let of = company.clone();
        self.up_to_date(Some(company), move |past| question(past, &of)).await
    }

    /// Asks for a page of a list of a company, when the caller has its turn.
    ///
    /// # Errors
    /// When the turns of other callers take too long, or the store cannot be read.
    pub(crate) async fn list_of<T: Send + 'static>(
        &self,
        caller: &Principal,
        company: &CompanyId,
        question: impl FnOnce(&dyn Past, &CompanyId) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let of = company.clone();
        self.list(caller, Some(company), move |past| question(past, &of)).await
    }

    /// The same for one company, or for all of them.
    ///
    /// # Errors
    /// As for one company.
    pub async fn list<T: Send + 'static>(
        &self,
        caller: &Principal,
        company: Option<&CompanyId>,
        question: impl FnOnce(&dyn Past) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.in_turn(caller, &self.admission.shares.lists, company, Freshness::Projected, question).await
    }

    /// The same without waiting for projection, for followers, which are told when there is more.
    ///
    /// # Errors
    /// As for one company.
    pub(crate) async fn slice_as_projected<T: Send + 'static>(
        &self,
        caller: &Principal,
        company: &CompanyId,
        question: impl FnOnce(&dyn Past) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.in_turn(caller, &self.admission.shares.slices, Some(company), Freshness::AsTheyAre, question).await
    }

    /// Asks a question that may go through a long past of a company, when the caller has its turn. For a person the
    /// question counts as several requests.
    ///
    /// # Errors
    /// When the caller asks too much, the turns of others take too long, or the store cannot be read.
    pub(crate) async fn long_of<T: Send + 'static>(
        &self,
        caller: &Principal,
        company: &CompanyId,
        question: impl FnOnce(&dyn Past, &CompanyId) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        caller.asks_long(&self.admission, self.exchange.clock().even())?;
        let of = company.clone();
        let question = move |past: &dyn Past| question(past, &of);
        self.in_turn(caller, &self.admission.shares.long_reads, Some(company), Freshness::Projected, question).await
    }

    /// Asks the tables as they are, without waiting for projection.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn as_projected<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Past) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.history.off_runtime(question).await.map_err(|error| Problem::unreadable(&error))
    }

    /// Asks in the caller's turn. The turn ends with the question, even when the request is gone, because the question
    /// goes on.
    async fn in_turn<T: Send + 'static>(
        &self,
        caller: &Principal,
        shared: &SharedSemaphore,
        company: Option<&CompanyId>,
        tables: Freshness,
        question: impl FnOnce(&dyn Past) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = caller.part_of(shared, company).await?;
        let question = move |past: &dyn Past| {
            let answer = question(past);
            drop(turn);
            answer
        };
        match tables {
            Freshness::Projected => self.up_to_date(company, question).await,
            Freshness::AsTheyAre => self.as_projected(question).await,
        }
    }

    /// Asks with all earlier entries projected. Only a company with entries that the tables lack waits for the writer,
    /// so that questions about a quiet company cost the writer nothing.
    async fn up_to_date<T: Send + 'static>(
        &self,
        company: Option<&CompanyId>,
        question: impl FnOnce(&dyn Past) -> HistoryResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let question = match company {
            None => question,
            Some(company) => {
                let (latest, of) = (self.exchange.latest_event(company), company.clone());
                let asked = self.as_projected(move |past| match lacks(past, &of, latest)? {
                    true => Ok(Err(question)),
                    false => question(past).map(Ok),
                });
                match asked.await? {
                    Ok(answer) => return Ok(answer),
                    Err(question) => question,
                }
            }
        };
        self.project(company).await;
        self.as_projected(question).await
    }

    /// Waits until all earlier entries are projected. While the store cannot commit, the answer shows the projected
    /// state and says so ([`super::behind`]).
    async fn project(&self, company: Option<&CompanyId>) {
        if self.exchange.is_healthy() {
            let _projected_or_behind = self.exchange.project(company).await;
        }
    }

    /// Follows the projected entries of a company.
    #[must_use]
    pub fn follow(&self, company: &CompanyId) -> Follower {
        self.history.notifier().follow(company)
    }
}

/// Whether the tables lack events of a company up to that number.
fn lacks(past: &dyn Past, company: &CompanyId, latest: Option<u64>) -> HistoryResult<bool> {
    let Some(latest) = latest else { return Ok(false) };
    Ok(past.events_kept(company)?.is_none_or(|(_, projected)| projected < latest))
}

/// Wraps a question so that an unknown company gives none, because its list would look like an empty one.
pub fn known<T>(
    question: impl FnOnce(&dyn Past, &CompanyId) -> HistoryResult<T>,
) -> impl FnOnce(&dyn Past, &CompanyId) -> HistoryResult<Option<T>> {
    move |past, company| match past.is_known(company)? {
        true => question(past, company).map(Some),
        false => Ok(None),
    }
}
