//! Sources of keys that change while the server runs: a file that is watched, and a URL that is polled.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::key::VerificationKey;
use super::key_set::{BadKeySet, KeySet};
use crate::watched_files::WatchedFiles;

/// The most bytes of a file or an answer: some hundred keys.
const SET_MAX_BYTES: usize = 256 * 1024;
/// Timeout of a request for keys.
const FETCH_MAX: Duration = Duration::from_secs(5);
/// The longest that a token with an unknown key waits for a request for that key.
const ASK_MAX: Duration = Duration::from_secs(3);
/// The least time between requests for unknown keys, because otherwise strangers could cause a request for each token.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// The time until the next request when the answer has no `Cache-Control: max-age`, and the bounds of that header.
const REFRESH: Duration = Duration::from_secs(300);
const REFRESH_LEAST: Duration = Duration::from_secs(60);
const REFRESH_MOST: Duration = Duration::from_secs(3600);
/// The time until the next request after a failed one.
const RETRY: Duration = Duration::from_secs(30);
/// The greatest age of keys while requests fail. A key that the issuer has revoked is accepted no longer than that.
const STALE_MAX: Duration = Duration::from_secs(24 * 3600);
/// The most tokens that wait for one request.
const WISHES_MAX: usize = 64;

/// The current keys of one source. Cheap to clone.
#[derive(Clone, Default)]
pub struct LiveKeys {
    keys: Arc<RwLock<Arc<Vec<VerificationKey>>>>,
    wishes: Option<mpsc::Sender<oneshot::Sender<()>>>,
}

impl LiveKeys {
    pub(super) fn now(&self) -> Arc<Vec<VerificationKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces all keys by those of the set.
    pub fn replace(&self, set: KeySet) {
        for skipped in &set.skipped {
            tracing::warn!("a token key is ignored: {skipped}");
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set.keys);
    }

    fn forget(&self) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    /// Requests new keys unless there was a request just now. Returns after the request, or after [`ASK_MAX`].
    pub(super) async fn ask(&self) {
        let Some(wishes) = &self.wishes else { return };
        let (done, wait) = oneshot::channel();
        if wishes.try_send(done).is_ok() {
            let _asked_or_late = timeout(ASK_MAX, wait).await;
        }
    }
}

/// The reason why a source has no keys.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("the request failed: {}", innermost(.0))]
    Request(reqwest::Error),
    /// The status of an answer without keys.
    #[error("the response is {0}")]
    Status(reqwest::StatusCode),
    #[error("the response is over {SET_MAX_BYTES} bytes")]
    TooLong,
    /// The text is no set of keys.
    #[error(transparent)]
    Bad(#[from] BadKeySet),
}

/// Drops the URL, which may hold a password, so that the log does not show it.
impl From<reqwest::Error> for NoKeys {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error.without_url())
    }
}

/// The innermost cause of an error, such as a refused connection.
fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

/// The keys in a file.
///
/// # Errors
/// The file cannot be read, or has no usable key.
pub fn read_file(path: &Path) -> Result<KeySet, NoKeys> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)?.take(SET_MAX_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > SET_MAX_BYTES {
        return Err(NoKeys::TooLong);
    }
    Ok(KeySet::read(&text)?)
}

/// The keys in a file, which is read again when it changes and on SIGHUP. The earlier keys stay when the file then has
/// no usable key.
///
/// # Errors
/// The file cannot be read now, or has no usable key.
pub fn follow_file(path: PathBuf) -> Result<LiveKeys, NoKeys> {
    let mut watched = WatchedFiles::of(vec![path.clone()])?;
    let keys = LiveKeys::default();
    keys.replace(read_file(&path)?);
    let live = keys.clone();
    tokio::spawn(async move {
        loop {
            watched.changed().await;
            match read_file(&path) {
                Ok(set) => {
                    tracing::info!(keys = set.keys.len(), "the token keys were reloaded (`jwt_keys`)");
                    live.replace(set);
                }
                Err(error) => tracing::warn!(%error, "the token keys cannot be reloaded (`jwt_keys`)"),
            }
        }
    });
    Ok(keys)
}

/// The keys at a URL: requested now, again when the answer is too old, and at once when a token names an unknown key.
/// While requests fail, the earlier keys stay for `STALE_MAX`.
///
/// # Errors
/// The HTTP client cannot be built.
pub async fn follow_url(url: String) -> Result<LiveKeys, NoKeys> {
    let client = reqwest::Client::builder()
        .timeout(FETCH_MAX)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let (wishes, wished) = mpsc::channel(WISHES_MAX);
    let keys = LiveKeys { keys: Arc::default(), wishes: Some(wishes) };
    // The follower holds no sender, so that it ends when the last keyring is dropped.
    let live = LiveKeys { keys: keys.keys.clone(), wishes: None };
    let mut follower = KeySetFollower { client, url, live, fetched: None, fails: false };
    let next = follower.fetch().await;
    tokio::spawn(follower.run(wished, next));
    Ok(keys)
}

struct KeySetFollower {
    client: reqwest::Client,
    url: String,
    live: LiveKeys,
    /// The time of the last successful request.
    fetched: Option<Instant>,
    /// Whether the last request failed: only the first failure in a row is logged.
    fails: bool,
}

impl KeySetFollower {
    async fn run(mut self, mut wished: mpsc::Receiver<oneshot::Sender<()>>, mut next: Duration) {
        let mut asked = Instant::now();
        loop {
            let wish = tokio::select! {
                wish = wished.recv() => match wish {
                    Some(wish) => Some(wish),
                    None => return,
                },
                () = sleep_until(asked + next) => None,
            };
            if wish.is_none() || asked.elapsed() >= ASK_EVERY {
                next = self.fetch().await;
                asked = Instant::now();
            }
            // The waiting request may have been cancelled.
            let _told = wish.map(|wish| wish.send(()));
        }
    }

    /// Requests the keys once, and returns the time until the next request.
    async fn fetch(&mut self) -> Duration {
        match self.request().await {
            Ok((set, again)) => {
                if self.fetched.is_none() || self.fails {
                    tracing::info!(keys = set.keys.len(), "the token keys were fetched (`jwks_url`)");
                }
                (self.fetched, self.fails) = (Some(Instant::now()), false);
                self.live.replace(set);
                again
            }
            Err(error) => {
                if !self.fails {
                    tracing::warn!(%error, "the token keys cannot be fetched (`jwks_url`): the last ones stay a day");
                }
                self.fails = true;
                if self.fetched.is_some_and(|fetched| fetched.elapsed() > STALE_MAX) {
                    tracing::warn!("the token keys (`jwks_url`) are over a day old: their tokens are refused");
                    self.live.forget();
                    self.fetched = None;
                }
                RETRY
            }
        }
    }

    async fn request(&self) -> Result<(KeySet, Duration), NoKeys> {
        let mut response = self.client.get(&self.url).header("accept", "application/json").send().await?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(NoKeys::Status(response.status()));
        }
        let cached = response.headers().get("cache-control").and_then(|value| value.to_str().ok());
        let again = refresh_after(cached.unwrap_or_default());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > SET_MAX_BYTES {
                return Err(NoKeys::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(body).map_err(|_| BadKeySet::Form)?;
        Ok((KeySet::read(&text)?, again))
    }
}

/// The age that `Cache-Control` allows an answer, within the bounds.
fn refresh_after(cache_control: &str) -> Duration {
    let age = cache_control.split(',').find_map(|directive| directive.trim().strip_prefix("max-age="));
    let age = age.and_then(|seconds| seconds.trim_matches('"').parse().ok());
    age.map_or(REFRESH, Duration::from_secs).clamp(REFRESH_LEAST, REFRESH_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_request_says_why_and_shows_no_password() {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let failed = client.get("http://ann:sesame@127.0.0.1:1/keys?token=sesame").send().await.unwrap_err();
        let said = format!("{0} {0:?}", NoKeys::from(failed));
        assert!(said.contains("refused") && !said.contains("sesame"), "{said}");
    }

    #[test]
    fn an_answer_is_asked_for_again_within_bounds() {
        for (said, seconds) in [
            ("", 300),
            ("max-age=600", 600),
            ("public, max-age=600, must-revalidate", 600),
            ("max-age=0", 60),
            ("no-store", 300),
            ("max-age=99999999", 3600),
            ("max-age=soon", 300),
        ] {
            assert_eq!(refresh_after(said), Duration::from_secs(seconds), "{said}");
        }
    }
}
