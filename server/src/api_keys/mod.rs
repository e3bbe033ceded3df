//! API keys in force: the key of the settings, and those of the store, which are read again every second.

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

/// Interval at which the store is read: a revoked key works for that long, and for the time of the read.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Precision of `last_used_at`: a finer one would write to the store for every request.
const USED_EVERY_MS: u64 = 3_600_000;

/// Whether the store of a directory has a valid key. A store that cannot be read has none.
#[must_use]
pub fn are_in_store(data: &Path) -> bool {
    let now_ms = Clock::start().now().as_ms();
    let keys = Reader::open(data).ok().and_then(|reader| reader.ask(|past| past.api_keys_in_force()).ok());
    keys.is_some_and(|keys| keys.iter().any(|key| key.is_good_at(now_ms)))
}

/// Reason why a presented text is no valid key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No key has that text.
    #[error("this is neither a known API key nor a token")]
    Unknown,
    /// The key has expired.
    #[error("this API key has expired: `switchboard key create` makes a new one")]
    Ended,
    /// The key was revoked.
    #[error("this API key was revoked")]
    Revoked,
}

/// The API keys in force.
#[derive(Default)]
pub struct ApiKeys {
    of_settings: Option<Arc<ApiKey>>,
    /// Keys of the store, by their ids.
    stored: RwLock<Arc<HashMap<String, Arc<ApiKey>>>>,
    /// Revoked keys, so that a caller that still has one is told so.
    revoked: RwLock<Arc<HashMap<String, Arc<ApiKey>>>>,
    /// Last uses of keys, where the store's last use is too old.
    used: Mutex<HashMap<String, Time>>,
}

impl ApiKeys {
    /// The key of the settings, if there is one, and none of the store.
    #[must_use]
    pub fn of_settings(key: Option<&str>) -> Self {
        Self { of_settings: key.map(|key| Arc::new(ApiKey::new(key))), ..Self::default() }
    }

    /// The presented key, if it is valid.
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

    /// Whether a key that was found earlier is still valid.
    #[must_use]
    pub fn has(&self, key: &ApiKey, now: Time) -> bool {
        let is_there = |id| self.now().get(id).is_some_and(|now| now.digest == key.digest);
        key.id.as_ref().is_none_or(is_there) && key.is_good_at(now.as_ms())
    }

    /// Reason why the presented text is no valid key. Only the holder of a key learns its state, because the secret
    /// part is compared first.
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

    /// Number of valid keys.
    #[must_use]
    pub fn count(&self, now: Time) -> usize {
        usize::from(self.of_settings.is_some()) + self.now().values().filter(|key| key.is_good_at(now.as_ms())).count()
    }

    /// Reads the keys of the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(&self, history: &dyn History) -> Result<(), StoreError> {
        let (revoked, in_force): (Vec<_>, Vec<_>) = history
            .off_runtime(|past| past.api_keys())
            .await?
            .into_iter()
            .partition(|listed| listed.revoked_at_ms.is_some());
        let by_id = |keys: Vec<DatedKey>| {
            keys.into_iter().filter_map(|DatedKey { key, .. }| Some((key.id.clone()?, Arc::new(key)))).collect()
        };
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(by_id(in_force));
        *self.revoked.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(by_id(revoked));
        Ok(())
    }

    /// Follows the changes that `switchboard key` makes beside the server, and stores when keys were used.
    pub async fn follow(self: Arc<Self>, history: Arc<dyn History>, exchange: Arc<Exchange>) {
        let mut fails = false;
        loop {
            tokio::time::sleep(READ_EVERY).await;
            let read = self.read(&*history).await;
            if let Err(error) = &read
                && !fails
            {
                tracing::warn!(%error, "the API keys cannot be reloaded: the previous ones stay valid");
            }
            fails = read.is_err();
            self.write_used(&exchange).await;
        }
    }

    async fn write_used(&self, exchange: &Exchange) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        if !used.is_empty() {
            // A lost write is made up for at the next use, because the store still has the older time.
            let _written_or_not = exchange.write(Write::KeysUsed(used)).await;
        }
    }

    fn now(&self) -> Arc<HashMap<String, Arc<ApiKey>>> {
        self.stored.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
