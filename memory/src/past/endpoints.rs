//! Webhook endpoints, and their pending deliveries and dead letters.

use switchboard_core::CompanyId;
use switchboard_history::past::{Endpoints, HistoryResult};
use switchboard_journal::endpoint::{Delivery, Endpoint, QueuedDelivery, State};

use super::rows;
use crate::tables::{DeliveryRow, MemoryTables};

impl MemoryTables {
    /// The deliveries of an endpoint, ordered by event.
    fn deliveries_of(&self, company: &CompanyId, endpoint: &str) -> impl Iterator<Item = &DeliveryRow> {
        let rows = self.company(company).into_iter().flat_map(|company| &company.deliveries);
        rows.filter(move |((of, _), _)| of == endpoint).map(|(_, row)| row)
    }

    fn endpoints_of(&self, company: &CompanyId) -> impl Iterator<Item = &Endpoint> {
        self.company(company).into_iter().flat_map(|company| company.endpoints.values())
    }
}

impl Endpoints for MemoryTables {
    fn endpoint(&self, company: &CompanyId, id: &str) -> HistoryResult<Option<Endpoint>> {
        Ok(self.endpoints_of(company).find(|endpoint| endpoint.id == id).cloned())
    }

    fn endpoints(&self, company: &CompanyId, after: &str, limit: u32) -> HistoryResult<Vec<Endpoint>> {
        let behind = self.endpoints_of(company).filter(|endpoint| endpoint.id.as_str() > after);
        Ok(behind.take(rows(limit)).cloned().collect())
    }

    fn endpoint_count(&self, company: &CompanyId) -> HistoryResult<usize> {
        Ok(self.endpoints_of(company).count())
    }

    fn endpoints_that_are_on(&self) -> HistoryResult<Vec<(CompanyId, String)>> {
        let all = self.companies.values().flat_map(|company| company.endpoints.values());
        let on = all.filter(|endpoint| endpoint.state == State::On);
        Ok(on.map(|endpoint| (endpoint.company.clone(), endpoint.id.clone())).collect())
    }

    fn deliveries_counted(&self, endpoint: &Endpoint) -> HistoryResult<(u64, u64)> {
        let (mut pending, mut dead) = (0, 0);
        for row in self.deliveries_of(&endpoint.company, &endpoint.id) {
            if row.is_dead { dead += 1 } else { pending += 1 }
        }
        Ok((pending, dead))
    }

    fn queue(&self, endpoint: &Endpoint) -> HistoryResult<(Vec<QueuedDelivery>, Vec<u64>)> {
        let rows = || self.deliveries_of(&endpoint.company, &endpoint.id);
        let waiting = rows().filter(|row| !row.is_dead).map(|row| row.delivery.clone()).collect();
        let dead = rows().filter(|row| row.is_dead && row.delivery.seq > endpoint.cursor);
        Ok((waiting, dead.map(|row| row.delivery.seq).collect()))
    }

    fn deliveries(
        &self,
        company: &CompanyId,
        id: &str,
        state: Option<&str>,
        after: u64,
        limit: u32,
    ) -> HistoryResult<Vec<Delivery>> {
        let all = self.deliveries_of(company, id).map(|DeliveryRow { delivery, is_dead }| Delivery {
            seq: delivery.seq,
            state: if *is_dead { "dead" } else { "pending" }.to_owned(),
            attempts: delivery.attempts,
            due: delivery.due,
            error: delivery.error.clone(),
        });
        let asked = all.filter(|row| row.seq > after && state.is_none_or(|state| state == row.state));
        Ok(asked.take(rows(limit)).collect())
    }

    fn oldest_needed_by_endpoints(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        let on = self.endpoints_of(company).filter(|endpoint| endpoint.state == State::On);
        let needed = on.flat_map(|endpoint| {
            let pending = self.deliveries_of(company, &endpoint.id).filter(|row| !row.is_dead);
            pending.map(|row| row.delivery.seq).chain([endpoint.cursor + 1])
        });
        Ok(needed.min())
    }
}
