//! The model's side of `sync`: shuttle's locks and counters, and tokio's queues and notifications with a step before
//! each call.

//!
//! Tokio's primitives of synchronisation never block a thread: they take a lock of std for a moment, call no code of
//! this project while they hold the lock, and wake by shuttle's wakers. So each call is atomic under shuttle, and the
//! step before the call is the point at which another thread may come in between.

pub use shuttle::sync::{Mutex, MutexGuard, RwLock, atomic};

/// Lets the scheduler choose the next thread. A sleep of zero and not a yield, because the PCT scheduler lowers the
/// priority of a thread that yields.
pub fn step() {
    shuttle::thread::sleep(std::time::Duration::ZERO);
}

/// Threads of shuttle with the interface of `std::thread`.
pub mod thread {
    pub use shuttle::thread::sleep;

    #[derive(Default)]
    pub struct Builder(shuttle::thread::Builder);

    impl Builder {
        pub fn new() -> Self {
            Self::default()
        }

        pub fn name(self, name: String) -> Self {
            Self(self.0.name(name))
        }

        pub fn spawn<T: Send + 'static>(
            self,
            work: impl FnOnce() -> T + Send + 'static,
        ) -> std::io::Result<JoinHandle<T>> {
            self.0.spawn(work).map(JoinHandle)
        }
    }

    #[derive(Debug)]
    pub struct JoinHandle<T>(shuttle::thread::JoinHandle<T>);

    impl<T> JoinHandle<T> {
        pub fn join(self) -> std::thread::Result<T> {
            self.0.join()
        }

        /// Always false: shuttle cannot tell, and no scene asks.
        pub const fn is_finished(&self) -> bool {
            false
        }
    }
}

/// A lock that may be held over awaits.
#[derive(Debug, Default)]
pub struct AsyncMutex<T>(tokio::sync::Mutex<T>);

impl<T> AsyncMutex<T> {
    pub fn new(value: T) -> Self {
        Self(tokio::sync::Mutex::new(value))
    }

    pub async fn lock(&self) -> tokio::sync::MutexGuard<'_, T> {
        step();
        self.0.lock().await
    }
}

/// A notification of one waiting task.
#[derive(Debug, Default)]
pub struct Notify(tokio::sync::Notify);

impl Notify {
    pub fn notify_one(&self) {
        step();
        self.0.notify_one();
    }

    pub async fn notified(&self) {
        step();
        self.0.notified().await;
    }
}

/// Bounded queues with tokio's interface.
pub mod mpsc {
    use super::step;
    pub use tokio::sync::mpsc::error;
    use tokio::sync::mpsc::{self, PermitIterator};

    pub fn channel<T>(places: usize) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = mpsc::channel(places);
        (Sender(sender), Receiver(receiver))
    }

    #[derive(Debug)]
    pub struct Sender<T>(mpsc::Sender<T>);

    impl<T> Clone for Sender<T> {
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }

    impl<T> Sender<T> {
        pub fn try_reserve(&self) -> Result<Permit<'_, T>, error::TrySendError<()>> {
            step();
            self.0.try_reserve().map(Permit)
        }

        pub async fn reserve(&self) -> Result<Permit<'_, T>, error::SendError<()>> {
            step();
            self.0.reserve().await.map(Permit)
        }

        pub(crate) async fn reserve_many(&self, places: usize) -> Result<PermitIterator<'_, T>, error::SendError<()>> {
            step();
            self.0.reserve_many(places).await
        }

        pub async fn send(&self, value: T) -> Result<(), error::SendError<T>> {
            step();
            self.0.send(value).await
        }

        pub fn blocking_send(&self, value: T) -> Result<(), error::SendError<T>> {
            shuttle::future::block_on(self.send(value))
        }

        pub fn capacity(&self) -> usize {
            self.0.capacity()
        }

        pub(crate) fn max_capacity(&self) -> usize {
            self.0.max_capacity()
        }

        pub fn is_closed(&self) -> bool {
            step();
            self.0.is_closed()
        }
    }

    /// A reserved place in a queue.
    pub struct Permit<'a, T>(mpsc::Permit<'a, T>);

    impl<T> Permit<'_, T> {
        pub fn send(self, value: T) {
            step();
            self.0.send(value);
        }
    }

    #[derive(Debug)]
    pub struct Receiver<T>(mpsc::Receiver<T>);

    impl<T> Receiver<T> {
        pub(crate) fn blocking_recv_many(&mut self, values: &mut Vec<T>, most: usize) -> usize {
            step();
            shuttle::future::block_on(self.0.recv_many(values, most))
        }

        pub(crate) fn poll_recv_many(
            &mut self,
            context: &mut std::task::Context<'_>,
            values: &mut Vec<T>,
            most: usize,
        ) -> std::task::Poll<usize> {
            step();
            self.0.poll_recv_many(context, values, most)
        }

        pub fn try_recv(&mut self) -> Result<T, error::TryRecvError> {
            step();
            self.0.try_recv()
        }

        pub fn is_closed(&self) -> bool {
            step();
            self.0.is_closed()
        }

        pub fn is_empty(&self) -> bool {
            step();
            self.0.is_empty()
        }
    }
}

/// A value whose changes can be followed.
pub mod watch {
    use super::step;
    pub use tokio::sync::watch::{Ref, error};

    pub fn channel<T>(first: T) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = tokio::sync::watch::channel(first);
        (Sender(sender), Receiver(receiver))
    }

    #[derive(Debug)]
    pub struct Sender<T>(tokio::sync::watch::Sender<T>);

    impl<T> Sender<T> {
        pub fn send_replace(&self, value: T) -> T {
            step();
            self.0.send_replace(value)
        }

        pub fn borrow(&self) -> Ref<'_, T> {
            step();
            self.0.borrow()
        }
    }

    #[derive(Clone, Debug)]
    pub struct Receiver<T>(tokio::sync::watch::Receiver<T>);

    impl<T> Receiver<T> {
        pub fn borrow(&self) -> Ref<'_, T> {
            step();
            self.0.borrow()
        }

        pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
            step();
            self.0.borrow_and_update()
        }

        pub fn has_changed(&self) -> Result<bool, error::RecvError> {
            step();
            self.0.has_changed()
        }

        pub async fn changed(&mut self) -> Result<(), error::RecvError> {
            step();
            self.0.changed().await
        }
    }
}
