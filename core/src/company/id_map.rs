//! Register of things of one kind: found by id in constant time, read in the order of ids.

use std::collections::BTreeMap;
#[expect(clippy::disallowed_types, reason = "it is asked for one id at a time: its order never shows")]
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use serde::{Deserialize, Serialize, Serializer};

/// Things by id. To find, add or remove one takes the same time in a small and in a large register. A company remembers
/// some ten thousand ended bookings, and every change of an open one begins with finding it.
///
/// A new thing takes the place of the one that was removed last, because its memory is still warm.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "BTreeMap<Id, Thing>", bound = "Id: Deserialize<'de> + Copy + Ord + Hash, Thing: Deserialize<'de>")]
pub(crate) struct IdMap<Id, Thing> {
    places: Vec<Option<(Id, Thing)>>,
    free: Vec<usize>,
    #[expect(clippy::disallowed_types, reason = "it is asked for one id at a time: its order never shows")]
    place_of: HashMap<Id, usize, BuildHasherDefault<Folding>>,
}

impl<Id: Copy + Ord + Hash, Thing> IdMap<Id, Thing> {
    pub(crate) fn get(&self, id: Id) -> Option<&Thing> {
        let place = *self.place_of.get(&id)?;
        self.places.get(place)?.as_ref().map(|(_, thing)| thing)
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut Thing> {
        let place = *self.place_of.get(&id)?;
        self.places.get_mut(place)?.as_mut().map(|(_, thing)| thing)
    }

    /// Replaces a thing that has the id already.
    pub(crate) fn insert(&mut self, id: Id, thing: Thing) {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[place] = Some((id, thing));
        if let Some(before) = self.place_of.insert(id, place) {
            self.places[before] = None;
            self.free.push(before);
        }
    }

    pub(crate) fn remove(&mut self, id: Id) -> Option<Thing> {
        let place = self.place_of.remove(&id)?;
        self.free.push(place);
        self.places.get_mut(place)?.take().map(|(_, thing)| thing)
    }

    /// Things with their ids, in the order of the ids. Ids grow with time, and so do most places, so little is left to
    /// sort.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&Id, &Thing)> {
        let mut all: Vec<(&Id, &Thing)> = self.places.iter().flatten().map(|(id, thing)| (id, thing)).collect();
        all.sort_by_key(|(id, _)| **id);
        all.into_iter()
    }

    /// Things in the order of their ids.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Thing> {
        self.in_order().map(|(_, thing)| thing)
    }

    /// Things in any order, for changes of each on its own.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Thing> {
        self.places.iter_mut().flatten().map(|(_, thing)| thing)
    }
}

impl<Id, Thing> Default for IdMap<Id, Thing> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new(), place_of: Default::default() }
    }
}

impl<Id: Copy + Ord + Hash, Thing> From<BTreeMap<Id, Thing>> for IdMap<Id, Thing> {
    fn from(things: BTreeMap<Id, Thing>) -> Self {
        let mut register = Self::default();
        for (id, thing) in things {
            register.insert(id, thing);
        }
        register
    }
}

impl<Id: Copy + Ord + Hash + Serialize, Thing: Serialize> Serialize for IdMap<Id, Thing> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.in_order())
    }
}

/// Registers are equal if they have the same things under the same ids, wherever the things are in memory.
impl<Id: Copy + Ord + Hash, Thing: PartialEq> PartialEq for IdMap<Id, Thing> {
    fn eq(&self, other: &Self) -> bool {
        self.in_order().eq(other.in_order())
    }
}

impl<Id: Copy + Ord + Hash, Thing: Eq> Eq for IdMap<Id, Thing> {}

/// Deterministic hash of ids, half by half. The server makes the ids itself, mostly at random, so no attacker can
/// choose ids that collide.
#[derive(Clone, Debug, Default)]
struct Folding(u64);

impl Folding {
    /// 2^64 over the golden ratio: its multiples are far apart.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
}

impl Hasher for Folding {
    fn write_u64(&mut self, half: u64) {
        let product = u128::from(self.0 ^ half) * u128::from(Self::SPREAD);
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::id::BookingId;

    fn of(ids: &[u128]) -> IdMap<BookingId, String> {
        let mut register = IdMap::default();
        for id in ids {
            register.insert(BookingId::from_u128(*id), format!("booking {id}"));
        }
        register
    }

    #[test]
    fn what_was_put_under_an_id_is_found_there_until_it_is_removed() {
        let (one, two) = (BookingId::from_u128(1), BookingId::from_u128(2));
        let mut register = of(&[1]);
        assert_eq!(register.get(one).map(String::as_str), Some("booking 1"));
        assert_eq!(register.get(two), None);
        register.insert(one, "another".to_owned());
        register.get_mut(one).unwrap().push_str(" one");
        assert_eq!(register.remove(one).as_deref(), Some("another one"));
        assert_eq!(register.get(one), None);
        assert_eq!(register.remove(one), None);
        register.insert(two, "the next".to_owned());
        assert_eq!(register.get(two).map(String::as_str), Some("the next"));
    }

    proptest! {
        #[test]
        fn it_holds_what_an_ordered_map_would(
            steps in vec((any::<bool>(), 0..30u128, any::<u32>()), 0..300),
        ) {
            let (mut register, mut map) = (IdMap::default(), BTreeMap::new());
            for (comes, id, thing) in steps {
                let id = BookingId::from_u128(id << 60);
                if comes {
                    register.insert(id, thing);
                    map.insert(id, thing);
                } else {
                    prop_assert_eq!(register.remove(id), map.remove(&id));
                }
                prop_assert_eq!(register.get(id), map.get(&id));
            }
            prop_assert!(register.in_order().eq(&map));
        }
    }

    #[test]
    fn as_many_places_are_made_as_are_needed_at_once() {
        let mut register = of(&[1, 2]);
        for id in 3..100 {
            register.remove(BookingId::from_u128(id - 1));
            register.insert(BookingId::from_u128(id), format!("booking {id}"));
        }
        assert_eq!(register.places.len(), 2);
        assert!(register.values().eq(["booking 1", "booking 99"]));
    }

    #[test]
    fn the_order_is_that_of_the_ids_whatever_came_and_went() {
        let mut register = of(&[5, 1, 1 << 64, 3]);
        register.remove(BookingId::from_u128(5));
        register.insert(BookingId::from_u128(4), "booking 4".to_owned());
        let expected = of(&[1, 3, 4, 1 << 64]);
        assert_eq!(register, expected);
        assert!(register.values().eq(["booking 1", "booking 3", "booking 4", "booking 18446744073709551616"]));
        let stored = serde_json::to_string(&register).unwrap();
        assert_eq!(stored, serde_json::to_string(&expected).unwrap());
        assert_eq!(serde_json::from_str::<IdMap<BookingId, String>>(&stored).unwrap(), register);
        assert_ne!(register, of(&[1, 3, 4]));
    }
}
