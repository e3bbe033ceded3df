//! The protocol of Redis (RESP 2): many callers on one connection, waiting commands sent together, replies in order.

use std::fmt::Display;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};

/// The most requests that wait to be sent: more than there are callers, so that no caller waits to ask.
const WAITING: usize = 1024;

/// A reply of the kinds used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RespValue {
    Nothing,
    Number(i64),
    Text(String),
}

impl RespValue {
    /// The reply as a number, even if a script gives it as text.
    pub(super) fn number(&self) -> Result<Option<u32>> {
        Ok(match self {
            Self::Nothing => None,
            Self::Number(number) => Some(u32::try_from(*number)?),
            Self::Text(text) => Some(text.parse()?),
        })
    }
}

/// Commands that are sent together.
#[derive(Clone, Debug, Default)]
pub(super) struct Commands {
    bytes: Vec<u8>,
    count: usize,
}

impl Commands {
    /// One command of these words.
    pub(super) fn one<T: Display>(words: impl IntoIterator<Item = T>) -> Self {
        let mut commands = Self::default();
        commands.add(words);
        commands
    }

    /// Adds a command of these words.
    pub(super) fn add<T: Display>(&mut self, words: impl IntoIterator<Item = T>) {
        let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
        self.bytes.extend(format!("*{}\r\n", words.len()).as_bytes());
        for word in &words {
            self.bytes.extend(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
        }
        self.count += 1;
    }
}

struct PendingCommands {
    commands: Commands,
    tell: Tell,
}

type Tell = oneshot::Sender<Result<Vec<RespValue>>>;

/// A connection that many callers share, cheap to clone.
#[derive(Clone)]
pub(super) struct RespConnection(mpsc::Sender<PendingCommands>);

impl RespConnection {
    /// Connects. The tasks behind the connection end when the last clone is dropped.
    pub(super) async fn connect(socket: &Path) -> Result<Self> {
        let (reader, writer) = UnixStream::connect(socket).await?.into_split();
        let (asking, asked) = mpsc::channel(WAITING);
        let (sent, expected) = mpsc::unbounded_channel();
        tokio::spawn(write_all(writer, asked, sent));
        tokio::spawn(read_all(BufReader::new(reader), expected));
        Ok(Self(asking))
    }

    /// Sends commands, and waits for the reply to each.
    pub(super) async fn ask(&self, commands: Commands) -> Result<Vec<RespValue>> {
        let (tell, told) = oneshot::channel();
        self.0.send(PendingCommands { commands, tell }).await.ok().context("the connection to Redis is broken")?;
        told.await.context("the connection to Redis broke")?
    }

    /// Sends one command of these words.
    pub(super) async fn ask_one<T: Display>(&self, words: impl IntoIterator<Item = T>) -> Result<RespValue> {
        self.ask(Commands::one(words)).await?.pop().context("a reply to one command")
    }
}

async fn write_all(
    mut writer: OwnedWriteHalf,
    mut asked: mpsc::Receiver<PendingCommands>,
    sent: mpsc::UnboundedSender<(usize, Tell)>,
) -> Result<()> {
    let (mut waiting, mut bytes) = (Vec::new(), Vec::new());
    while asked.recv_many(&mut waiting, WAITING).await > 0 {
        for PendingCommands { commands, tell } in waiting.drain(..) {
            bytes.extend(commands.bytes);
            sent.send((commands.count, tell)).ok().context("the replies are still read")?;
        }
        writer.write_all(&bytes).await?;
        bytes.clear();
    }
    Ok(())
}

async fn read_all(
    mut reader: BufReader<OwnedReadHalf>,
    mut expected: mpsc::UnboundedReceiver<(usize, Tell)>,
) -> Result<()> {
    while let Some((count, tell)) = expected.recv().await {
        let mut replies = Ok(Vec::with_capacity(count));
        for _ in 0..count {
            // A refused command is still followed by the replies to the others.
            match (read(&mut reader).await?, &mut replies) {
                (Ok(reply), Ok(replies)) => replies.push(reply),
                (Err(refused), Ok(_)) => replies = Err(refused),
                (_, Err(_)) => {}
            }
        }
        let _nobody_waits_any_more = tell.send(replies);
    }
    Ok(())
}

/// Reads a reply or a refusal (inner result); the outer error means that the connection is broken.
async fn read(reader: &mut BufReader<OwnedReadHalf>) -> Result<Result<RespValue>> {
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    let (kind, rest) = line.trim_end().split_at_checked(1).context("Redis closed the connection")?;
    Ok(Ok(match kind {
        "+" => RespValue::Text(rest.to_owned()),
        "-" => return Ok(Err(anyhow::anyhow!("Redis: {rest}"))),
        ":" => RespValue::Number(rest.parse()?),
        "$" if rest == "-1" => RespValue::Nothing,
        "$" => {
            let mut text = vec![0; rest.parse::<usize>()? + 2];
            reader.read_exact(&mut text).await?;
            text.truncate(text.len() - 2);
            RespValue::Text(String::from_utf8(text)?)
        }
        _ => bail!("a reply of a kind that nobody asked for: {line}"),
    }))
}
