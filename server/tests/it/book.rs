//! The documents as a book: every page is in its table of contents, and every link leads somewhere.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

/// Documents beside the book whose links are checked too.
pub const BESIDE_THE_BOOK: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn read(path: &Path) -> String {
    let full = root().join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// All Markdown under `docs/`, as paths from the root.
pub fn pages() -> BTreeSet<PathBuf> {
    fn gather(directory: &Path, found: &mut BTreeSet<PathBuf>) {
        let entries = std::fs::read_dir(root().join(directory)).expect("the documents can be listed");
        for entry in entries.map(|entry| entry.expect("a directory can be read")) {
            let path = directory.join(entry.file_name());
            if entry.path().is_dir() {
                gather(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.insert(path);
            }
        }
    }
    let mut found = BTreeSet::new();
    gather(Path::new("docs"), &mut found);
    found
}

/// The text without fenced blocks, and without text between backticks.
pub fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // A line that ends within backticks is a wrapped name, which contains no link.
            prose.extend(line.split('`').step_by(2));
        }
        prose.push('\n');
    }
    prose
}

/// The targets of a document's links, except links to other sites.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.match_indices("](").filter_map(|(at, opening)| prose[at + opening.len()..].split_once(')'));
    let own = targets.map(|(target, _)| target).filter(|target| !target.contains("://"));
    own.map(|target| target.replace('\n', " ")).collect()
}

/// The anchors of headings, both on GitHub and in the book.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut times: HashMap<String, usize> = HashMap::new();
    let mut names = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if fenced || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect();
        let before = times.entry(name.clone()).or_default();
        names.insert(if *before == 0 { name } else { format!("{name}-{before}") });
        *before += 1;
    }
    names
}

/// The path from the root, without `..`; `None` when it leaves the root.
fn resolved(from: &Path, target: &str) -> Option<PathBuf> {
    let mut path = from.parent()?.to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => path.pop().then_some(())?,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// The reason why a link leads nowhere, if it does.
fn fault(document: &Path, link: &str) -> Option<&'static str> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let Some(target) = (if file.is_empty() { Some(document.to_owned()) } else { resolved(document, file) }) else {
        return Some("leads out of the repository");
    };
    if document.starts_with("docs") && !target.starts_with("docs") {
        return Some("leads out of `docs/`, where the book has nothing: name the path instead");
    }
    if document.starts_with("docs/") && file.ends_with("README.md") && !document.ends_with("SUMMARY.md") {
        return Some("is `index.html` in the book, to which it makes no links");
    }
    if document.starts_with("docs") && root().join(&target).is_dir() {
        return Some("names a directory, for which the book has no page");
    }
    if !root().join(&target).exists() {
        return Some("leads to no file");
    }
    if anchor.is_empty() || anchors(&read(&target)).contains(anchor) { None } else { Some("names no heading there") }
}

#[test]
fn every_page_is_in_the_table_of_contents_once() {
    let summary = links(&read(Path::new("docs/SUMMARY.md")));
    let listed: BTreeSet<PathBuf> = summary.iter().map(|link| Path::new("docs").join(link)).collect();
    assert_eq!(listed.len(), summary.len(), "a page is in docs/SUMMARY.md twice");
    let mut pages = pages();
    pages.remove(Path::new("docs/SUMMARY.md"));
    assert_eq!(listed, pages, "docs/SUMMARY.md lists what is under docs/");
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let documents: Vec<PathBuf> = pages().into_iter().chain(BESIDE_THE_BOOK.iter().map(PathBuf::from)).collect();
    let mut seen = 0;
    let mut faults = Vec::new();
    for document in &documents {
        for link in links(&read(document)) {
            seen += 1;
            if let Some(fault) = fault(document, &link) {
                faults.push(format!("{}: `{link}` {fault}", document.display()));
            }
        }
    }
    assert!(seen > 50, "the links are found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let from = Path::new("docs/security.md");
    assert_eq!(fault(from, "protocol.md#rate-limits"), None);
    assert_eq!(fault(Path::new("docs/decisions/index.md"), "../protocol.md"), None);
    assert_eq!(fault(Path::new("README.md"), "docs/protocol.md#4-http"), None);
    assert!(fault(from, "protocol.md#no-such-heading").is_some());
    assert!(fault(from, "no-such-page.md").is_some());
    assert!(fault(from, "../README.md").is_some());
    assert!(fault(from, "decisions").is_some());
    assert!(fault(from, "README.md").is_some());
    assert_eq!(links("`[not](this)` but [this](one.md)\n```\n[nor](that)\n```\n"), ["one.md"]);
}
