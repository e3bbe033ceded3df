//! What ten dead webhooks cost: bookings on a server with ten endpoints that take nothing, beside one with none.
//!
//! Both servers run the whole time, and the same load is put on one after the other, many times in turn. Half of the
//! endpoints refuse the connection, the others take it and never answer.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use switchboard::crowd;
use switchboard_load::{self as load, Plan};

const ENDPOINTS: usize = 10;
const SECRET: &str = "a secret for measuring, never for anything else";
const KEY: &str = "measuring";

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(10), |rounds| rounds.parse())?;
    let rate: f64 = arguments.next().map_or(Ok(100.0), |rate| rate.parse())?;
    // Beside the build, so that the stores are on the disk that is measured and not in memory.
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dead-webhooks");
    let _not_there_yet = std::fs::remove_dir_all(&here);
    std::fs::create_dir_all(&here)?;
    let (without, with) = (Server::start(&here.join("without"))?, Server::start(&here.join("with"))?);
    let silent = TcpListener::bind("127.0.0.1:0")?;
    without.make_company().await?;
    with.make_company().await?;
    for number in 0..ENDPOINTS {
        let port = if number % 2 == 0 { 9 } else { silent.local_addr()?.port() };
        with.make_endpoint(port).await?;
    }
    let mut found = [Figures::default(), Figures::default()];
    for round in 0..rounds {
        let order = if round % 2 == 0 { [(0, &without), (1, &with)] } else { [(1, &with), (0, &without)] };
        for (place, server) in order {
            found[place].add(server, rate).await?;
        }
    }
    print(&found, rounds, rate);
    drop((without, with));
    std::fs::remove_dir_all(&here)?;
    Ok(())
}

/// What was found of one server, a number for each round.
#[derive(Default)]
struct Figures {
    median_ms: Vec<f64>,
    late_ms: Vec<f64>,
    cpu_us: Vec<f64>,
    memory_mib: Vec<f64>,
}

impl Figures {
    async fn add(&mut self, server: &Server, rate: f64) -> Result<(), Failure> {
        let plan = Plan {
            url: format!("http://{}", server.address).parse().map_err(anyhow::Error::msg)?,
            companies: 1,
            employees: 50,
            clients: 50,
            rate: Some(rate),
            closed: false,
            duration: Duration::from_secs(4),
            warm_up: Duration::from_secs(1),
            accept: 1.0,
            think: Duration::ZERO,
            session: Duration::ZERO,
            handshakes: 64,
            name: "load".to_owned(),
            seed: 1,
            server_pid: Some(server.child.id()),
            json: None,
            plot: None,
        };
        let report = load::run(plan, crowd::sign_with(SECRET)).await?;
        let wait = report.waits_ms.get("book → offer").ok_or("there were bookings")?;
        self.median_ms.push(wait.p50);
        self.late_ms.push(wait.p99);
        self.cpu_us.push(report.cpu.server_us_per_booking.unwrap_or_default());
        self.memory_mib.push(server.memory_mib()?);
        Ok(())
    }
}

fn print([without, with]: &[Figures; 2], rounds: usize, rate: f64) {
    println!(
        "{rounds} rounds of 4 s, {rate} bookings a second; medians of the rounds, and of the ratios in each round"
    );
    println!("  {:<36} {:>10} {:>18} {:>7}", "", "none", "ten dead webhooks", "ratio");
    for (what, none, ten) in [
        ("book → offer, median, ms", &without.median_ms, &with.median_ms),
        ("book → offer, 99 of 100, ms", &without.late_ms, &with.late_ms),
        ("CPU of the server per booking, us", &without.cpu_us, &with.cpu_us),
        ("memory of the server, MiB", &without.memory_mib, &with.memory_mib),
    ] {
        let ratios = none.iter().zip(ten).map(|(none, ten)| ten / none).collect();
        println!("  {what:<36} {:>10.2} {:>18.2} {:>7.3}", median(none.clone()), median(ten.clone()), median(ratios));
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(numbers[middle - 1], numbers[middle]),
        _ => numbers[middle],
    }
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(data: &Path) -> Result<Self, Failure> {
        // The binary that was built beside this one.
        let own = std::env::current_exe()?;
        let binary: PathBuf =
            own.parent().and_then(Path::parent).ok_or("the example is in the build")?.join("switchboard");
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--auto-provision", "--changes-per-person-per-s", "0"])
            .args(["--webhooks-allow-private", "--log", "error", "--data"])
            .arg(data)
            .env("SWITCHBOARD_JWT_SECRET", SECRET)
            .env("SWITCHBOARD_API_KEY", KEY)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("the server has an output")?).read_line(&mut line)?;
        let address = line.trim().rsplit("//").next().ok_or("the server says where it listens")?.to_owned();
        Ok(Self { child, address })
    }

    async fn make_company(&self) -> Result<(), Failure> {
        self.ask(reqwest::Method::PUT, "", "{}").await
    }

    async fn make_endpoint(&self, port: u16) -> Result<(), Failure> {
        let body = format!(r#"{{"url": "http://127.0.0.1:{port}/"}}"#);
        self.ask(reqwest::Method::POST, "/webhooks", &body).await
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: &str) -> Result<(), Failure> {
        let url = format!("http://{}/v1/companies/load-0{path}", self.address);
        let asked = reqwest::Client::new().request(method, url).bearer_auth(KEY).body(body.to_owned());
        asked.send().await?.error_for_status()?;
        Ok(())
    }

    fn memory_mib(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("Linux says how much it is")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing that it holds is needed any more.
        let _it_has_ended = self.child.kill();
        let _it_is_waited_for = self.child.wait();
    }
}
