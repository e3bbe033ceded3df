//! Tests of an outbox: overflows, bytes and memory.

use super::*;

fn frame(bytes: usize) -> Outgoing {
    Outgoing::Frame("x".repeat(bytes).into())
}

fn is_shut(waiting: &OutboxReceiver) -> bool {
    waiting.queue.lock().shut.is_some()
}

#[tokio::test]
async fn a_device_that_does_not_read_is_reported_and_nobody_waits_for_it() {
    let (outbox, unread) = Outbox::new(2, Version::V2);
    for _ in 0..3 {
        outbox.push(frame(5));
    }
    assert_eq!(unread.overflowed().await, Ended::Overflowed);
    assert_eq!(poll_fn(|cx| unread.poll_ready(cx)).await, Err(Ended::Overflowed));
    assert!(unread.take().is_none(), "what nobody will read takes no memory");
}

#[tokio::test]
async fn who_waits_hears_of_a_frame_and_of_the_end_of_the_last_sender() {
    let (outbox, waiting) = Outbox::new(2, Version::V2);
    let other = outbox.clone();
    let sending = tokio::spawn(async move {
        other.push(frame(5));
        drop(other);
    });
    assert_eq!(poll_fn(|cx| waiting.poll_ready(cx)).await, Ok(()));
    sending.await.unwrap();
    assert_eq!(waiting.take().unwrap().bytes(), 5);
    let ending = tokio::spawn(async move { drop(outbox) });
    assert_eq!(poll_fn(|cx| waiting.poll_ready(cx)).await, Err(Ended::NobodySends));
    ending.await.unwrap();
}

#[test]
fn what_waits_is_bounded_in_bytes_beside_one_large_snapshot() {
    let (outbox, waiting) = Outbox::new(1000, Version::V2);
    outbox.push(frame(6 * WAITING_MAX_BYTES));
    for _ in 0..4 {
        outbox.push(frame(WAITING_MAX_BYTES / 4));
    }
    assert!(!is_shut(&waiting), "events follow a snapshot");
    // Items that were taken do not count towards the queue's bound.
    assert_eq!(std::iter::from_fn(|| waiting.take()).count(), 5);
    assert_eq!(waiting.queue.lock().waiting_bytes, 0);
    waiting.is_written();
    outbox.push(frame(6 * WAITING_MAX_BYTES));
    outbox.push(frame(6 * WAITING_MAX_BYTES));
    assert!(!is_shut(&waiting));
    outbox.push(frame(1));
    assert!(is_shut(&waiting), "of two snapshots one weighs");
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_line_with_that_reason() {
    let (outbox, waiting) = Outbox::new(10, Version::V2);
    outbox.push(frame(FRAME_TOLD_MAX_BYTES));
    assert!(!is_shut(&waiting));
    outbox.push(frame(FRAME_TOLD_MAX_BYTES + 1));
    assert_eq!(poll_fn(|cx| waiting.poll_ready(cx)).await, Err(Ended::TooLarge));
    assert_eq!(waiting.overflowed().await, Ended::TooLarge);
    assert!(waiting.take().is_none());
}

#[test]
fn an_outbox_gives_the_memory_of_a_burst_back() {
    let (outbox, waiting) = Outbox::new(1000, Version::V2);
    for _ in 0..1000 {
        outbox.push(frame(5));
    }
    assert_eq!(std::iter::from_fn(|| waiting.take()).count(), 1000);
    assert_eq!(waiting.queue.lock().waiting.capacity(), 0);
    outbox.push(frame(5));
    let _taken = waiting.take();
    assert!((1..=FRAMES_KEPT).contains(&waiting.queue.lock().waiting.capacity()), "a frame now and then costs none");
}
