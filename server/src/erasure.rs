//! Erasure: removes one person from all stored data of a company, while the company is closed and all others go on.

use std::sync::Arc;
use std::time::Duration;

use switchboard_core::erasure::Erasure;
use switchboard_core::{Company, CompanyId};
use switchboard_exchange::{Exchange, NotNow};
use switchboard_history::History;
use switchboard_history::erasure::Preparation;
use switchboard_journal::erasure::ErasureStep;
use switchboard_journal::{StoreError, Write, Written};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Erasures at once, few because each reads a company's whole history.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Time that a caller waits for an erasure, which goes on after that.
const ANSWER_MAX: Duration = Duration::from_secs(300);
/// Pause between two slices, so that other writes get through.
const PAUSE: Duration = Duration::from_millis(5);
/// Pause between two tries while the store cannot commit.
const STORE_PAUSE: Duration = Duration::from_millis(250);

/// Erases a person, if `may` allows it. Says whether the company has any data. An erasure that has begun is completed,
/// even when its caller is gone; after a stop of the server, the next start completes it.
///
/// # Errors
/// When the erasure failed or is not finished yet, or the error of `may`.
pub async fn erase<E: Send + 'static>(
    exchange: Arc<Exchange>,
    history: Arc<dyn History>,
    company: CompanyId,
    may: impl Fn(&Company) -> Result<(), E> + Send + Sync + 'static,
    erasure: Erasure,
) -> Result<Result<bool, E>, NotNow> {
    let task = tokio::spawn(async move {
        let _place = AT_ONCE.acquire().await;
        let work = run(&exchange, &*history, company.clone(), erasure);
        exchange.rewrite(&company, may, work).await
    });
    match timeout(ANSWER_MAX, task).await {
        Ok(Ok(erased)) => erased,
        Ok(Err(_)) | Err(_) => Err(NotNow::Unavailable),
    }
}

async fn run(exchange: &Exchange, history: &dyn History, company: CompanyId, erasure: Erasure) -> Result<(), NotNow> {
    // Completes an earlier erasure that was interrupted.
    place_all(exchange, &company).await;
    let preparation = match lay_ready(exchange, history, &company, erasure).await {
        Ok(preparation) => preparation,
        Err(not_now) => {
            written(exchange, || ErasureStep::GiveUp(company.clone())).await;
            return Err(not_now);
        }
    };
    if let Err(not_now) = exchange.write(preparation.begin()).await {
        written(exchange, || ErasureStep::GiveUp(company.clone())).await;
        return Err(not_now);
    }
    place_all(exchange, &company).await;
    Ok(())
}

async fn place_all(exchange: &Exchange, company: &CompanyId) {
    while written(exchange, || ErasureStep::Place(company.clone())).await == Written::More {
        sleep(PAUSE).await;
    }
}

/// Prepares the erasure. Nothing of the preparation counts before [`Preparation::begin`] is written.
async fn lay_ready(
    exchange: &Exchange,
    history: &dyn History,
    company: &CompanyId,
    erasure: Erasure,
) -> Result<Preparation, NotNow> {
    exchange.write(Write::Erasure(ErasureStep::Prepare(company.clone()))).await?;
    let mut preparation = Preparation::new(company.clone(), erasure);
    loop {
        let worked_out = preparation.go_on(history).await;
        let (went_on, slice) = worked_out.map_err(|error| not_now(company, &error))?;
        preparation = went_on;
        match slice {
            Some(slice) => {
                exchange.write(slice).await?;
            }
            None => return Ok(preparation),
        }
    }
}

fn not_now(company: &CompanyId, error: &StoreError) -> NotNow {
    let not_now = NotNow::from(error);
    if not_now == NotNow::Unavailable {
        tracing::error!(%company, %error, "an erasure failed, because the store cannot be read");
    }
    not_now
}

/// Returns when the step is written, because an erasure that has begun must not stay halfway. While the store cannot
/// commit, no other write gets through either.
async fn written(exchange: &Exchange, step: impl Fn() -> ErasureStep) -> Written {
    loop {
        match exchange.write(Write::Erasure(step())).await {
            Ok(written) => return written,
            Err(_not_now) => sleep(STORE_PAUSE).await,
        }
    }
}
