//! Interface to systemd: takes a socket that is open already, and reports when the service is ready.

use std::io;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The listening socket that systemd handed over (`LISTEN_FDS`), if there is one.
///
/// # Errors
/// When the handed-over descriptor is no listening socket for TCP.
pub(crate) fn handed_over() -> io::Result<Option<TcpListener>> {
    let mut handed = listenfd::ListenFd::from_env();
    if handed.len() == 0 { Ok(None) } else { handed.take_tcp_listener(0) }
}

/// State of the service, as reported to systemd.
#[derive(Clone, Copy, Debug)]
pub enum ServiceState {
    /// The server accepts connections.
    Ready,
    /// The server was asked to stop, and is stopping.
    Stopping,
}

/// Reports the state to the service manager, if there is one (`NOTIFY_SOCKET`).
pub fn tell(state: ServiceState) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let said: &[u8] = match state {
        ServiceState::Ready => b"READY=1",
        ServiceState::Stopping => b"STOPPING=1",
    };
    let told = address(path.as_bytes()).and_then(|address| {
        let socket = UnixDatagram::unbound()?;
        // A manager that does not read must not keep the server from serving.
        socket.set_nonblocking(true)?;
        socket.send_to_addr(said, &address)
    });
    if let Err(error) = told {
        tracing::warn!(%error, "systemd could not be notified (`NOTIFY_SOCKET`)");
    }
}

/// A path, or a name that begins with `@`: on Linux such a name is abstract, outside of the file system.
fn address(path: &[u8]) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = path.strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name);
    }
    SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path))
}
