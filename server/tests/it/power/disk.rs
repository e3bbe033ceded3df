//! A disk that loses power: synced data stays; of unsynced data any part stays, in any order.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::trace::{At, Call, Moment, What};
use crate::chance::Chance;

/// Bytes that a disk writes atomically.
const SECTOR: usize = 512;
/// Nonsense in the leftover shared memory.
const REST: [u8; 3 * 4096] = [0xA5; 3 * 4096];

/// The part of the unsynced data that a power cut leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Nothing,
    /// All of it, as if only the process had been killed.
    All,
    /// All up to some moment; of the last write some sectors.
    Begin,
    /// Of each write all, nothing or some sectors, in no order.
    Any,
}

impl Kept {
    pub const ALL: [Self; 4] = [Self::Nothing, Self::All, Self::Begin, Self::Any];
}

/// A number for each file, because names may be reused.
type No = usize;

/// The files after the last syncs, and the later changes.
#[derive(Clone, Default)]
pub struct Disk {
    stays: BTreeMap<No, Vec<u8>>,
    /// Unsynced changes, each with its end.
    loose: BTreeMap<No, Vec<(Option<Moment>, Change)>>,
    named: HashMap<String, No>,
    /// Created and removed names that may be lost or come back.
    loose_names: Vec<(Option<Moment>, Name)>,
    /// Names as the process sees them.
    seen: HashMap<String, No>,
    /// Lengths of the files as the process sees them.
    length: HashMap<No, usize>,
    files: No,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone)]
enum Name {
    Make(String, No),
    Remove(String),
}

impl Disk {
    /// Applies a call that has begun. A sync takes effect when it ends, and covers calls that ended before it began.
    pub fn does(&mut self, call: &Call) {
        match &call.what {
            What::Create(name) => self.create(name, call.ended),
            What::Write(name, at, bytes) => {
                let no = self.seen[name];
                let length = self.length.entry(no).or_default();
                let at = match at {
                    At::Offset(at) => *at,
                    At::End => *length,
                };
                *length = (*length).max(at + bytes.len());
                self.loose.entry(no).or_default().push((call.ended, Change::Write(at, bytes.clone())));
            }
            What::Truncate(name, length) => {
                let no = self.seen[name];
                self.length.insert(no, *length);
                self.loose.entry(no).or_default().push((call.ended, Change::Truncate(*length)));
            }
            What::Unlink(name) => {
                self.seen.remove(name);
                self.loose_names.push((call.ended, Name::Remove(name.clone())));
            }
            What::Sync(_) | What::SyncNames => {}
        }
    }

    /// Applies a sync that has ended.
    pub fn is_synced(&mut self, call: &Call) {
        let before = |ended: Option<Moment>| ended.is_some_and(|ended| ended <= call.began);
        match &call.what {
            What::Sync(name) => {
                let Some(&no) = self.seen.get(name) else { return };
                let stays = self.stays.entry(no).or_default();
                self.loose.entry(no).or_default().retain(|(ended, change)| {
                    let synced = before(*ended);
                    if synced {
                        change.apply(stays, |_| true);
                    }
                    !synced
                });
                // The name of a synced file is kept: journalling file systems write it too, with all name changes
                // before it.
                let is_made = |(_, name): &(_, Name)| matches!(name, Name::Make(_, made) if *made == no);
                let names = self.loose_names.iter().position(is_made).map_or(0, |made| made + 1);
                self.names_stay(names);
            }
            What::SyncNames => {
                self.names_stay(self.loose_names.iter().take_while(|(ended, _)| before(*ended)).count());
            }
            _ => {}
        }
    }

    fn create(&mut self, name: &str, ended: Option<Moment>) {
        if self.seen.contains_key(name) {
            return;
        }
        self.files += 1;
        self.seen.insert(name.to_owned(), self.files);
        self.stays.insert(self.files, vec![]);
        self.loose_names.push((ended, Name::Make(name.to_owned(), self.files)));
    }

    fn names_stay(&mut self, first: usize) {
        self.loose_names.drain(..first).for_each(|(_, name)| name.apply(&mut self.named));
    }

    /// Whether that file has unsynced writes.
    pub fn is_loose(&self, name: &str) -> bool {
        self.seen.get(name).is_some_and(|no| self.loose.get(no).is_some_and(|loose| !loose.is_empty()))
    }

    /// Writes the files as they are after the power cut.
    pub fn after_a_cut(&self, kept: Kept, chance: &mut Chance, data: &Path) {
        let mut named = self.named.clone();
        let names = match kept {
            Kept::Nothing => 0,
            Kept::All => self.loose_names.len(),
            // Changes of names are journalled in order.
            Kept::Begin | Kept::Any => chance.index(self.loose_names.len() + 1),
        };
        self.loose_names[..names].iter().for_each(|(_, name)| name.apply(&mut named));
        for (name, no) in named {
            let mut bytes = self.stays[&no].clone();
            let loose = self.loose.get(&no).map(Vec::as_slice).unwrap_or_default();
            let begin = chance.index(loose.len() + 1);
            for (n, (_, change)) in loose.iter().enumerate() {
                let share = match kept {
                    Kept::Nothing => 0,
                    Kept::All => 2,
                    Kept::Begin => usize::from(n <= begin) + usize::from(n < begin),
                    Kept::Any => chance.index(3),
                };
                match share {
                    0 => {}
                    1 => change.apply(&mut bytes, |_| chance.one_in(2)),
                    _ => change.apply(&mut bytes, |_| true),
                }
            }
            std::fs::write(data.join(name), bytes).unwrap();
        }
        if chance.one_in(2) {
            std::fs::write(data.join("switchboard.db-shm"), REST).unwrap();
        }
    }
}

impl Change {
    /// `kept` tells for each sector whether it is written.
    fn apply(&self, file: &mut Vec<u8>, mut kept: impl FnMut(usize) -> bool) {
        match self {
            Self::Truncate(length) => {
                if kept(0) {
                    file.resize(*length, 0);
                }
            }
            Self::Write(at, bytes) => {
                let mut begin = *at;
                while begin < at + bytes.len() {
                    let end = ((begin / SECTOR + 1) * SECTOR).min(at + bytes.len());
                    if kept(begin / SECTOR) {
                        file.resize(file.len().max(end), 0);
                        file[begin..end].copy_from_slice(&bytes[begin - at..end - at]);
                    }
                    begin = end;
                }
            }
        }
    }
}

impl Name {
    fn apply(&self, named: &mut HashMap<String, No>) {
        match self {
            Self::Make(name, no) => named.insert(name.clone(), *no),
            Self::Remove(name) => named.remove(name),
        };
    }
}
