//! Pieces of a file as they come from the network, joined to whole records.

use super::FileFormat;

/// Bytes of one record, at most: an id, a name and 64 topics of 128 characters each fit, even when every character is
/// escaped.
const RECORD_MAX_BYTES: usize = 256 * 1024;
/// Problem of a longer record.
pub(super) const RECORD_TOO_LONG: &str = "is longer than 262144 bytes; is a closing quote missing?";

/// Place of the last byte in a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ParserState {
    FieldBegins,
    InField,
    InQuotes,
    /// A quote within quotes: their end, or the first of two quotes that stand for one.
    QuoteInQuotes,
}

/// Bytes that have come and are no whole record yet.
#[derive(Debug)]
pub(super) struct Blocks {
    form: FileFormat,
    place: ParserState,
    waiting: Vec<u8>,
}

impl Blocks {
    pub(super) const fn new(form: FileFormat) -> Self {
        Self { form, place: ParserState::FieldBegins, waiting: Vec::new() }
    }

    /// Takes the next piece, and returns the records that it completes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Option<Vec<u8>> {
        let end = chunk.iter().enumerate().filter(|(_, byte)| self.ends_record(**byte)).map(|(at, _)| at + 1).last();
        let Some(end) = end else {
            self.waiting.extend_from_slice(chunk);
            return None;
        };
        let (whole, rest) = chunk.split_at_checked(end).unwrap_or((chunk, &[]));
        let mut block = std::mem::replace(&mut self.waiting, rest.to_vec());
        block.extend_from_slice(whole);
        Some(block)
    }

    /// Whether a record is longer than the maximum.
    pub(super) const fn is_stuck(&self) -> bool {
        self.waiting.len() > RECORD_MAX_BYTES
    }

    /// The last record, when no newline ends it.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.waiting)
    }

    /// Whether a byte ends a record. A newline within quotes does not. The states are those of the CSV reader that
    /// parses the records, so that both agree.
    fn ends_record(&mut self, byte: u8) -> bool {
        if self.form == FileFormat::Ndjson {
            return byte == b'\n';
        }
        self.place = match (self.place, byte) {
            (ParserState::FieldBegins | ParserState::QuoteInQuotes, b'"') => ParserState::InQuotes,
            (ParserState::InQuotes, b'"') => ParserState::QuoteInQuotes,
            (ParserState::InQuotes, _) => ParserState::InQuotes,
            (ParserState::FieldBegins | ParserState::InField | ParserState::QuoteInQuotes, b',' | b'\n' | b'\r') => {
                ParserState::FieldBegins
            }
            (ParserState::FieldBegins | ParserState::InField | ParserState::QuoteInQuotes, _) => ParserState::InField,
        };
        byte == b'\n' && self.place == ParserState::FieldBegins
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(form: FileFormat, text: &[u8], size: usize) -> Vec<Vec<u8>> {
        let mut blocks = Blocks::new(form);
        let mut whole: Vec<Vec<u8>> = text.chunks(size).filter_map(|chunk| blocks.push(chunk)).collect();
        whole.push(blocks.rest());
        whole
    }

    fn records(block: &[u8]) -> Vec<csv::ByteRecord> {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(block);
        reader.into_byte_records().map(Result::unwrap).collect()
    }

    #[test]
    fn a_line_of_json_is_whole_when_it_ends() {
        assert_eq!(pieces(FileFormat::Ndjson, b"{\"\n{}\n{", 2), [&b"{\"\n"[..], b"{}\n", b"{"]);
    }

    #[test]
    fn a_line_within_quotes_does_not_end_a_record() {
        assert_eq!(pieces(FileFormat::Csv, b"a,\"b\nc\"\"\n\",d\ne", 3).concat(), b"a,\"b\nc\"\"\n\",d\ne");
        assert_eq!(pieces(FileFormat::Csv, b"a,\"b\nc\"\"\n\",d\ne", 3)[0], b"a,\"b\nc\"\"\n\",d\n");
    }

    #[test]
    fn a_record_without_an_end_is_noticed() {
        let mut blocks = Blocks::new(FileFormat::Csv);
        assert_eq!(blocks.push(b"\"\""), None);
        assert!(!blocks.is_stuck());
        let _none = blocks.push(&vec![b'a'; RECORD_MAX_BYTES]);
        assert!(blocks.is_stuck());
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_hold_the_records_of_the_whole(text in "[a\",\r\n;]{0,60}", size in 1_usize..9) {
            let cut = pieces(FileFormat::Csv, text.as_bytes(), size);
            prop_assert_eq!(cut.concat(), text.as_bytes());
            let cut: Vec<_> = cut.iter().flat_map(|block| records(block)).collect();
            prop_assert_eq!(cut, records(text.as_bytes()));
        }
    }
}
