//! `switchboard demo`: a booking in six steps against a running server, with real sockets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use switchboard_core::Party;

use crate::identity::{Identity, Sign};
use crate::server_url::ServerUrl;

mod device;

use device::DemoDevice;

/// The lifetime of the play's tokens.
const VALID_FOR: Duration = Duration::from_secs(60 * 60);

/// Plays the six steps and prints the frames of each side. An error means that the server could not be reached, or that
/// a step did not go as it must.
pub async fn play(url: &ServerUrl, company: &str, sign: &Sign) -> anyhow::Result<()> {
    // The people of each play are new, so that a play can be repeated at once.
    let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() % 1_000_000;
    // A topic for this play alone, so that no employee of another play gets the offer.
    let topic = format!("tax-{run}");
    let token = |role, who: &str| {
        sign(&Identity {
            role,
            id: format!("{}-{run}", who.to_lowercase()),
            company: company.to_owned(),
            name: Some(if role == Party::Client { format!("{who} Miller") } else { who.to_owned() }),
            topics: (role == Party::Employee).then(|| vec![topic.clone()]),
            valid_for: VALID_FOR,
        })
    };
    let desk = |who: &str| format!("employee:{company}:{}-{run}", who.to_lowercase());
    let clients = format!("company:{company}");
    let mut erika = DemoDevice::join(url, &token(Party::Employee, "Erika")?, "Erika", &desk("Erika")).await?;
    let mut max = DemoDevice::join(url, &token(Party::Employee, "Max")?, "Max", &desk("Max")).await?;
    let alice_token = token(Party::Client, "Alice")?;
    let mut alice = DemoDevice::join(url, &alice_token, "Alice", &clients).await?;

    println!("\n1. No employee is idle for this topic: the client cannot book.");
    alice.push("book", json!({ "topic": topic })).await?;

    println!("\n2. Erika, then Max, become idle; the client is notified at once.");
    erika.push("set_status", json!({ "status": "idle" })).await?;
    alice.hear("availability", |a| a["topics"][&topic]["available"] == true).await?;
    max.push("set_status", json!({ "status": "idle" })).await?;

    println!("\n3. The client books: Erika, idle the longest, becomes `init` and gets the offer.");
    alice.push("book", json!({ "topic": topic, "note": { "question": "may I deduct my bicycle?" } })).await?;
    let offer = erika.hear("offer", |_| true).await?;

    println!("\n4. Erika rejects: she is idle again, and Max gets the offer.");
    erika.push("reject", json!({ "offer_id": id(&offer["offer"]) })).await?;
    let offer = max.hear("offer", |_| true).await?;

    println!("\n5. Max accepts: he is `busy`, and the session begins.");
    let accepted = max.push("accept", json!({ "offer_id": id(&offer["offer"]) })).await?;
    alice.hear("booking", |b| b["booking"]["state"] == "assigned").await?;
    let room = format!("session:{}", accepted["session"]["id"].as_str().unwrap_or_default());
    let mut alice_talks = DemoDevice::join(url, &alice_token, "Alice", &room).await?;
    let mut max_talks = DemoDevice::join(url, &token(Party::Employee, "Max")?, "Max", &room).await?;
    alice_talks.push("message", json!({ "body": "Good morning, Max!" })).await?;
    max_talks.hear("message", |_| true).await?;

    println!("\n6. The session ends: Max is idle, and can get offers again.");
    max_talks.push("end", json!({ "reason": "answered" })).await?;
    alice_talks.hear("ended", |_| true).await?;
    max.hear("status", |s| s["status"] == "idle" && s["cause"] == "session_ended").await?;
    for desk in [&mut erika, &mut max] {
        desk.push("set_status", json!({ "status": "offline" })).await?;
    }
    println!("\nAll six steps succeeded; every answer was committed before it was sent.");
    Ok(())
}

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap_or_default()
}
