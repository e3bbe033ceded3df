//! A tally: how many things each key has at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the things of each key, and keeps a value that they share. A key without things is forgotten, so there are
/// never more keys than things.
pub(crate) struct Tally<T> {
    most: usize,
    new: Box<dyn Fn() -> T + Send + Sync>,
    held: Mutex<HashMap<u64, (usize, T)>>,
}

impl<T: Clone + Default + 'static> Tally<T> {
    /// A tally of at most so many things for each key; 0 is no limit.
    #[must_use]
    pub(super) fn of(most: usize) -> Arc<Self> {
        Self::sharing(most, T::default)
    }
}

impl<T> std::fmt::Debug for Tally<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tally").field("most", &self.most).finish_non_exhaustive()
    }
}

impl<T: Clone> Tally<T> {
    /// A tally whose things of one key share a value that `new` makes.
    #[must_use]
    pub(crate) fn sharing(most: usize, new: impl Fn() -> T + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { most, new: Box::new(new), held: Mutex::default() })
    }

    /// One more thing for a key; none if the key has its maximum.
    #[must_use]
    pub(super) fn take(self: &Arc<Self>, key: u64) -> Option<TallyPermit<T>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, shared) = held.entry(key).or_insert_with(|| (0, (self.new)()));
        if self.most > 0 && *count >= self.most {
            return None;
        }
        *count += 1;
        Some(TallyPermit { tally: self.clone(), key, shared: shared.clone() })
    }
}

/// One thing of a key, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct TallyPermit<T> {
    tally: Arc<Tally<T>>,
    pub key: u64,
    /// The value that all things of the key share.
    pub shared: T,
}

impl<T> Drop for TallyPermit<T> {
    fn drop(&mut self) {
        let mut held = self.tally.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = held.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_taken_again_and_who_has_nothing_is_forgotten() {
        let tally: Arc<Tally<Arc<()>>> = Tally::of(2);
        let (first, second) = (tally.take(1).unwrap(), tally.take(1).unwrap());
        assert!(Arc::ptr_eq(&first.shared, &second.shared));
        assert!(tally.take(1).is_none());
        let other = tally.take(2).unwrap();
        assert!(!Arc::ptr_eq(&first.shared, &other.shared));
        drop(first);
        let third = tally.take(1).unwrap();
        assert!(tally.take(1).is_none());
        drop((second, third, other));
        assert!(tally.held.lock().unwrap().is_empty());
    }

    #[test]
    fn a_tally_of_nothing_is_no_limit() {
        let tally: Arc<Tally<()>> = Tally::of(0);
        let all: Vec<_> = (0..1000).map(|_| tally.take(1).unwrap()).collect();
        drop(all);
        assert!(tally.held.lock().unwrap().is_empty());
    }
}
