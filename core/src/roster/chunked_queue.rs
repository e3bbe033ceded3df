//! The line of employees who can be asked, in the order of their places.

use std::collections::BTreeMap;

use crate::employee::Employee;
use crate::id::EmployeeNo;

/// Seats of one row.
const ROW: usize = 16;

/// Key that orders the candidates for an offer: the smallest place is asked first. The line only compares places, so
/// another strategy is another [`Place::of`]. No two employees of a company may have the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(u64);

impl Place {
    /// The longest idle employee first.
    pub(crate) const fn of(employee: &Employee) -> Self {
        Self(employee.place)
    }

    const fn row_and_seat(self) -> (u64, usize) {
        (self.0 / ROW as u64, (self.0 % ROW as u64) as usize)
    }

    const fn at(row: u64, seat: usize) -> Self {
        Self(row * ROW as u64 + seat as u64)
    }
}

/// Employees by place. An employee nearly always joins at the end and leaves at the front, so the rows at both ends are
/// looked at first: the tree is searched only for a place in between, and changes with every 16th place.
///
/// Decision: rows, and not a `BTreeMap<Place, EmployeeNo>`. The map would cost 1 % more instructions per booking, and
/// 6 to 9 % more per rejection, cancellation and end of a session. The map is the better choice for a key that does not
/// grow with time, because such a key spreads employees over many rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChunkedQueue {
    rows: BTreeMap<u64, Chunk>,
    taken: usize,
}

impl ChunkedQueue {
    pub(crate) fn len(&self) -> usize {
        self.taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// An employee who has the place already gives way: two with one place come of a damaged store.
    pub(crate) fn join(&mut self, place: Place, no: EmployeeNo) {
        let (key, seat) = place.row_and_seat();
        let row = match self.rows.last_entry() {
            Some(last) if *last.key() == key => last.into_mut(),
            Some(_) | None => self.rows.entry(key).or_default(),
        };
        self.taken += usize::from(row.join(seat, no));
    }

    pub(crate) fn leave(&mut self, place: Place) {
        let (key, seat) = place.row_and_seat();
        if let Some(mut first) = self.rows.first_entry()
            && *first.key() == key
        {
            self.taken -= usize::from(first.get_mut().leave(seat));
            if first.get().is_empty() {
                first.remove();
            }
        } else if let Some(row) = self.rows.get_mut(&key) {
            self.taken -= usize::from(row.leave(seat));
            if row.is_empty() {
                self.rows.remove(&key);
            }
        }
    }

    /// Employees with their places, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Place, EmployeeNo)> {
        self.rows.iter().flat_map(|(key, row)| row.iter().map(move |(seat, no)| (Place::at(*key, seat), no)))
    }
}

/// Seats of one row. An empty seat has a zero, so that rows with the same employees are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chunk {
    taken: u16,
    employees: [EmployeeNo; ROW],
}

impl Default for Chunk {
    fn default() -> Self {
        Self { taken: 0, employees: [EmployeeNo(0); ROW] }
    }
}

impl Chunk {
    const fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// Returns whether the seat was free.
    fn join(&mut self, seat: usize, no: EmployeeNo) -> bool {
        let was_free = self.taken & (1 << seat) == 0;
        self.taken |= 1 << seat;
        self.employees[seat] = no;
        was_free
    }

    /// Returns whether the seat was taken.
    fn leave(&mut self, seat: usize) -> bool {
        let was_taken = self.taken & (1 << seat) != 0;
        self.taken &= !(1 << seat);
        self.employees[seat] = EmployeeNo(0);
        was_taken
    }

    fn iter(&self) -> impl Iterator<Item = (usize, EmployeeNo)> {
        let mut left = self.taken;
        std::iter::from_fn(move || {
            let seat = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            self.employees.get(seat).map(|no| (seat, *no))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn of(places: &[u64]) -> ChunkedQueue {
        let mut line = ChunkedQueue::default();
        for place in places {
            line.join(Place(*place), EmployeeNo(*place as u32));
        }
        line
    }

    #[test]
    fn everybody_is_in_the_order_of_their_places_whenever_they_came() {
        let line = of(&[3, 40, 15, 16, 0, 1_000, 17, u64::MAX]);
        let places: Vec<u64> = line.iter().map(|(place, _)| place.0).collect();
        assert_eq!(places, [0, 3, 15, 16, 17, 40, 1_000, u64::MAX]);
        assert!(line.iter().all(|(place, no)| no.0 == place.0 as u32));
        assert_eq!(line.len(), places.len());
    }

    #[test]
    fn who_leaves_anywhere_is_in_the_line_no_more() {
        let mut line = of(&[0, 1, 16, 17, 32, 48]);
        for (place, left) in [(16, 5), (17, 4), (16, 4), (0, 3), (1, 2), (48, 1), (7, 1)] {
            line.leave(Place(place));
            assert_eq!(line.len(), left, "{place}");
        }
        assert_eq!(line, of(&[32]), "the same people are the same line, whoever else was there");
        line.leave(Place(32));
        assert!(line.is_empty());
        assert_eq!(line, ChunkedQueue::default());
    }

    proptest! {
        #[test]
        fn it_is_the_line_that_an_ordered_map_would_be(
            steps in vec((any::<bool>(), (0..100u64).prop_map(Place), any::<u32>().prop_map(EmployeeNo)), 0..300),
        ) {
            let (mut line, mut map) = (ChunkedQueue::default(), BTreeMap::new());
            for (joins, place, no) in steps {
                if joins {
                    line.join(place, no);
                    map.insert(place, no);
                } else {
                    line.leave(place);
                    map.remove(&place);
                }
                prop_assert_eq!(line.len(), map.len());
            }
            prop_assert!(line.iter().eq(map));
        }
    }

    #[test]
    fn two_at_one_place_are_one() {
        let mut line = of(&[5]);
        line.join(Place(5), EmployeeNo(9));
        assert_eq!(line.iter().collect::<Vec<_>>(), [(Place(5), EmployeeNo(9))]);
        assert_eq!(line.len(), 1);
    }
}
