//! TLS of incoming connections, with a certificate that is read again when it changes. Open sockets are kept.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::watched_files::WatchedFiles;

/// The current TLS configuration for new connections. Cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

/// The reason why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificate {
    #[error("`{0}` has no certificate: {1}")]
    Certificate(PathBuf, pem::Error),
    #[error("`{0}` has no certificate")]
    Empty(PathBuf),
    #[error("`{0}` has no private key: {1}")]
    Key(PathBuf, pem::Error),
    /// Certificate and key do not belong together, or are of an unknown kind.
    #[error("the certificate and its key cannot be used together: {0}")]
    Together(#[from] rustls::Error),
}

impl BadCertificate {
    /// Whether the file of the key is the bad one.
    #[must_use]
    pub(crate) const fn is_of_key(&self) -> bool {
        matches!(self, Self::Key(..))
    }
}

impl Tls {
    /// Encrypts with the certificate, its chain behind it, and the key in these files. The files are read again when
    /// they change and on SIGHUP; the earlier certificate stays when the new one cannot be used.
    ///
    /// # Errors
    /// The files cannot be used now.
    pub fn follow(certificate: PathBuf, key: PathBuf) -> anyhow::Result<Self> {
        let mut watched = WatchedFiles::of(vec![certificate.clone(), key.clone()])?;
        let tls = Self(Arc::new(RwLock::new(read(&certificate, &key)?)));
        let live = tls.clone();
        tokio::spawn(async move {
            loop {
                watched.changed().await;
                match read(&certificate, &key) {
                    Ok(config) => {
                        *live.0.write().unwrap_or_else(PoisonError::into_inner) = config;
                        tracing::info!("the certificate was reloaded (`tls_certificate`)");
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the certificate cannot be reloaded: the previous one stays in use");
                    }
                }
            }
        });
        Ok(tls)
    }

    /// The acceptor for a new connection.
    #[must_use]
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone().into()
    }
}

/// Reads both files.
///
/// # Errors
/// The files cannot be read, or cannot be used together.
pub fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, BadCertificate> {
    let bad = |error| BadCertificate::Certificate(certificate.to_owned(), error);
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).map_err(bad)?.collect();
    let chain = chain.map_err(bad)?;
    if chain.is_empty() {
        return Err(BadCertificate::Empty(certificate.to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| BadCertificate::Key(key.to_owned(), error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
