//! The weather on one connection: bytes come late but in order, or not for a while, or in part, or never again.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::chance::Chance;
use crate::network::Done;

/// One connection in so many has no trouble except its delay.
const CALM_ONE_IN: u64 = 5;
/// The next trouble of a connection comes within this time.
const UNTIL_TROUBLE_MS: u64 = 4000;
/// The greatest delay of a distant connection, each way. A round trip stays below `delivery_timeout_ms` of the crowd.
const FAR_MS: u64 = 150;
const NEAR_MS: u64 = 15;
/// Duration of a silence: shorter and longer than the crowd's timeouts, and than people's patience.
const SILENCE_MS: (u64, u64) = (200, 2000);
const THROTTLED_MS: u64 = 2000;
/// A throttled connection carries so many bytes at a time, and then rests: 3 KB a second, a frame in several parts.
const MORSEL_BYTES: usize = 60;
const REST: Duration = Duration::from_millis(20);
/// The longest wait of a cut for the middle of a frame.
const FRAME_WAIT: Duration = Duration::from_secs(1);
/// Bytes read at once, and the most chunks in transit in one direction; beyond that the sender is held up.
const CHUNK_BYTES: usize = 4096;
const CHUNKS_UNDER_WAY: usize = 64;

/// How one direction of a connection carries data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Flowing,
    Silent,
    Throttled,
    /// The next bytes are carried in part, and are the last.
    BreaksOff,
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// With a reset to both ends.
    Abruptly,
    Cleanly,
    InAFrame,
    /// One end was reset, by itself or because its process was killed, and so the other end is reset too.
    AsItsEnd,
}

/// An event at one end.
enum Arrival {
    Bytes(Vec<u8>),
    /// The end will send nothing more.
    End,
    Reset,
}

/// One connection, between a person and the server.
pub struct Line {
    person: TcpStream,
    server: TcpStream,
    /// The person's end, by which the person can ask whether the network is to blame.
    who: SocketAddr,
    chance: Chance,
    done: Arc<Done>,
}

impl Line {
    pub fn new(person: TcpStream, server: TcpStream, who: SocketAddr, chance: Chance, done: Arc<Done>) -> Self {
        Self { person, server, who, chance, done }
    }

    /// Carries data until both ends have finished, or until the connection is cut.
    pub async fn run(mut self) {
        self.done.lines.add();
        let delay = Delay::drawn(&mut self.chance);
        if !delay.longest.is_zero() {
            self.done.delayed.add();
        }
        for end in [&self.person, &self.server] {
            // The end may be gone already, which shows at the first byte.
            let _gone = end.set_nodelay(true);
        }
        let moods = Moods { there: watch::channel(Mood::Flowing).0, back: watch::channel(Mood::Flowing).0 };
        let (from_person, to_person) = self.person.split();
        let (from_server, to_server) = self.server.split();
        let there = Way { delay: delay.clone(), chance: self.chance.fork(), mood: moods.there.subscribe() };
        let back = Way { delay, chance: self.chance.fork(), mood: moods.back.subscribe() };
        let carried =
            async { tokio::try_join!(there.carry(from_person, to_server), back.carry(from_server, to_person)) };
        let cut = tokio::select! {
            carried = carried => carried.err(),
            cut = moods.change(&mut self.chance, &self.done, self.who) => Some(cut),
        };
        let resets = match cut {
            None => false,
            Some(Cut::Cleanly) => {
                self.done.cut_cleanly.add();
                false
            }
            Some(Cut::Abruptly) => {
                self.done.cut_abruptly.add();
                true
            }
            Some(Cut::InAFrame) => {
                self.done.cut_in_a_frame.add();
                self.chance.one_in(2)
            }
            Some(Cut::AsItsEnd) => true,
        };
        for end in [&self.person, &self.server] {
            if resets {
                let _gone = end.set_zero_linger();
            }
        }
    }
}

/// The weather of both directions.
struct Moods {
    there: watch::Sender<Mood>,
    back: watch::Sender<Mood>,
}

impl Moods {
    /// Causes trouble repeatedly, until one of the troubles is a cut.
    async fn change(&self, chance: &mut Chance, done: &Done, who: SocketAddr) -> Cut {
        if chance.one_in(CALM_ONE_IN) {
            std::future::pending::<Infallible>().await;
        }
        loop {
            sleep(Duration::from_millis(chance.below(UNTIL_TROUBLE_MS))).await;
            match chance.below(10) {
                0 => return Cut::Abruptly,
                1 => return Cut::Cleanly,
                2 | 3 => {
                    // The direction itself reports that it has broken off; if nothing came, there was nothing to cut.
                    let way = self.one(chance);
                    self.for_a_while(&[way], Mood::BreaksOff, FRAME_WAIT).await;
                }
                4 | 5 => {
                    done.silences.add();
                    done.blame(who);
                    self.for_a_while(&[&self.there, &self.back], Mood::Silent, silence(chance)).await;
                    if chance.one_in(3) {
                        return Cut::Abruptly;
                    }
                }
                6 | 7 => {
                    done.one_way_silences.add();
                    done.blame(who);
                    self.for_a_while(&[self.one(chance)], Mood::Silent, silence(chance)).await;
                    if chance.one_in(4) {
                        return Cut::Cleanly;
                    }
                }
                _ => {
                    done.throttled.add();
                    done.blame(who);
                    let while_ = Duration::from_millis(chance.below(THROTTLED_MS));
                    self.for_a_while(&[&self.there, &self.back], Mood::Throttled, while_).await;
                }
            }
        }
    }

    fn one(&self, chance: &mut Chance) -> &watch::Sender<Mood> {
        if chance.one_in(2) { &self.there } else { &self.back }
    }

    async fn for_a_while(&self, ways: &[&watch::Sender<Mood>], mood: Mood, time: Duration) {
        for way in ways {
            way.send_replace(mood);
        }
        sleep(time).await;
        for way in ways {
            way.send_replace(Mood::Flowing);
        }
    }
}

fn silence(chance: &mut Chance) -> Duration {
    let (shortest, longest) = SILENCE_MS;
    Duration::from_millis(shortest + chance.below(longest - shortest))
}

/// The delay of bytes: between half of `longest` and all of it.
#[derive(Clone)]
struct Delay {
    longest: Duration,
}

impl Delay {
    fn drawn(chance: &mut Chance) -> Self {
        let longest = match chance.below(3) {
            0 => 0,
            1 => chance.below(NEAR_MS),
            _ => chance.below(FAR_MS),
        };
        Self { longest: Duration::from_millis(longest) }
    }

    fn next(&self, chance: &mut Chance) -> Duration {
        let half = self.longest / 2;
        half + half * u32::try_from(chance.below(100)).unwrap() / 100
    }
}

/// One direction of a connection.
struct Way {
    delay: Delay,
    chance: Chance,
    mood: watch::Receiver<Mood>,
}

impl Way {
    async fn carry(self, from: ReadHalf<'_>, to: WriteHalf<'_>) -> Result<(), Cut> {
        let Self { delay, mut chance, mood } = self;
        let (under_way, arrivals) = mpsc::channel(CHUNKS_UNDER_WAY);
        let (taken, given) = (take(from, delay, chance.fork(), under_way), give(to, mood, chance, arrivals));
        let taken = async {
            taken.await;
            Ok(())
        };
        tokio::try_join!(taken, given).map(|((), ())| ())
    }
}

/// Takes the bytes of one end; none overtakes earlier ones.
async fn take(mut from: ReadHalf<'_>, delay: Delay, mut chance: Chance, under_way: mpsc::Sender<(Instant, Arrival)>) {
    let mut due = Instant::now();
    let mut bytes = vec![0; CHUNK_BYTES];
    loop {
        let arrival = match from.read(&mut bytes).await {
            Ok(0) => Arrival::End,
            Ok(read) => Arrival::Bytes(bytes[..read].to_vec()),
            Err(_reset) => Arrival::Reset,
        };
        let is_last = !matches!(arrival, Arrival::Bytes(_));
        due = due.max(Instant::now() + delay.next(&mut chance));
        if under_way.send((due, arrival)).await.is_err() || is_last {
            return;
        }
    }
}

/// Delivers the bytes to the other end. Bytes for an end that is gone are dropped; the way back notices the end, after
/// everything that this end had sent.
async fn give(
    mut to: WriteHalf<'_>,
    mut mood: watch::Receiver<Mood>,
    mut chance: Chance,
    mut arrivals: mpsc::Receiver<(Instant, Arrival)>,
) -> Result<(), Cut> {
    while let Some((due, arrival)) = arrivals.recv().await {
        sleep_until(due).await;
        let Ok(mood) = mood.wait_for(|mood| *mood != Mood::Silent).await.map(|mood| *mood) else { return Ok(()) };
        let given = match (arrival, mood) {
            (Arrival::Reset, _) => return Err(Cut::AsItsEnd),
            (Arrival::End, _) => to.shutdown().await,
            (Arrival::Bytes(bytes), Mood::BreaksOff) if bytes.len() > 1 => {
                let part = 1 + usize::try_from(chance.below(bytes.len() as u64 - 1)).unwrap();
                let _gone = to.write_all(&bytes[..part]).await;
                return Err(Cut::InAFrame);
            }
            (Arrival::Bytes(bytes), Mood::Throttled) => trickle(&mut to, &bytes).await,
            (Arrival::Bytes(bytes), _) => to.write_all(&bytes).await,
        };
        if given.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

async fn trickle(to: &mut WriteHalf<'_>, bytes: &[u8]) -> std::io::Result<()> {
    for morsel in bytes.chunks(MORSEL_BYTES) {
        to.write_all(morsel).await?;
        sleep(REST).await;
    }
    Ok(())
}
