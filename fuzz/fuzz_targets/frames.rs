//! Frames of Phoenix Channels as an app may send them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchboard_trials::frames(data));
