//! How long from `book` arriving to `offer` leaving, beside one fdatasync of this disk and one loopback round trip.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use switchboard::auth::Keyring;
use switchboard_client::Socket;
use switchboard_wire::claims::{Claims, Role};
use switchboard_wire::phoenix::{PHOENIX_TOPIC, event};

const ROUNDS: usize = 500;
const WARM_UP: usize = 50;
const SECRET: &str = "a secret for measuring, never for anything else";

/// How long an answer may take.
const WAIT_MAX: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Beside the build, so that the store is on the disk that is measured and not in memory.
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/offer-time");
    let _not_there_yet = std::fs::remove_dir_all(&here);
    std::fs::create_dir_all(&here)?;
    // The binary that was built beside this one.
    let own = std::env::current_exe()?;
    let binary = own.parent().and_then(Path::parent).ok_or("the example is in the build")?.join("switchboard");
    let mut server = Command::new(binary)
        .args(["serve", "--listen", "127.0.0.1:0", "--auto-provision", "--changes-per-person-per-s", "0", "--data"])
        .arg(here.join("store"))
        .env("SWITCHBOARD_JWT_SECRET", SECRET)
        .env("SWITCHBOARD_API_KEY", "measuring")
        .stdout(Stdio::piped())
        .spawn()?;
    let measured = measure(&mut server, &here).await;
    server.kill()?;
    server.wait()?;
    std::fs::remove_dir_all(&here)?;
    measured
}

async fn measure(server: &mut Child, here: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("the server has an output")?).read_line(&mut line)?;
    let address = line.trim().rsplit("//").next().ok_or("the server says where it listens")?.to_owned();
    let (desk, company) = ("employee:acme:erika", "company:acme");
    let mut employee = join(&address, Role::Employee, "erika", desk).await?;
    employee.ask(desk, "set_status", r#"{"status":"idle"}"#).await?;
    let mut client = join(&address, Role::Client, "alice", company).await?;
    let (mut loopback, mut file) = (Loopback::start()?, File::create(here.join("synced"))?);
    let mut times = Times::default();
    for round in 0..ROUNDS + WARM_UP {
        if round == WARM_UP {
            times = Times::default();
        }
        times.loopback.push(loopback.round_trip()?);
        times.fdatasync.push(fdatasync(&mut file)?);
        let start = Instant::now();
        client.ask(PHOENIX_TOPIC, event::HEARTBEAT, "{}").await?;
        times.heartbeat.push(start.elapsed());
        let start = Instant::now();
        let (offer, booked) = tokio::join!(
            async { employee.event("offer", |_| true).await.map(|offer| (offer, start.elapsed())) },
            client.ask(company, "book", r#"{"topic":"tax"}"#)
        );
        let (offer, took) = offer?;
        booked?;
        times.offer.push(took);
        let wish = json!({ "offer_id": offer["offer"]["id"] }).to_string();
        let accepted = employee.ask(desk, "accept", &wish).await?;
        end(&address, accepted["session"]["id"].as_str().ok_or("a session has an id")?)?;
        employee.event("status", |status| status["cause"] == "session_ended").await?;
    }
    times.print();
    Ok(())
}

#[derive(Default)]
struct Times {
    loopback: Vec<Duration>,
    fdatasync: Vec<Duration>,
    heartbeat: Vec<Duration>,
    offer: Vec<Duration>,
}

impl Times {
    fn print(mut self) {
        println!("{ROUNDS} rounds, one after the other; microseconds: quartile, median, quartile");
        let row = |what: &str, times: &mut Vec<Duration>| {
            times.sort_unstable();
            let at = |part: usize| times[times.len() * part / 4].as_secs_f64() * 1e6;
            println!("  {what:<52} {:>8.0} {:>8.0} {:>8.0}", at(1), at(2), at(3));
            at(2)
        };
        let loopback = row("loopback round trip, 1 byte over TCP", &mut self.loopback);
        let fdatasync = row("write 4 KiB and fdatasync", &mut self.fdatasync);
        let heartbeat = row("heartbeat and its reply: the wire without a booking", &mut self.heartbeat);
        let offer = row("`book` sent until `offer` received, committed", &mut self.offer);
        let inside = offer - heartbeat;
        println!("from `book` arriving to `offer` leaving, about (the last less the heartbeat): {inside:.0} us");
        println!("  = {:.2} fdatasync, {:.1} loopback round trips", inside / fdatasync, inside / loopback);
    }
}

fn fdatasync(file: &mut File) -> std::io::Result<Duration> {
    let start = Instant::now();
    file.write_all(&[7; 4096])?;
    file.sync_data()?;
    Ok(start.elapsed())
}

/// One byte there and back.
struct Loopback(TcpStream);

impl Loopback {
    fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        let (mut far, _) = listener.accept()?;
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        std::thread::spawn(move || {
            let mut byte = [0];
            while far.read_exact(&mut byte).is_ok() && far.write_all(&byte).is_ok() {}
        });
        Ok(Self(near))
    }

    fn round_trip(&mut self) -> std::io::Result<Duration> {
        let start = Instant::now();
        self.0.write_all(&[1])?;
        self.0.read_exact(&mut [0])?;
        Ok(start.elapsed())
    }
}

async fn join(address: &str, role: Role, who: &str, topic: &str) -> Result<Socket, Box<dyn std::error::Error>> {
    let claims = Claims {
        subject: who.into(),
        role,
        company: Some("acme".into()),
        name: None,
        topics: None,
        skills: None,
        priority: None,
        scope: None,
        issued_at_ms: None,
        expires_at_s: u64::from(u32::MAX),
    };
    let token = Keyring::hs256(SECRET.as_bytes()).sign(&claims)?;
    let mut socket = Socket::connect(address, &token, WAIT_MAX).await?;
    socket.join(topic).await?;
    Ok(socket)
}

/// Ends a session over HTTP.
fn end(address: &str, session: &str) -> std::io::Result<()> {
    let mut http = TcpStream::connect(address)?;
    write!(
        http,
        "POST /v1/companies/acme/sessions/{session}/end HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer measuring\r\n\
         connection: close\r\ncontent-length: 0\r\n\r\n"
    )?;
    http.read_to_end(&mut Vec::new()).map(drop)
}
