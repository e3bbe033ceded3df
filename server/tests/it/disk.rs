//! A disk that is full for a while: people are told `unavailable` and nothing else, and work goes on once there is
//! room.

use std::path::Path;

use serde_json::json;

use crate::chance::Chance;
use crate::compare::{compare, compare_running};
use crate::crowd::{Crowd, brisk};
use crate::people::{Device, Person};
use crate::record::Record;
use crate::server::{API_KEY, Plan, Server, assert_whole, wait_until};
use crate::small_disk::SmallDisk;

const ROUNDS: usize = 3;
/// Room for the write-ahead log, which has its 18 MB from the start, and for as much of the database.
const DISK: &str = "48m";
/// A full disk is noticed when the room in the log is used up: some hundred bookings succeed before that.
const TRIES_MAX: usize = 5_000;

/// Two employees and a client. Both employees are idle, and the far one has been idle for longer.
struct Desk {
    near: Person,
    far: Person,
    client: Person,
    near_device: Device,
    client_device: Device,
}

impl Desk {
    async fn open(server: &Server, crowd: &Crowd) -> Self {
        let near = Person::employee("desk", "near", &crowd.record);
        let far = Person::employee("desk", "far", &crowd.record);
        let client = Person::client("desk", "client", &crowd.record);
        let near_device = near.arrive(server.address).await.unwrap().0;
        let client_device = client.arrive(server.address).await.unwrap().0;
        Self { near, far, client, near_device, client_device }
    }

    /// The far employee connects, and stands first in the line.
    async fn line_up(&mut self, server: &Server) -> Device {
        let set = |status: &str| json!({ "status": status });
        self.near_device.push(&self.near.desk(), "set_status", set("offline")).await.unwrap().ok();
        let (mut far_device, _) = self.far.arrive(server.address).await.unwrap();
        far_device.push(&self.far.desk(), "set_status", set("idle")).await.unwrap().ok();
        self.near_device.push(&self.near.desk(), "set_status", set("idle")).await.unwrap().ok();
        far_device
    }

    /// Books until the store cannot commit.
    async fn book_until_unavailable(&mut self) {
        for _ in 0..TRIES_MAX {
            let answer = self.client_device.push(&self.client.desk(), "book", json!({ "topic": "tax" })).await.unwrap();
            if answer.reason() == "unavailable" {
                return;
            }
            let id = answer.ok()["booking"]["id"].clone();
            let wish = json!({ "booking_id": id });
            let cancelled = self.client_device.push(&self.client.desk(), "cancel", wish).await.unwrap();
            if cancelled.reason() == "unavailable" {
                return;
            }
        }
        panic!("{TRIES_MAX} bookings on a full disk");
    }

    /// The client books; the near employee, the only one connected, is asked and accepts.
    async fn consult(&mut self) {
        let _before = self.near_device.heard_meanwhile();
        let topic = self.client.desk();
        let wish = json!({ "topic": "tax", "note": "after the failure" });
        let booked = self.client_device.push(&topic, "book", wish).await.unwrap().ok();
        let offer = self.near_device.hear("offer", |_| true).await.unwrap();
        assert_eq!(offer["offer"]["booking_id"], booked["booking"]["id"]);
        assert_eq!(offer["offer"]["attempt"], 1, "the one who is gone was asked before");
        let wish = json!({ "offer_id": offer["offer"]["id"] });
        let accepted = self.near_device.push(&self.near.desk(), "accept", wish).await.unwrap().ok();
        let room = format!("session:{}", accepted["session"]["id"].as_str().unwrap());
        self.near_device.join(&room).await.unwrap().ok();
        self.near_device.push(&room, "end", json!({})).await.unwrap().ok();
        let over = |e: &crate::people::Event| e.payload["booking"]["state"] == "assigned";
        self.client_device.hear("booking", over).await.unwrap();
    }

    /// Cancels a booking from before the full disk, which would prevent the next one.
    async fn clear(&mut self) {
        let device = &mut self.client_device;
        let joined = device.join(&self.client.desk()).await.unwrap().ok();
        if joined["booking"].is_object() {
            let wish = json!({ "booking_id": joined["booking"]["id"] });
            device.push(&self.client.desk(), "cancel", wish).await.unwrap().ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_lets_go_without_a_restart() {
    let (mut chance, _repeat) = Chance::announced("disk", "");
    let disk = SmallDisk::mount(DISK);
    let data = disk.data();
    // One client books until the disk is full.
    let plan = Plan::new(&data).with("SWITCHBOARD_LOG", "info").with("SWITCHBOARD_CHANGES_PER_PERSON_PER_S", "0");
    let mut server = plan.start();
    server.set_company("desk", &json!({}));
    server.set_company("busy", &brisk());
    let mut crowd = Crowd::new(&["busy"], 3, 2, &mut chance);
    crowd.go_on(server.address);
    let mut desk = Desk::open(&server, &crowd).await;
    for round in 1..=ROUNDS {
        crowd.record.reaches(crowd.record.promises() + 5).await;
        let far_device = desk.line_up(&server).await;
        disk.fill();
        desk.book_until_unavailable().await;
        assert!(!server.is_ready(), "a server that cannot commit says that it is ready");
        is_refused_over_http(&server);
        is_read_over_http(&server);
        let before = sockets_of(&server);
        drop(far_device);
        wait_until("the server to notice that a line is gone", || sockets_of(&server) < before);
        assert_whole(&data);
        disk.free();
        wait_until("the server to be ready again", || server.is_ready());
        let (_, head, _) = server.ask_for_all(API_KEY, "GET", "/v1/companies/desk/bookings", "");
        assert!(!head.to_lowercase().contains("switchboard-behind"), "{head}");
        desk.clear().await;
        desk.consult().await;
        crowd.record.reaches(crowd.record.promises() + 5).await;
        compare_running(&crowd.record, &server, &data).assert_nothing_found(&format!("round {round}"));
    }
    crowd.go_home().await;
    server.stop();
    assert_whole(&data);
    report(&crowd, &data);
}

fn report(crowd: &Crowd, data: &Path) {
    let found = compare(&crowd.record, data);
    found.assert_nothing_found("at the end");
    let unavailable = crowd.record.all().iter().filter(|told| told.payload["reason"] == "unavailable").count();
    let (promises, checked) = (crowd.record.promises(), found.checked);
    println!(
        "{ROUNDS} full disks, {unavailable} `unavailable`, {promises} promises, {checked} objects compared, 0 lost"
    );
}

fn is_refused_over_http(server: &Server) {
    let (status, body) = server.ask("PUT", "/v1/companies/another", r#"{"name": "Another"}"#);
    assert!(status == 503 && body.contains("unavailable"), "{status} {body}");
    assert_eq!(server.ask("GET", "/healthz", "").0, 200, "it is alive all the same");
}

/// Reads go on, and say that the latest changes may be missing.
fn is_read_over_http(server: &Server) {
    let of_desk = [
        "",
        "/bookings",
        "/sessions",
        "/employees",
        "/employees/near",
        "/availability",
        "/statistics",
        "/statistics/employees",
        "/employees/near/statistics",
        "/events",
        "/webhooks",
        "/export",
    ];
    let paths = of_desk.iter().map(|of| format!("/v1/companies/desk{of}")).chain(["/v1/companies".to_owned()]);
    for path in paths {
        let (status, head, body) = server.ask_for_all(API_KEY, "GET", &path, "");
        assert_eq!(status, 200, "{path}: {body}");
        assert!(head.to_lowercase().contains("switchboard-behind: true"), "{path}: {head}");
    }
    let near = Person::employee("desk", "near", &Record::default().into()).token();
    assert_eq!(server.ask_with(&near, "GET", "/v1/companies/desk/employees/near", "").0, 200);
    let (status, body) = server.ask("GET", "/v1/companies/nobody/bookings", "");
    assert!(status == 404 && body.contains("unknown_company"), "{status} {body}");
}

/// Number of open sockets of the server's process.
fn sockets_of(server: &Server) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
    let names = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    names.filter(|name| name.to_string_lossy().starts_with("socket:")).count()
}
