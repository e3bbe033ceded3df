//! Webhook endpoints with their pending deliveries.

use switchboard_core::CompanyId;
use switchboard_journal::endpoint::{Behind, Endpoint, QueuedDelivery, State};

use crate::past::{HistoryResult, Past};

/// An endpoint that is on, with its deliveries.
#[derive(Debug)]
pub struct EndpointQueue {
    pub endpoint: Endpoint,
    pub waiting: Vec<QueuedDelivery>,
    /// Dead letters behind the endpoint's position.
    pub dead: Vec<u64>,
}

impl dyn Past + '_ {
    /// An endpoint, with the number of its outstanding deliveries and events.
    pub fn endpoint_with_behind(&self, company: &CompanyId, id: &str) -> HistoryResult<Option<(Endpoint, Behind)>> {
        self.endpoint(company, id)?.map(|found| self.with_behind(found)).transpose()
    }

    /// A company's endpoints behind an id, each with the number of its outstanding deliveries and events.
    pub fn list_endpoints(
        &self,
        company: &CompanyId,
        after: &str,
        limit: u32,
    ) -> HistoryResult<Vec<(Endpoint, Behind)>> {
        self.endpoints(company, after, limit)?.into_iter().map(|found| self.with_behind(found)).collect()
    }

    /// The number of a company's endpoints, and the kept events, behind which a new endpoint starts.
    pub fn endpoints_counted(&self, company: &CompanyId) -> HistoryResult<(usize, Option<(u64, u64)>)> {
        Ok((self.endpoint_count(company)?, self.feed_kept(company)?))
    }

    /// An endpoint with its deliveries; none when the endpoint is gone or off.
    pub fn endpoint_with_queue(&self, company: &CompanyId, id: &str) -> HistoryResult<Option<EndpointQueue>> {
        let on = self.endpoint(company, id)?.filter(|found| found.state == State::On);
        let Some(endpoint) = on else { return Ok(None) };
        let (waiting, dead) = self.queue(&endpoint)?;
        Ok(Some(EndpointQueue { endpoint, waiting, dead }))
    }

    fn with_behind(&self, endpoint: Endpoint) -> HistoryResult<(Endpoint, Behind)> {
        let (pending, dead) = self.deliveries_counted(&endpoint)?;
        let latest = self.feed_kept(&endpoint.company)?.map_or(0, |(_, latest)| latest);
        let unread = latest.saturating_sub(endpoint.cursor);
        Ok((endpoint, Behind { pending, dead, unread }))
    }
}
