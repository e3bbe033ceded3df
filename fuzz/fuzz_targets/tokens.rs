//! Tokens, guessed and signed.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchboard_trials::tokens(data));
