//! The calls with which a server changes its files, as seen by strace, ordered by their beginning.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::{Plan, Server, wait_until};

/// Calls that change a file or the names in a directory. Those in the second list change files in a way that the disk
/// of these tests does not model, and must not touch the data directory.
const KNOWN: &[&str] = &["openat", "lseek", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "unlink", "mkdir"];
const UNKNOWN: &[&str] = &[
    "writev",
    "pwritev",
    "pwritev2",
    "fallocate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlinkat",
    "truncate",
    "sendfile",
    "copy_file_range",
    "splice",
    "sync_file_range",
    "io_uring_setup",
];
/// The longest write of a server to its files; strace truncates a longer one, which fails the test.
const WRITE_MAX: usize = 64 * 1024;
/// SQLite uses this file as shared memory between processes, and makes it anew at the first opening.
const SHARED_MEMORY: &str = "switchboard.db-shm";

/// A time in microseconds since 1970.
pub type Moment = u64;

/// A traced call that changes a file.
#[derive(Debug)]
pub struct Call {
    pub began: Moment,
    /// `None` if the call was in progress when the server was killed.
    pub ended: Option<Moment>,
    pub what: What,
}

/// The change made by a call; files are named relative to the data directory.
#[derive(Debug)]
pub enum What {
    /// The file is created, unless it already exists.
    Create(String),
    Write(String, At, Vec<u8>),
    Truncate(String, usize),
    /// All earlier writes to the file become durable.
    Sync(String),
    /// All earlier changes of names become durable.
    SyncNames,
    Unlink(String),
}

/// The place of a write.
#[derive(Clone, Copy, Debug)]
pub enum At {
    Offset(usize),
    End,
}

/// The reason why tracing is impossible here, if it is.
pub fn why_not() -> Option<String> {
    let tried = Command::new("strace").args(["-f", "--seccomp-bpf", "-e", "trace=none", "true"]).output();
    match tried {
        Ok(tried) if tried.status.success() => None,
        Ok(tried) => Some(String::from_utf8_lossy(&tried.stderr).trim_end().to_owned()),
        Err(error) => Some(format!("strace: {error}")),
    }
}

/// Starts a server whose calls are written into files of that directory, one for each thread. The server is the child
/// of this process, and strace runs beside it.
pub fn start(plan: Plan, traces: &Path) -> Server {
    let calls = [KNOWN, UNKNOWN].concat().join(",");
    let server = plan.command();
    let mut traced = Command::new("strace");
    traced.args(["-D", "-f", "-ff", "-ttt", "-T", "-y", "-xx", "-s", &WRITE_MAX.to_string()]);
    traced.args(["--seccomp-bpf", "-e", &format!("trace={calls}"), "-e", "signal=none", "-o"]);
    traced
        .arg(traces.join("thread"))
        .arg(server.get_program())
        .args(server.get_args())
        .stdin(std::process::Stdio::null());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    Server::start(plan, &mut traced)
}

/// All calls of an ended server on files of its data directory.
pub fn read(traces: &Path, data: &Path) -> Vec<Call> {
    // strace outlives the server for a moment.
    wait_until("strace to end", || !is_named_by_a_process(traces));
    let threads = std::fs::read_dir(traces).unwrap();
    let texts = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path()).unwrap());
    let mut calls: Vec<(Moment, Option<Moment>, Raw)> = Vec::new();
    for text in texts {
        calls.extend(text.lines().filter_map(raw));
    }
    calls.sort_by_key(|(began, _, _)| *began);
    let mut reading = Reading { data: data.to_owned(), offsets: HashMap::new() };
    calls
        .into_iter()
        .filter_map(|(began, ended, raw)| Some(Call { began, ended, what: reading.understand(&raw)? }))
        .collect()
}

fn is_named_by_a_process(path: &Path) -> bool {
    let path = path.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    commands.any(|command| String::from_utf8_lossy(&command).contains(path))
}

/// A call, as parsed from its line.
#[derive(Debug)]
struct Raw {
    name: String,
    arguments: Vec<Argument>,
    result: String,
}

#[derive(Debug)]
enum Argument {
    /// A file descriptor and its path.
    File(String, PathBuf),
    Bytes(Vec<u8>),
    Word(String),
}

/// Parses `1795927426.341 pwrite64(13<\x2f…>, "\x00…", 4096, 0) = 4096 <0.0001>`; `None` for other lines.
fn raw(line: &str) -> Option<(Moment, Option<Moment>, Raw)> {
    let (began, call) = line.split_once(' ')?;
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(") = ")?;
    let began = micros(began);
    let (result, took) = match result.rsplit_once(" <") {
        Some((result, took)) => (result, Some(micros(took.trim_end_matches('>')))),
        None => (result, None),
    };
    let raw = Raw { name: name.to_owned(), arguments: split(arguments), result: result.to_owned() };
    Some((began, took.map(|took| began + took), raw))
}

fn micros(seconds: &str) -> Moment {
    let (whole, part) = seconds.split_once('.').unwrap_or_else(|| panic!("no time: {seconds}"));
    whole.parse::<Moment>().unwrap() * 1_000_000 + part.parse::<Moment>().unwrap()
}

/// Texts and paths are all in hexadecimal, so that none contains a comma.
fn split(arguments: &str) -> Vec<Argument> {
    let argument = |word: &str| {
        if let Some(text) = word.strip_prefix('"') {
            let text = text.strip_suffix('"').unwrap_or_else(|| panic!("strace shows a part of a write: {word:.40}"));
            return Argument::Bytes(bytes(text));
        }
        match word.split_once('<') {
            Some((number, path)) => {
                let path = path.split('>').next().unwrap_or_default();
                Argument::File(number.to_owned(), PathBuf::from(String::from_utf8_lossy(&bytes(path)).into_owned()))
            }
            None => Argument::Word(word.to_owned()),
        }
    };
    arguments.split(", ").map(argument).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// Tracks the position of each open file.
struct Reading {
    data: PathBuf,
    offsets: HashMap<String, At>,
}

impl Reading {
    fn understand(&mut self, raw: &Raw) -> Option<What> {
        if raw.result.starts_with('-') {
            return None;
        }
        let file = self.file(raw.arguments.first());
        if UNKNOWN.contains(&&*raw.name) {
            assert!(file.is_none() && raw.name != "io_uring_setup", "{} is not understood", raw.name);
            return None;
        }
        if raw.name == "openat" {
            return self.open(raw);
        }
        let file = file?;
        match (&*raw.name, &raw.arguments[..]) {
            ("lseek", [Argument::File(number, _), ..]) => {
                self.offsets.insert(number.clone(), At::Offset(raw.result.parse().unwrap()));
                None
            }
            ("pwrite64", [_, Argument::Bytes(bytes), _, Argument::Word(at)]) => {
                Some(What::Write(file, At::Offset(at.parse().unwrap()), bytes.clone()))
            }
            ("write", [Argument::File(number, _), Argument::Bytes(bytes), _]) => {
                let at = self.offsets.entry(number.clone()).or_insert(At::Offset(0));
                let here = *at;
                if let At::Offset(offset) = at {
                    *offset += bytes.len();
                }
                Some(What::Write(file, here, bytes.clone()))
            }
            ("ftruncate", [_, Argument::Word(length)]) => Some(What::Truncate(file, length.parse().unwrap())),
            ("fsync" | "fdatasync", _) if file.is_empty() => Some(What::SyncNames),
            ("fsync" | "fdatasync", _) => Some(What::Sync(file)),
            ("unlink", _) => Some(What::Unlink(file)),
            // The directory itself exists from the beginning.
            ("mkdir", _) => None,
            _ => panic!("not understood: {raw:?}"),
        }
    }

    fn open(&mut self, raw: &Raw) -> Option<What> {
        let [_, _, Argument::Word(flags), ..] = &raw.arguments[..] else { return None };
        let [Argument::File(number, _)] = &split(&raw.result)[..] else { return None };
        let at = if flags.contains("O_APPEND") { At::End } else { At::Offset(0) };
        self.offsets.insert(number.clone(), at);
        let file = self.file(split(&raw.result).first())?;
        assert!(!flags.contains("O_TRUNC"), "{file} is emptied as it is opened");
        flags.contains("O_CREAT").then_some(What::Create(file))
    }

    /// The name within the data directory; `None` for the directory itself.
    fn file(&self, argument: Option<&Argument>) -> Option<String> {
        let path = match argument? {
            Argument::File(_, path) => path.clone(),
            Argument::Bytes(path) => PathBuf::from(String::from_utf8_lossy(path).into_owned()),
            Argument::Word(_) => return None,
        };
        let name = path.strip_prefix(&self.data).ok()?.to_string_lossy().into_owned();
        (name != SHARED_MEMORY).then_some(name)
    }
}
