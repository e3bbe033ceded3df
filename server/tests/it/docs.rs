//! Documents that cannot drift: their tables are held against what the program says of itself.

use std::path::Path;

use switchboard::config::Settings;
use switchboard::feed::Kind;
use switchboard::metrics::Metrics;
use switchboard::view::vocabulary;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of the table between the two marks, without its head.
fn rows(document: &str, mark: &str) -> Vec<Vec<String>> {
    let between = document.split_once(&format!("<!-- {mark} -->")).and_then(|(_, rest)| rest.split_once("<!-- /"));
    let (table, _) = between.unwrap_or_else(|| panic!("the document has a table marked `{mark}`"));
    let lines = table.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).collect()
}

#[test]
fn the_protocol_has_every_word_of_the_rules() {
    let said = rows(&document("docs/protocol.md"), "vocabulary");
    let known: Vec<Vec<String>> = vocabulary()
        .into_iter()
        .map(|(what, words)| {
            let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
            vec![what.to_owned(), words.join(", ")]
        })
        .collect();
    assert_eq!(said, known);
}

#[test]
fn the_protocol_has_every_setting_of_a_company() {
    let said = rows(&document("docs/protocol.md"), "company settings");
    let known: Vec<Vec<String>> = switchboard_core::Settings::table()
        .into_iter()
        .map(|(name, default, what)| vec![format!("`{name}`"), default, what.to_owned()])
        .collect();
    assert_eq!(said, known);
}

#[test]
fn the_readme_has_every_setting_of_the_server() {
    let readme = document("README.md");
    let said = readme.split_once("<!-- settings -->\n").and_then(|(_, rest)| rest.split_once("<!-- /settings -->"));
    let said = said.map(|(table, _)| table);
    let expected = Settings::print_markdown();
    assert_eq!(said, Some(expected.as_str()), "`switchboard config print --markdown` prints it");
}

#[test]
fn the_list_of_metrics_is_complete() {
    let said = rows(&document("docs/metrics.md"), "metrics");
    let known: Vec<Vec<String>> = Metrics::table()
        .into_iter()
        .map(|metric| {
            let values: Vec<String> = metric.values.iter().map(|value| format!("`{value}`")).collect();
            let labels =
                if values.is_empty() { metric.labels } else { format!("{}: {}", metric.labels, values.join(", ")) };
            vec![format!("`{}`", metric.name), metric.kind, labels, metric.help]
        })
        .collect();
    let lines: Vec<String> = known.iter().map(|row| format!("| {} |", row.join(" | "))).collect();
    assert_eq!(said, known, "the rows are\n{}", lines.join("\n"));
}

#[test]
fn the_page_of_webhooks_has_every_type_of_event_with_its_fields() {
    let said = rows(&document("docs/webhooks.md"), "events");
    let said: Vec<[String; 2]> = said.into_iter().map(|row| [row[0].clone(), row[2].clone()]).collect();
    let quoted = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let known: Vec<[String; 2]> =
        Kind::ALL.into_iter().map(|kind| [quoted(&[kind.word()]), quoted(kind.fields())]).collect();
    assert_eq!(said, known);
}
