//! Switchboard with arbitrary input: a function for each entrance of bytes from outside.
//!
//! A fuzzer of `fuzz/fuzz_targets` calls the functions with generated inputs, and `tests/replay.rs` with the inputs in
//! `fuzz/corpus`, without a fuzzer and on any toolchain. A function that returns found nothing; a finding is a panic.

mod commands;

mod fields;

mod frames;

mod http;

mod settings;

mod stored;

mod tokens;

pub use commands::commands;
pub use fields::fields;
pub use frames::frames;
pub use http::http;
pub use settings::settings;
pub use stored::stored;
pub use tokens::tokens;

/// A function that tries one input.
pub type Trial = fn(&[u8]);

/// All trials, by the name that their corpus and their fuzzer have.
pub const TRIALS: [(&str, Trial); 7] = [
    ("commands", commands),
    ("fields", fields),
    ("frames", frames),
    ("http", http),
    ("settings", settings),
    ("stored", stored),
    ("tokens", tokens),
];

/// The text up to the first line break, and the text after it.
fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
