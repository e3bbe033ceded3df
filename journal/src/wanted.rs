//! Which events of the feed a subscriber wants.

use switchboard_wire::Kind;

/// Which types of events are wanted; all when none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(Vec<Kind>);

impl Wanted {
    /// Those types.
    ///
    /// # Errors
    /// The first word that is no type of event.
    pub fn read<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let kinds = words.into_iter().map(|word| Kind::of(word).ok_or_else(|| word.to_owned()));
        kinds.collect::<Result<_, _>>().map(Self)
    }

    /// Their words.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(|kind| kind.word()).collect()
    }

    /// Whether events of that type are wanted.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.0.is_empty() || self.0.contains(&kind)
    }
}
