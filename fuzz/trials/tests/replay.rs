//! Replays the kept inputs of every fuzzer without a fuzzer: each once reached new code, and some were crashes.

use std::path::{Path, PathBuf};

use switchboard_trials::TRIALS;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = corpus().join(target);
    let entries = std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn replay(target: &str) {
    let (_, trial) = TRIALS.iter().find(|(name, _)| *name == target).expect("the trial is listed");
    let inputs = inputs(target);
    assert!(inputs.len() >= 10, "the corpus of `{target}` is there");
    for (path, data) in inputs {
        // The test harness shows this when the input fails.
        println!("{}", path.display());
        trial(&data);
    }
}

#[test]
fn commands_in_any_order_keep_the_rules() {
    replay("commands");
}

#[test]
fn a_field_is_taken_whole_or_refused_by_name() {
    replay("fields");
}

#[test]
fn what_is_taken_as_a_frame_reads_back_the_same() {
    replay("frames");
}

#[test]
fn every_request_is_answered_as_the_contract_says() {
    replay("http");
}

#[test]
fn a_bad_setting_is_named_and_a_secret_never_shown() {
    replay("settings");
}

#[test]
fn whatever_is_stored_is_read_or_refused() {
    replay("stored");
}

#[test]
fn only_what_was_signed_with_the_key_is_taken() {
    replay("tokens");
}

#[test]
fn every_trial_has_a_corpus_and_a_fuzzer_and_nothing_else_has() {
    let names: Vec<&str> = TRIALS.iter().map(|(name, _)| *name).collect();
    for (directory, suffix) in [(corpus(), ""), (corpus().join("../fuzz_targets"), ".rs")] {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut found: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        found.sort();
        let expected: Vec<String> = names.iter().map(|name| format!("{name}{suffix}")).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_corpora_stay_small() {
    let bytes: usize = TRIALS.iter().flat_map(|(name, _)| inputs(name)).map(|(_, data)| data.len()).sum();
    assert!(bytes < 200 * 1024, "{bytes} bytes: minimise them with `make fuzz-cmin`");
}
