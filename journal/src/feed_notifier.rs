//! The notifier of feeds: followers of a company are woken when more of its entries are projected.
//!
//! Only companies with followers have an entry here. Without followers the journal's thread takes one uncontended lock
//! for each slice that it projects.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use switchboard_core::CompanyId;
use tokio::sync::watch;

/// The followers of each company.
#[derive(Debug, Default)]
pub struct FeedNotifier(Mutex<HashMap<CompanyId, Bell>>);

#[derive(Debug)]
struct Bell {
    projected: watch::Sender<u64>,
    followers: usize,
}

impl FeedNotifier {
    /// Follows a company from now on.
    #[must_use]
    pub fn follow(self: &Arc<Self>, company: &CompanyId) -> Follower {
        let mut bells = self.bells();
        let new = || Bell { projected: watch::Sender::new(0), followers: 0 };
        let bell = bells.entry(company.clone()).or_insert_with(new);
        bell.followers += 1;
        Follower { notifier: self.clone(), company: company.clone(), projected: bell.projected.subscribe() }
    }

    /// Tells the followers of each company the number of its last projected event.
    pub fn projected<'a>(&self, companies: impl IntoIterator<Item = (&'a CompanyId, u64)>) {
        let bells = self.bells();
        if bells.is_empty() {
            return;
        }
        for (company, seq) in companies {
            if let Some(bell) = bells.get(company) {
                bell.projected.send_replace(seq);
            }
        }
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<CompanyId, Bell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows one company until it is dropped.
#[derive(Debug)]
pub struct Follower {
    notifier: Arc<FeedNotifier>,
    company: CompanyId,
    projected: watch::Receiver<u64>,
}

impl Follower {
    /// Returns when more was projected since the follower began or since the last return. A caller that reads the
    /// tables once at the beginning, and again after each return, misses nothing.
    pub async fn more(&mut self) {
        // The sender lives as long as this follower is counted.
        let _never_closed = self.projected.changed().await;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut bells = self.notifier.bells();
        if let Some(bell) = bells.get_mut(&self.company) {
            bell.followers -= 1;
            if bell.followers == 0 {
                bells.remove(&self.company);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn id(text: &str) -> CompanyId {
        text.parse().expect("an id")
    }

    #[test]
    fn a_follower_hears_of_its_company_alone_and_of_nothing_twice() {
        let notifier = Arc::new(FeedNotifier::default());
        let mut follower = notifier.follow(&id("acme"));
        notifier.projected([(&id("globex"), 7)]);
        assert!(follower.more().now_or_never().is_none());
        notifier.projected([(&id("acme"), 8), (&id("globex"), 9)]);
        assert!(follower.more().now_or_never().is_some());
        assert!(follower.more().now_or_never().is_none());
    }

    #[test]
    fn a_company_that_nobody_follows_any_more_is_forgotten() {
        let notifier = Arc::new(FeedNotifier::default());
        let (one, other) = (notifier.follow(&id("acme")), notifier.follow(&id("acme")));
        drop(one);
        assert_eq!(notifier.bells().len(), 1);
        drop(other);
        assert!(notifier.bells().is_empty());
    }
}
