//! Devices in the scenes: they join a room, read their frames, and compare every frame with the disk.

use std::future::poll_fn;

use shuttle::future::{JoinHandle, spawn};
use switchboard_core::{BookingId, BookingRequest, Command, Company, CompanyId};
use switchboard_journal::Fate;
use switchboard_wire::phoenix::{Ref, Version};

use super::company::{after, ann, carl, id, idle_ann};
use super::world::{Here, SceneDisk, SceneWorld};
use crate::companies::{Room, Subscriber};
use crate::outbox::{Outbox, OutboxReceiver, Outgoing};

/// A device that has joined a room.
pub struct SceneListener {
    pub line: u64,
    pub room: Room,
    /// The task that reads frames; it ends when the last sender of the task's outbox is dropped.
    pub reading: JoinHandle<()>,
}

/// Acme, where Ann is idle and has joined her topic, in a world where these commits fail, counted from 0.
pub async fn ann_at_acme(failing: &[u32]) -> (SceneWorld, CompanyId, Here, SceneListener) {
    let world = SceneWorld::new([after("acme", &idle_ann())], 4, failing);
    let (acme, here) = (id("acme"), world.here());
    let at_ann = here.join(&acme, Room::Employee(ann())).await;
    (world, acme, here, at_ann)
}

impl Here {
    /// Joins a device. Like a real one the device leaves again if the join is lost, and retries until it succeeds.
    pub async fn join(&self, company: &CompanyId, room: Room) -> SceneListener {
        loop {
            let (outbox, frames) = Outbox::new(64, Version::V2);
            let line = self.exchange.next_line();
            let joining = Subscriber { id: line, outbox, topic: "a topic".into(), join_ref: Ref::Null, only: None };
            let joined = self.visit(company, |visit| {
                visit.enter(&room, joining).expect("anybody may enter");
            });
            match joined.await {
                Ok(Fate::Committed) => {
                    let reading = spawn(read(self.disk.clone(), company.clone(), frames));
                    return SceneListener { line, room, reading };
                }
                Ok(Fate::Lost) => self.exchange.leave(company, &room, line).await,
                Err(_not_now) => {}
            }
            shuttle::future::yield_now().await;
        }
    }

    /// Books for Carl, with retries until a booking is committed.
    pub async fn book(&self, company: &CompanyId) -> BookingId {
        loop {
            let booking = self.exchange.clock().fresh_booking();
            let topic = "tax".parse().expect("a topic");
            let command = Command::Book(BookingRequest::new(booking, carl(), topic));
            let booked = self.visit(company, |visit| {
                visit.take(&command).expect("ann is idle, and carl has nothing open");
            });
            if booked.await == Ok(Fate::Committed) {
                return booking;
            }
            shuttle::future::yield_now().await;
        }
    }

    /// Advances the time until the stored company satisfies `holds`.
    pub async fn wait_until(&self, company: &CompanyId, holds: impl Fn(&Company) -> bool) {
        while !holds(&self.disk.company(company)) {
            self.tell(self.exchange.clock().now().plus_ms(50));
            shuttle::future::yield_now().await;
        }
    }
}

async fn read(disk: SceneDisk, company: CompanyId, frames: OutboxReceiver) {
    while poll_fn(|cx| frames.poll_ready(cx)).await.is_ok() {
        let Some(
            Outgoing::Frame(frame)
            | Outgoing::Offer(frame, _)
            | Outgoing::Search(frame, _)
            | Outgoing::Ended { frame, .. },
        ) = frames.take()
        else {
            return;
        };
        let frame: serde_json::Value = serde_json::from_str(&frame).expect("JSON");
        let payload = &frame[4];
        let (id, offers) = match frame[3].as_str() {
            Some("booking") => (&payload["booking"]["id"], &payload["booking"]["offers"]),
            Some("offer") => (&payload["offer"]["booking_id"], &payload["offer"]["attempt"]),
            _ => continue,
        };
        let id: BookingId = id.as_str().and_then(|id| id.parse().ok()).expect("a booking's id");
        let stored = disk.company(&company).booking(id).map(|booking| booking.offers.len() as u64);
        assert!(stored >= offers.as_u64(), "told {frame}, and stored are {stored:?} offers");
    }
}
