//! What systemd gives a service, and is told by it: a socket that is open already, and when the service is ready.

use std::io;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The listening socket that was handed over (`LISTEN_FDS`), if one was.
///
/// # Errors
/// When what was handed over is no listening socket for TCP.
pub fn handed_over() -> io::Result<Option<TcpListener>> {
    let mut handed = listenfd::ListenFd::from_env();
    if handed.len() == 0 { Ok(None) } else { handed.take_tcp_listener(0) }
}

/// What a service tells systemd.
#[derive(Clone, Copy, Debug)]
pub enum News {
    /// It serves.
    Ready,
    /// It was asked to stop, and does.
    Stopping,
}

/// Tells whoever has started this process, if they wish to know (`NOTIFY_SOCKET`).
pub fn tell(news: News) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let said: &[u8] = match news {
        News::Ready => b"READY=1",
        News::Stopping => b"STOPPING=1",
    };
    let told = address(path.as_bytes()).and_then(|address| {
        let socket = UnixDatagram::unbound()?;
        // Who does not listen keeps no server from serving.
        socket.set_nonblocking(true)?;
        socket.send_to_addr(said, &address)
    });
    if let Err(error) = told {
        tracing::warn!(%error, "systemd could not be told (`NOTIFY_SOCKET`)");
    }
}

/// A path, or a name that begins with `@`: on Linux it is in no file system.
fn address(path: &[u8]) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = path.strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name);
    }
    SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path))
}
