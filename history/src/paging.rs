//! Pages of lists, bounded by a number of items and by bytes.

use std::ops::ControlFlow;

use serde::Serialize;
use utoipa::ToSchema;

/// The part of a list that is asked for.
#[derive(Clone, Debug)]
pub struct Page {
    /// Maximum number of items.
    pub limit: u32,
    /// The cursor with which the previous page ended.
    pub after: Option<String>,
}

/// A page of a list, and the cursor of the next one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Page)]
pub struct Listed<T> {
    /// Items of the page.
    pub items: Vec<T>,
    /// Cursor of the next page; none on the last page.
    #[schema(required)]
    pub next: Option<String>,
}

/// Maximum bytes of a page, as JSON. Without this bound, 500 of the longest messages and notes would be 24 MB.
pub const PAGE_MAX_BYTES: usize = 1024 * 1024;

impl<T: Serialize> Listed<T> {
    /// The first page of items, as many as the limit allows, and fewer when they are large.
    pub fn of(all: impl IntoIterator<Item = T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let mut paging = Paging::of(limit);
        for item in all {
            if !paging.add(item) {
                break;
            }
        }
        paging.listed(cursor)
    }
}

/// A page that is filled item by item.
pub(crate) struct Paging<T> {
    limit: usize,
    bytes: usize,
    items: Vec<T>,
    is_full: bool,
}

impl<T: Serialize> Paging<T> {
    pub(crate) fn of(limit: u32) -> Self {
        Self { limit: limit as usize, bytes: 0, items: Vec::new(), is_full: false }
    }

    /// Returns whether the item is on the page. The first item that is not begins the next page.
    pub(crate) fn add(&mut self, item: T) -> bool {
        self.bytes += switchboard_wire::view::json(&item).len();
        // The first item is on the page whatever its size; otherwise no reader would ever get past it.
        let fits = self.items.is_empty() || (self.items.len() < self.limit && self.bytes <= PAGE_MAX_BYTES);
        if fits {
            self.items.push(item);
        }
        self.is_full = !fits;
        fits
    }

    /// The same for a question that hands over row by row. The question asks for one item more than the limit, so that
    /// the page knows whether there is a next one.
    pub(crate) fn add_or_break(&mut self, item: T) -> ControlFlow<()> {
        if self.add(item) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    pub(crate) fn listed(self, cursor: impl Fn(&T) -> String) -> Listed<T> {
        let next = if self.is_full { self.items.last().map(cursor) } else { None };
        Listed { items: self.items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(sizes: &[usize], limit: u32) -> (usize, Option<String>) {
        let items = sizes.iter().enumerate().map(|(place, size)| (place, "x".repeat(*size)));
        let listed = Listed::of(items, limit, |(place, _)| place.to_string());
        (listed.items.len(), listed.next)
    }

    #[test]
    fn a_page_has_as_many_as_were_asked_for_and_names_the_next_where_there_is_more() {
        assert_eq!(page(&[], 2), (0, None));
        assert_eq!(page(&[1, 1], 2), (2, None));
        assert_eq!(page(&[1, 1, 1], 2), (2, Some("1".to_owned())));
    }

    #[test]
    fn a_page_ends_early_when_it_is_large_and_never_before_its_first() {
        let half = PAGE_MAX_BYTES / 2;
        assert_eq!(page(&[half, half, 1], 50), (1, Some("0".to_owned())));
        assert_eq!(page(&[half, half - 100, 1, 1], 50), (4, None));
        assert_eq!(page(&[2 * PAGE_MAX_BYTES, 1], 50), (1, Some("0".to_owned())));
        assert_eq!(page(&[1, 2 * PAGE_MAX_BYTES], 50), (1, Some("0".to_owned())));
        assert_eq!(page(&[2 * PAGE_MAX_BYTES], 50), (1, None));
    }
}
