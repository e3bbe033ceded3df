//! Topics and payload fields of a push.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchboard_trials::fields(data));
