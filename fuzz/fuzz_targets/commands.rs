//! Commands in any order, for the booking rules.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchboard_trials::commands(data));
