//! URLs as messages and logs may show them: a password in a URL is as secret as any other.

use std::borrow::Cow;
use std::fmt;

use reqwest::Url;
use switchboard_wire::HIDDEN;

/// A URL without its user and password. A text that is no URL may have been meant as one, so the part before its last
/// `@` is hidden too.
#[must_use]
pub(crate) fn without_password(url: &str) -> Cow<'_, str> {
    match Url::parse(url) {
        Ok(read) if read.has_host() && read.username().is_empty() && read.password().is_none() => url.into(),
        Ok(mut read) if read.has_host() => {
            // Setting the user cannot fail for a URL with a host.
            let _set = read.set_username(HIDDEN).and_then(|()| read.set_password(None));
            String::from(read).into()
        }
        Ok(_) | Err(_) => match url.rsplit_once('@') {
            Some((before, behind)) => {
                let scheme = before.find("://").and_then(|at| before.get(..at + 3)).unwrap_or_default();
                format!("{scheme}{HIDDEN}@{behind}").into()
            }
            None => url.into(),
        },
    }
}

/// A URL that may hold a password, which no log line or error shows by accident.
#[derive(Clone)]
pub struct PrivateUrl<T>(T);

impl<T> PrivateUrl<T> {
    /// Wraps a URL, so that only [`Self::expose`] gives its password away.
    pub const fn new(url: T) -> Self {
        Self(url)
    }

    /// The URL itself, with its password.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: AsRef<str>> fmt::Debug for PrivateUrl<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&without_password(self.0.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password_also_one_that_is_none() {
        for (url, shown) in [
            ("https://issuer.example/keys?a=b", "https://issuer.example/keys?a=b"),
            ("https://issuer.example/@a/keys", "https://issuer.example/@a/keys"),
            ("https://ann:sesame@issuer.example/@a", "https://***@issuer.example/@a"),
            ("https://ann@issuer.example/", "https://***@issuer.example/"),
            ("https://:sesame@issuer.example/", "https://***@issuer.example/"),
            ("https://ann:ses@me@issuer.example/", "https://***@issuer.example/"),
            ("https:ann:sesame@issuer.example/", "https://***@issuer.example/"),
            ("https://ann:sesame@", "https://***@"),
            ("ann:sesame@issuer.example/keys", "***@issuer.example/keys"),
            ("//ann:sesame@issuer.example", "***@issuer.example"),
            ("https//ann:sesame@issuer.example", "***@issuer.example"),
            ("turn:ann:sesame@turn.example", "***@turn.example"),
            ("issuer.example", "issuer.example"),
        ] {
            assert_eq!(without_password(url), shown, "{url}");
        }
    }
}
