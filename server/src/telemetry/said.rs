//! What is said beside the log and must look like it: where the server listens, and why it ended.

use std::io::Write;

use serde_json::json;

use crate::config::LogFormat;

/// The line on standard output that a program can wait for.
#[must_use]
pub fn listening(format: LogFormat, url: &str) -> String {
    match format {
        LogFormat::Text => format!("switchboard: listening on {url}"),
        LogFormat::Json => in_json("INFO", &format!("listening on {url}")),
    }
}

/// Says on standard error why the server ends, whatever the filter of the log leaves out. Before there was a log, which
/// bad settings are, it is the answer of a command to whoever typed it.
pub fn last_words(format: LogFormat, error: &anyhow::Error, was_there_a_log: bool) {
    let line = match format {
        LogFormat::Text if was_there_a_log => format!("{:.6} ERROR switchboard: {error:#}", jiff::Timestamp::now()),
        LogFormat::Text => format!("switchboard: {error:#}"),
        LogFormat::Json => in_json("ERROR", &format!("{error:#}")),
    };
    // Nobody is left to be told that it cannot be said.
    let _said = writeln!(std::io::stderr(), "{line}");
}

fn in_json(level: &str, message: &str) -> String {
    let timestamp = format!("{:.6}", jiff::Timestamp::now());
    json!({ "timestamp": timestamp, "level": level, "message": message, "target": "switchboard" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_listens_looks_like_the_log() {
        assert_eq!(listening(LogFormat::Text, "http://127.0.0.1:1"), "switchboard: listening on http://127.0.0.1:1");
        let line: serde_json::Value = serde_json::from_str(&listening(LogFormat::Json, "http://127.0.0.1:1")).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&json!("INFO"), &json!("listening on http://127.0.0.1:1")));
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.len() == "2026-11-28T13:12:30.814894Z".len() && time.ends_with('Z'), "{time}");
    }
}
