//! Tasks in the server: each is polled, and whatever it did is compared with the model.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use switchboard_core::Time;

use crate::cast::{Chore, InFlight};
use crate::reference::ModelStep;
use crate::task::{Task, TaskResult, What, admin_command};
use crate::world::World;

impl World {
    /// Starts an admin's request over HTTP.
    pub fn admin(&mut self, office: usize, step: ModelStep) {
        let Some(server) = &self.server else { return };
        let (exchange, company) = (server.context.exchange.clone(), self.offices[office].id.clone());
        let command = admin_command(&step, server.clock.fresh_booking());
        let future = Box::pin(async move {
            let visited = exchange.visit(&company, |visit| {
                let _shown_by_the_model = visit.take(&command);
            });
            TaskResult::Admin(visited.await.is_ok())
        });
        self.start(What::Admin(office, step), future);
    }

    /// Starts the wake-up of a company.
    pub fn wake(&mut self, office: usize) {
        let Some(server) = &self.server else { return };
        let (exchange, company) = (server.context.exchange.clone(), self.offices[office].id.clone());
        self.start(What::Wake(office), Box::pin(async move { TaskResult::Woken(exchange.wake(&company).await) }));
    }

    /// Wakes the companies with passed deadlines, as the timekeeper does.
    pub(crate) fn wake_due(&mut self) {
        let Some(server) = &self.server else { return };
        server.clock.tell(Time::from_ms(self.now_ms), self.ahead_ms);
        let due = server.context.exchange.take_due();
        for company in due {
            if let Some(office) = self.offices.iter().position(|office| office.id == company) {
                self.wake(office);
            }
        }
    }

    /// Starts a task in the server.
    pub fn start(&mut self, what: What, future: Pin<Box<dyn Future<Output = TaskResult>>>) {
        self.tasks.push(Task { what, line: None, old: None, taken: false, refused: false, future });
    }

    /// Lets a device that has no task do the next thing.
    pub fn serve(&mut self, phone: usize) {
        let found = &mut self.phones[phone];
        if self.server.is_none() || found.device.is_none() {
            return;
        }
        if let Some(chore) = found.chores.pop_front() {
            let Some(mut device) = found.device.take() else { return };
            match chore {
                Chore::Forget(topic, line) => {
                    let (of, what) = (topic.clone(), What::Forget(phone, topic, line));
                    let future = async move {
                        device.forget(&of, line).await;
                        TaskResult::Device(Box::new(device), None)
                    };
                    self.start(what, Box::pin(future));
                }
                Chore::Answers(topic, line, answers) => {
                    let what = What::Answers(phone, topic, line, answers);
                    let future = async move {
                        device.answers(line, answers).await;
                        TaskResult::Device(Box::new(device), None)
                    };
                    self.start(what, Box::pin(future));
                }
                Chore::Leave => {
                    // One after the other, as in the server, so that each turn has a known request.
                    let seats = found.seats.iter().map(|(topic, seat)| Chore::Forget(topic.clone(), seat.line));
                    found.chores = seats.collect();
                    found.device = Some(device);
                }
            }
            return;
        }
        if !found.up.is_empty()
            && let Some(answers) = self.answers_again(phone)
        {
            // Any frame of a silent device makes the device present before the frame itself counts.
            self.phones[phone].chores.push_front(answers);
            return self.serve(phone);
        }
        let found = &mut self.phones[phone];
        let Some(sent) = found.up.pop_front() else { return };
        let Some(mut device) = found.device.take() else { return };
        match sent {
            InFlight::Frame(frame) => {
                let old = self.seat_given_up(phone, &frame);
                let text = frame.text();
                let future = async move {
                    let end = device.hear_frame(&text).await;
                    TaskResult::Device(Box::new(device), end)
                };
                self.start(What::Hear(phone, frame), Box::pin(future));
                if let Some(task) = self.tasks.last_mut() {
                    task.old = old;
                }
            }
            InFlight::Pong(proof) => {
                let bytes = proof.clone();
                let future = async move {
                    device.delivered(&bytes).await;
                    TaskResult::Device(Box::new(device), None)
                };
                self.start(What::Pong(phone, proof), Box::pin(future));
            }
        }
    }

    /// Polls every task; returns whether any has ended.
    pub(crate) fn poll_all(&mut self) -> bool {
        let mut any = false;
        let mut n = 0;
        while n < self.tasks.len() {
            match self.poll(n) {
                true => any = true,
                false => n += 1,
            }
        }
        any
    }

    fn poll(&mut self, n: usize) -> bool {
        let Some(server) = &mut self.server else { return false };
        server.clock.tell(Time::from_ms(self.now_ms), self.ahead_ms);
        let exchange = server.context.exchange.clone();
        let before = exchange.next_line();
        let polled = self.tasks[n].future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if exchange.next_line() > before + 1 {
            self.tasks[n].line = Some(before + 1);
        }
        let (queued, sent) = match &mut self.server {
            Some(server) => (server.newly_queued(), server.sent()),
            None => return false,
        };
        let at_once = self.hear_at_once(n, sent);
        for queued in queued {
            self.expect(n, queued, &at_once);
        }
        let Poll::Ready(done) = polled else { return false };
        let task = self.tasks.remove(n);
        self.finish(&task, done);
        true
    }

    fn finish(&mut self, task: &Task, done: TaskResult) {
        match (done, &task.what) {
            (TaskResult::Device(device, end), what) => {
                let phone = what.phone();
                assert!(end.is_none(), "a good frame ends the line: {what:?}");
                self.finish_device(phone, task);
                let found = &mut self.phones[phone];
                // A lost connection needs no device once all topics are left.
                let is_over = !found.is_up && found.chores.is_empty() && found.seats.is_empty();
                found.device = Some(*device).filter(|_| !is_over);
            }
            (TaskResult::Woken(could), What::Wake(office)) => {
                if could && !task.taken {
                    self.nothing_came_of(*office, &ModelStep::Wake);
                }
            }
            (TaskResult::Admin(taken), what) => assert_eq!(taken, task.taken, "{what:?}"),
            // A server that cannot read its store does not start.
            (TaskResult::Open(None), _) => self.kill(0),
            (TaskResult::Open(Some(companies)), _) => {
                for company in companies {
                    if let Some(office) = self.offices.iter().position(|office| office.id == company) {
                        self.wake(office);
                    }
                }
            }
            (TaskResult::Woken(_), what) => panic!("{what:?} woke somebody"),
        }
    }
}
