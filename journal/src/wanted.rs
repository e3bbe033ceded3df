//! The selection of a subscriber among the events of the feed.

use switchboard_wire::Kind;

/// Selected event types; an empty selection means all types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(Vec<Kind>);

impl Wanted {
    /// Parses the names of event types.
    ///
    /// # Errors
    /// The first word that names no event type.
    pub fn read<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let kinds = words.into_iter().map(|word| Kind::of(word).ok_or_else(|| word.to_owned()));
        kinds.collect::<Result<_, _>>().map(Self)
    }

    /// The names of the selected types.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(|kind| kind.word()).collect()
    }

    /// Whether events of that type are selected.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.0.is_empty() || self.0.contains(&kind)
    }
}
