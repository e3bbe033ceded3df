//! Lines of a file as employees, and the problems of bad lines.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use switchboard_core::limits::{CAPACITY_MAX, SHARE_MAX, TOPICS_PER_EMPLOYEE_MAX};
use switchboard_core::{EmployeeId, Profile, Skills, Topic};
use switchboard_wire::skill::{LeveledSkill, NoLeveledSkill};

use super::super::ask;
use super::super::problem::Problem;
use super::{FileFormat, LINES_MAX, WantedEmployee};
use crate::reading;

/// Bad lines that are named, at most: a file with more of them repeats one mistake.
const NAMED_MAX: usize = 100;
const COLUMNS: [&str; 6] = ["id", "name", "topics", "skills", "capacity", "share"];

/// Result of the lines so far.
#[derive(Debug)]
pub(super) struct Sheet {
    form: FileFormat,
    /// Columns of a CSV file in their order, once its first line was read.
    columns: Option<Vec<Column>>,
    /// The number of the next line.
    line: u64,
    /// Lines that are not empty, without the first line of a CSV file.
    filled: u64,
    wanted: Vec<WantedEmployee>,
    seen: HashMap<EmployeeId, u64>,
    bad: Vec<BadLine>,
    bad_lines: u64,
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Id,
    Name,
    Topics,
    Skills,
    Capacity,
    Share,
}

/// Problem of a line; no field when the whole line is bad.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct BadLine {
    line: u64,
    field: Option<String>,
    problem: String,
}

/// A line that is not checked yet.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CsvRow {
    id: String,
    name: Option<String>,
    topics: Option<Vec<String>>,
    skills: Option<Skills>,
    capacity: Option<u8>,
    share: Option<u8>,
}

/// A field, and its problem.
type FieldFault = (Option<String>, String);

impl Sheet {
    pub(super) fn new(form: FileFormat) -> Self {
        Self {
            form,
            columns: None,
            line: 1,
            filled: 0,
            wanted: Vec::new(),
            seen: HashMap::new(),
            bad: Vec::new(),
            bad_lines: 0,
            over: false,
        }
    }

    /// Reads some whole records.
    pub(super) fn read(&mut self, block: &[u8]) {
        // Spreadsheets begin a file with a byte order mark.
        let block = if self.line == 1 { block.strip_prefix(b"\xef\xbb\xbf").unwrap_or(block) } else { block };
        match self.form {
            FileFormat::Ndjson => self.read_ndjson(block),
            FileFormat::Csv => self.read_csv(block),
        }
    }

    /// Whether the rest of the file is of no interest.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Refuses the next line, and with it all lines after it, which cannot be read.
    pub(super) fn refuse_rest(&mut self, problem: &str) {
        self.refuse(self.line, None, problem.to_owned());
        self.over = true;
    }

    /// The employees, when no line is bad.
    pub(super) fn finish(self) -> Result<Vec<WantedEmployee>, Problem> {
        if self.bad_lines == 0 {
            return Ok(self.wanted);
        }
        let first = self.bad.first().map_or(0, |bad| bad.line);
        let lines = if self.bad_lines == 1 { "line is" } else { "lines are" };
        let detail = format!("nothing was changed: {} {lines} invalid, the first is line {first}", self.bad_lines);
        let named: Vec<Value> = self.bad.iter().map(|bad| json!(bad)).collect();
        Err(Problem::invalid(detail).with("lines", named).with("bad_lines", self.bad_lines))
    }

    fn read_ndjson(&mut self, block: &[u8]) {
        for text in block.split_inclusive(|byte| *byte == b'\n') {
            let (line, text) = (self.line, text.trim_ascii());
            self.line += 1;
            if self.over || text.is_empty() {
                continue;
            }
            self.add(line, read_object(text));
        }
    }

    fn read_csv(&mut self, block: &[u8]) {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(block);
        let (mut record, mut counted) = (csv::ByteRecord::new(), 0);
        let mut lines_to = |at: usize| {
            let passed = block.get(counted..at).unwrap_or_default();
            counted = at;
            passed.iter().filter(|byte| **byte == b'\n').count() as u64
        };
        // Reading from memory does not fail.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let at = record.position().map_or(0, csv::Position::byte);
            let mut at = usize::try_from(at).unwrap_or(block.len());
            while block.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
                at += 1;
            }
            self.line += lines_to(at);
            if !self.over {
                self.read_record(&record);
            }
        }
        self.line += lines_to(block.len());
    }

    fn read_record(&mut self, record: &csv::ByteRecord) {
        match &self.columns {
            None => match read_columns(record) {
                Ok(columns) => self.columns = Some(columns),
                Err((field, problem)) => {
                    self.refuse(self.line, field, problem);
                    self.over = true;
                }
            },
            Some(columns) => {
                let read = read_fields(columns, record);
                self.add(self.line, read);
            }
        }
    }

    fn add(&mut self, line: u64, read: Result<CsvRow, FieldFault>) {
        self.filled += 1;
        if self.filled > LINES_MAX {
            self.refuse(line, None, format!("a file has at most {LINES_MAX} lines"));
            self.over = true;
            return;
        }
        let wanted = read.and_then(check).and_then(|wanted| match self.seen.insert(wanted.id.clone(), line) {
            None => Ok(wanted),
            Some(before) => Err((Some("id".to_owned()), format!("is already in line {before}"))),
        });
        match wanted {
            Ok(wanted) if self.bad_lines == 0 => self.wanted.push(wanted),
            // No employee of the file will be set, so only further problems matter.
            Ok(_) => {}
            Err((field, problem)) => self.refuse(line, field, problem),
        }
    }

    fn refuse(&mut self, line: u64, field: Option<String>, problem: String) {
        self.bad_lines += 1;
        self.wanted = Vec::new();
        if self.bad.len() < NAMED_MAX {
            self.bad.push(BadLine { line, field, problem });
        }
    }
}

fn read_object(text: &[u8]) -> Result<CsvRow, FieldFault> {
    reading::json(text).map_err(|error| ((!error.field.is_empty()).then_some(error.field), error.what))
}

fn read_columns(record: &csv::ByteRecord) -> Result<Vec<Column>, FieldFault> {
    let mut columns = Vec::new();
    for name in record {
        let column = match name.trim_ascii() {
            b"id" => Column::Id,
            b"name" => Column::Name,
            b"topics" => Column::Topics,
            b"skills" => Column::Skills,
            b"capacity" => Column::Capacity,
            b"share" => Column::Share,
            _ => {
                let name = String::from_utf8_lossy(name);
                let problem = format!("is not a column: the columns are `{}`, comma-separated", COLUMNS.join("`, `"));
                return Err((Some(switchboard_exchange::channel::shortened(&name)), problem));
            }
        };
        if columns.contains(&column) {
            return Err((Some(String::from_utf8_lossy(name).into_owned()), "occurs twice".to_owned()));
        }
        columns.push(column);
    }
    if columns.contains(&Column::Id) {
        Ok(columns)
    } else {
        Err((Some("id".to_owned()), "must be one of the columns in the first line".to_owned()))
    }
}

fn read_fields(columns: &[Column], record: &csv::ByteRecord) -> Result<CsvRow, FieldFault> {
    if record.len() != columns.len() {
        return Err((None, format!("has {} fields, but the first line has {}", record.len(), columns.len())));
    }
    let mut line = CsvRow::default();
    for (column, field) in columns.iter().zip(record) {
        let Ok(field) = std::str::from_utf8(field) else { return Err((None, "is not UTF-8".to_owned())) };
        match column {
            Column::Id => field.clone_into(&mut line.id),
            // An empty field counts as missing.
            Column::Name => line.name = (!field.trim().is_empty()).then(|| field.to_owned()),
            Column::Topics => {
                let topics = field.split(';').map(str::trim).filter(|topic| !topic.is_empty());
                line.topics = Some(topics.map(str::to_owned).collect());
            }
            Column::Skills => line.skills = Some(read_skills(field)?),
            Column::Capacity => line.capacity = read_number("capacity", field.trim(), CAPACITY_MAX)?,
            Column::Share => line.share = read_number("share", field.trim(), SHARE_MAX)?,
        }
    }
    Ok(line)
}

fn read_skills(field: &str) -> Result<Skills, FieldFault> {
    let mut skills = Skills::new();
    let given = field.split(';').map(str::trim).filter(|skill| !skill.is_empty());
    for (at, text) in given.enumerate() {
        let wrong = |problem: String| (Some(format!("skills[{at}]")), problem);
        let LeveledSkill(skill, level) = text.parse().map_err(|error: NoLeveledSkill| wrong(error.to_string()))?;
        if skills.insert(skill, level).is_some() {
            return Err(wrong("names a skill for the second time".to_owned()));
        }
    }
    Ok(skills)
}

fn read_number(column: &str, field: &str, max: u8) -> Result<Option<u8>, FieldFault> {
    let number = (!field.is_empty()).then(|| field.parse()).transpose();
    number.map_err(|_| (Some(column.to_owned()), format!("must be 1 to {max}")))
}

fn check(line: CsvRow) -> Result<WantedEmployee, FieldFault> {
    let wrong = |field: &str, problem: String| (Some(field.to_owned()), problem);
    let id: EmployeeId =
        line.id.parse().map_err(|error: switchboard_core::id::BadId| wrong("id", error.to_string()))?;
    let name = ask::display_name(line.name.as_deref().unwrap_or(id.as_str())).map_err(|error| wrong("name", error))?;
    let given = line.topics.unwrap_or_default();
    if given.len() > TOPICS_PER_EMPLOYEE_MAX {
        return Err(wrong("topics", format!("has at most {TOPICS_PER_EMPLOYEE_MAX} entries")));
    }
    let mut topics = Vec::with_capacity(given.len());
    for (at, topic) in given.iter().enumerate() {
        let topic: Result<Topic, _> = topic.parse();
        topics.push(topic.map_err(|error| (Some(format!("topics[{at}]")), error.to_string()))?);
    }
    topics.sort();
    topics.dedup();
    let profile = Profile {
        skills: line.skills.unwrap_or_default(),
        capacity: line.capacity.unwrap_or(Profile::default().capacity),
        share: line.share.unwrap_or(Profile::default().share),
    };
    profile.check().map_err(|(field, problem)| wrong(field, problem))?;
    Ok(WantedEmployee { id, name, topics, profile })
}
