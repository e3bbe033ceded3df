//! A bad network between people and their server: one address that stays, whatever becomes of the server behind it.

use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::weather::Line;

/// A way to a server through any weather. Dropping it cuts all lines.
pub struct Network {
    /// Where people go to.
    pub address: SocketAddr,
    server: watch::Sender<Option<SocketAddr>>,
    pub done: Arc<Done>,
    _gate: JoinSet<()>,
}

impl Network {
    /// Opens the gate; it leads nowhere yet.
    pub async fn open(chance: &mut Chance) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (server, leads_to) = watch::channel(None);
        let done = Arc::new(Done::default());
        let mut gate = JoinSet::new();
        gate.spawn(let_in(listener, leads_to, chance.fork(), done.clone()));
        Self { address, server, done, _gate: gate }
    }

    /// New lines go there from now on.
    pub fn leads_to(&self, server: SocketAddr) {
        self.server.send_replace(Some(server));
    }

    /// Whoever comes is turned away from now on. The lines that are there stay, with what is under way on them.
    pub fn leads_nowhere(&self) {
        self.server.send_replace(None);
    }
}

async fn let_in(
    listener: TcpListener,
    leads_to: watch::Receiver<Option<SocketAddr>>,
    mut chance: Chance,
    done: Arc<Done>,
) {
    let mut lines = JoinSet::new();
    loop {
        let (person, who) = listener.accept().await.expect("the gate can be entered");
        while lines.try_join_next().is_some_and(|line| line.is_ok()) {}
        let server = *leads_to.borrow();
        let (chance, done) = (chance.fork(), done.clone());
        // The port of a line that is gone is another's now.
        done.forget(who);
        lines.spawn(async move {
            match reach(server).await {
                Some(server) => Line::new(person, server, who, chance, done).run().await,
                None => {
                    done.turned_away.add();
                    // The person may be gone as well.
                    let _gone = person.set_zero_linger();
                }
            }
        });
    }
}

async fn reach(server: Option<SocketAddr>) -> Option<TcpStream> {
    TcpStream::connect(server?).await.ok()
}

/// How often something was done.
#[derive(Default)]
pub struct Count(AtomicUsize);

impl Count {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a network did to people.
#[derive(Default)]
pub struct Done {
    pub lines: Count,
    pub turned_away: Count,
    pub delayed: Count,
    pub cut_abruptly: Count,
    pub cut_cleanly: Count,
    pub cut_in_a_frame: Count,
    pub silences: Count,
    pub one_way_silences: Count,
    pub throttled: Count,
    /// Lines that people gave up, tired of waiting; they count them themselves.
    pub given_up: Count,
    /// The people's ends of lines that were silent or slow.
    blamed: Mutex<HashSet<SocketAddr>>,
}

impl Done {
    pub fn blame(&self, line: SocketAddr) {
        self.blamed.lock().unwrap().insert(line);
    }

    fn forget(&self, line: SocketAddr) {
        self.blamed.lock().unwrap().remove(&line);
    }

    /// Whether the network, and not the server, may be the reason why nothing is heard on a line.
    pub fn is_to_blame_for(&self, line: SocketAddr) -> bool {
        self.blamed.lock().unwrap().contains(&line)
    }

    fn counts(&self) -> [(&Count, &str); 10] {
        [
            (&self.lines, "lines"),
            (&self.delayed, "delayed"),
            (&self.cut_abruptly, "cut abruptly"),
            (&self.cut_cleanly, "cut cleanly"),
            (&self.cut_in_a_frame, "cut in a frame"),
            (&self.silences, "silences"),
            (&self.one_way_silences, "one-way silences"),
            (&self.throttled, "throttled"),
            (&self.given_up, "given up by people"),
            (&self.turned_away, "turned away"),
        ]
    }

    /// Fails unless all kinds of weather were met: a network that does nothing would prove nothing.
    pub fn assert_all_happened(&self) {
        let missing: Vec<&str> =
            self.counts().into_iter().filter(|(count, _)| count.get() == 0).map(|(_, what)| what).collect();
        assert!(missing.is_empty(), "the network never did this: {missing:?}");
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<String> =
            self.counts().into_iter().map(|(count, what)| format!("{} {what}", count.get())).collect();
        f.write_str(&said.join(", "))
    }
}
