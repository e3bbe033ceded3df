//! Lines beside the log that must look like it: the address of the server, and the reason of its end.

use std::io::Write;

use serde_json::json;

use crate::config::LogFormat;

/// The line on standard output that a script waits for.
#[must_use]
pub fn listening(format: LogFormat, url: &str) -> String {
    match format {
        LogFormat::Text => format!("switchboard: listening on {url}"),
        LogFormat::Json => in_json("INFO", &format!("listening on {url}")),
    }
}

/// Writes the reason of the server's end to standard error, past the filter of the log. An error before the start of
/// the log, such as a bad setting, looks like the answer of a command.
pub fn last_words(format: LogFormat, error: &anyhow::Error, was_there_a_log: bool) {
    let line = match format {
        LogFormat::Text if was_there_a_log => format!("{:.6} ERROR switchboard: {error:#}", jiff::Timestamp::now()),
        LogFormat::Text => format!("switchboard: {error:#}"),
        LogFormat::Json => in_json("ERROR", &format!("{error:#}")),
    };
    // An error of standard error has no other place to be reported.
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
