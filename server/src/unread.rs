//! A stream that fails when its peer takes nothing that is written, so that a peer that does not read holds no place.

use std::io::{Error, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A stream whose waiting write fails after a time in which nothing was taken.
#[derive(Debug)]
pub(crate) struct TakenOrCut<S> {
    stream: S,
    most: Duration,
    /// Moment by which something must be taken, while a write waits.
    until: Option<Pin<Box<Sleep>>>,
}

impl<S> TakenOrCut<S> {
    /// Wraps a stream, on which a write waits for at most that time.
    pub(crate) const fn new(stream: S, most: Duration) -> Self {
        Self { stream, most, until: None }
    }

    fn written<T>(&mut self, cx: &mut Context<'_>, written: Poll<Result<T, Error>>) -> Poll<Result<T, Error>> {
        if written.is_ready() {
            self.until = None;
            return written;
        }
        let most = self.most;
        let until = self.until.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + most)));
        match until.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "nothing that was written is read"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TakenOrCut<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TakenOrCut<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.written(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const MOST: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn who_reads_a_little_now_and_then_is_waited_for_and_who_reads_nothing_is_not() {
        let (server, mut client) = duplex(1000);
        let mut server = TakenOrCut::new(server, MOST);
        let writing = tokio::spawn(async move {
            let began = Instant::now();
            let error = server.write_all(&[7; 10_000]).await.expect_err("it is never read whole");
            (error.kind(), began.elapsed())
        });
        let mut some = [0; 100];
        for _ in 0..10 {
            tokio::time::sleep(MOST / 5).await;
            client.read_exact(&mut some).await.unwrap();
        }
        let (kind, waited) = writing.await.unwrap();
        assert_eq!(kind, ErrorKind::TimedOut);
        assert!(waited >= 3 * MOST, "{waited:?}: for as long as something was read, and then so long again");
    }

    #[tokio::test]
    async fn who_has_nothing_to_read_is_not_cut() {
        let (server, mut client) = duplex(1000);
        let mut server = TakenOrCut::new(server, MOST);
        server.write_all(&[7; 1000]).await.unwrap();
        tokio::time::sleep(MOST + MOST / 2).await;
        client.read_exact(&mut [0; 1000]).await.unwrap();
        server.write_all(&[7; 1000]).await.unwrap();
    }
}
