//! The rewrite of a company's stored history, while no visitor is in the company.

use switchboard_core::{Company, CompanyId};

use super::ownership::shard;
use super::{CompanySlot, Exchange, NotNow};

impl Exchange {
    /// Has `work` rewrite the stored history of a company, if `may` agrees, while no visitor can be in the company. The
    /// next visitor loads the company anew. Returns whether the company has any events.
    ///
    /// # Errors
    /// The inner error is the refusal of `may`, the outer one that of the visit or of `work`.
    pub async fn rewrite<E, F>(
        &self,
        id: &CompanyId,
        may: impl Fn(&Company) -> Result<(), E>,
        work: impl Future<Output = Result<(), F>>,
    ) -> Result<Result<bool, E>, F>
    where
        F: From<NotNow>,
    {
        loop {
            let is_known = self.visit(id, |visit| visit.company().seq() > 0).await?.uncommitted();
            if !is_known {
                return Ok(Ok(false));
            }
            let slot = self.slot(id);
            // Held to the end: visitors must load the company from now on, and wait for this lock.
            let _nobody_reads = slot.reading.lock().await;
            {
                let mut live = slot.lock();
                if live.retired || !live.is_of(self.held(shard(id))) {
                    continue;
                }
                if let Err(refused) = may(&live.company) {
                    return Ok(Err(refused));
                }
                (live.term, live.is_rewritten) = (None, true);
            }
            let _reads_it_anew = Rewriting { exchange: self, slot: &slot };
            // Projected first, so that the work finds all events in the tables.
            self.project(Some(id)).await?;
            return work.await.map(|()| Ok(true));
        }
    }
}

/// A rewrite in progress. However the rewrite ends, the company is then woken and handles what is due.
struct Rewriting<'a> {
    exchange: &'a Exchange,
    slot: &'a CompanySlot,
}

impl Drop for Rewriting<'_> {
    fn drop(&mut self) {
        self.slot.lock().is_rewritten = false;
        self.exchange.timekeeper.later(self.slot.id.clone(), self.exchange.clock.even());
    }
}
