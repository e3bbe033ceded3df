//! The API keys that are good now: that of the settings, and those in the store, which are read again every second.

pub mod command;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use switchboard_core::Time;
use switchboard_exchange::Exchange;
use switchboard_exchange::clock::Clock;
use switchboard_history::History;
use switchboard_journal::api_key::{ApiKey, DatedKey, key_id};
use switchboard_journal::{StoreError, Write};
use switchboard_sqlite::Reader;

/// How often the store is asked: a key that was revoked is good for no longer than that and the moment that it takes.
const READ_EVERY: Duration = Duration::from_secs(1);
/// How exact `last_used_at` is: more would be a write to the store for every request.
const USED_EVERY_MS: u64 = 3_600_000;

/// Whether the store of a directory has a key that is good. One that cannot be read has none.
#[must_use]
pub fn are_in_store(data: &Path) -> bool {
    let now_ms = Clock::start().now().as_ms();
    let keys = Reader::open(data).ok().and_then(|reader| reader.ask(|past| past.api_keys_in_force()).ok());
    keys.is_some_and(|keys| keys.iter().any(|key| key.is_good_at(now_ms)))
}

/// Why what was presented is no key that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No key is so.
    #[error("this is no API key that is known here, and no token")]
    Unknown,
    /// Its days are over.
    #[error("this API key has ended: `switchboard key create` makes another")]
    Ended,
    /// Somebody has revoked it.
    #[error("this API key was revoked")]
    Revoked,
}

/// The API keys that are good now.
#[derive(Default)]
pub struct ApiKeys {
    of_settings: Option<Arc<ApiKey>>,
    /// Those in the store, by their ids.
    stored: RwLock<Arc<HashMap<String, Arc<ApiKey>>>>,
    /// Those that were revoked: whoever still has one is told so.
    revoked: RwLock<Arc<HashMap<String, Arc<ApiKey>>>>,
    /// When keys were used whose last use in the store is too old.
    used: Mutex<HashMap<String, Time>>,
}

impl ApiKeys {
    /// The key of the settings, if there is one, and none of the store.
    #[must_use]
    pub fn of_settings(key: Option<&str>) -> Self {
        Self { of_settings: key.map(|key| Arc::new(ApiKey::new(key))), ..Self::default() }
    }

    /// The key that was presented, if it is good.
    #[must_use]
    pub fn find(&self, presented: &str, now: Time) -> Option<Arc<ApiKey>> {
        let stored = key_id(presented).and_then(|id| self.now().get(id).cloned());
        let key = stored.or_else(|| self.of_settings.clone())?;
        if !key.matches(presented) || !key.is_good_at(now.as_ms()) {
            return None;
        }
        if let Some(id) = &key.id
            && key.last_used_at_ms.is_none_or(|last_ms| now.as_ms().saturating_sub(last_ms) >= USED_EVERY_MS)
        {
            self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), now);
        }
        Some(key)
    }

    /// Whether a key that was found is still good.
    #[must_use]
    pub fn has(&self, key: &ApiKey, now: Time) -> bool {
        let is_there = |id| self.now().get(id).is_some_and(|now| now.digest == key.digest);
        key.id.as_ref().is_none_or(is_there) && key.is_good_at(now.as_ms())
    }

    /// Why what was presented is no key that is good. Only whoever has a key learns what became of it.
    #[must_use]
    pub fn why_not(&self, presented: &str, now: Time) -> KeyFault {
        let Some(id) = key_id(presented) else { return KeyFault::Unknown };
        let is_so = |key: &&Arc<ApiKey>| key.matches(presented);
        if self.revoked.read().unwrap_or_else(PoisonError::into_inner).get(id).filter(is_so).is_some() {
            return KeyFault::Revoked;
        }
        match self.now().get(id).filter(is_so) {
            Some(key) if !key.is_good_at(now.as_ms()) => KeyFault::Ended,
            Some(_) | None => KeyFault::Unknown,
        }
    }

    /// How many keys are good.
    #[must_use]
    pub fn count(&self, now: Time) -> usize {
        usize::from(self.of_settings.is_some()) + self.now().values().filter(|key| key.is_good_at(now.as_ms())).count()
    }

    /// Reads those of the store.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(&self, history: &dyn History) -> Result<(), StoreError> {
        let (revoked, in_force): (Vec<_>, Vec<_>) =
            history.aside(|past| past.api_keys()).await?.into_iter().partition(|listed| listed.revoked_at_ms.is_some());
        let by_id = |keys: Vec<DatedKey>| {
            keys.into_iter().filter_map(|DatedKey { key, .. }| Some((key.id.clone()?, Arc::new(key)))).collect()
        };
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(by_id(in_force));
        *self.revoked.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(by_id(revoked));
        Ok(())
    }

    /// Follows what `switchboard key` does beside the server, and writes down when keys were used.
    pub async fn follow(self: Arc<Self>, history: Arc<dyn History>, exchange: Arc<Exchange>) {
        let mut fails = false;
        loop {
            tokio::time::sleep(READ_EVERY).await;
            let read = self.read(&*history).await;
            if let Err(error) = &read
                && !fails
            {
                tracing::warn!(%error, "the API keys cannot be read again: those before stay good");
            }
            fails = read.is_err();
            self.write_used(&exchange).await;
        }
    }

    async fn write_used(&self, exchange: &Exchange) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        if !used.is_empty() {
            // What is lost is written at the next use: the store still has the older time.
            let _written_or_not = exchange.write(Write::KeysUsed(used)).await;
        }
    }

    fn now(&self) -> Arc<HashMap<String, Arc<ApiKey>>> {
        self.stored.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
