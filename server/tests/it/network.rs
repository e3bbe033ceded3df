//! A bad network between people and their server: one address that stays, whatever happens to the server behind it.

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

/// A way to a server through any weather. Dropping it cuts all connections.
pub struct Network {
    /// The address where people connect.
    pub address: SocketAddr,
    server: watch::Sender<Option<SocketAddr>>,
    pub done: Arc<Done>,
    _gate: JoinSet<()>,
}

impl Network {
    /// Opens the network, without a server behind it.
    pub async fn open(chance: &mut Chance) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (server, leads_to) = watch::channel(None);
        let done = Arc::new(Done::default());
        let mut gate = JoinSet::new();
        gate.spawn(let_in(listener, leads_to, chance.fork(), done.clone()));
        Self { address, server, done, _gate: gate }
    }

    /// Leads new connections to that server from now on.
    pub fn leads_to(&self, server: SocketAddr) {
        self.server.send_replace(Some(server));
    }

    /// Turns new connections away from now on. Existing ones stay open, with their data in transit.
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
        // The port of a former connection belongs to another one now.
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

/// Counts how often something was done.
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

/// The faults that a network inflicted on people.
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
    /// Connections that people gave up after waiting in vain; the people count these themselves.
    pub given_up: Count,
    /// The people's ends of connections that were silent or slow.
    blamed: Mutex<HashSet<SocketAddr>>,
}

impl Done {
    pub fn blame(&self, line: SocketAddr) {
        self.blamed.lock().unwrap().insert(line);
    }

    fn forget(&self, line: SocketAddr) {
        self.blamed.lock().unwrap().remove(&line);
    }

    /// Whether the network, instead of the server, may be the cause of silence on a connection.
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

    /// Fails unless all kinds of weather occurred, because a network without faults would prove nothing.
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
