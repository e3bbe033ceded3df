//! A timekeeper for the model, where tokio's timers do not run.

use std::pin::pin;

use futures_util::future::{Either, select};
use shuttle::future::{JoinHandle, spawn};
use switchboard_core::{CompanyId, Time};
use tokio::sync::watch;

use super::world::{Here, SceneWorld};

/// The time that ends all timekeeping.
const OVER: Time = Time::from_ms(u64::MAX);

/// A task that sleeps and wakes as `Timekeeper::run` does, by the time that a scene sets.
pub struct Timekeeping(JoinHandle<()>);

impl Timekeeping {
    pub fn begin(world: &SceneWorld) -> Self {
        Self(spawn(run(world.here(), world.health.clone(), world.here().time.subscribe())))
    }

    pub async fn end(self, world: &SceneWorld) {
        world.well_again().await;
        world.here().time.send_replace(OVER);
        self.0.await.expect("it ends");
    }
}

async fn run(
    here: Here,
    mut health: switchboard_journal::sync::watch::Receiver<bool>,
    mut time: watch::Receiver<Time>,
) {
    while *time.borrow() != OVER {
        wake_all(&here, here.exchange.take_due()).await;
        let next = here.exchange.next_due();
        let recovered = {
            let slept = |now: &Time| *now == OVER || next.is_some_and(|next| next <= *now);
            let sleep = pin!(async { time.wait_for(slept).await.map(|_now| ()) });
            let rung = pin!(here.exchange.rung());
            let changed = pin!(health.changed());
            matches!(select(select(sleep, rung), changed).await, Either::Right(_)) && here.exchange.is_healthy()
        };
        if recovered {
            wake_all(&here, here.disk.companies()).await;
        }
    }
}

async fn wake_all(here: &Here, companies: Vec<CompanyId>) {
    let mut waking = Vec::new();
    for company in companies {
        let exchange = here.exchange.clone();
        waking.push(spawn(async move { exchange.wake(&company).await }));
    }
    for woken in waking {
        woken.await.expect("it ends");
    }
}
