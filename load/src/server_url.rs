//! The address of a server in the forms in which people write one, for commands that connect.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::error::ErrorKind;
use url::Url;

/// The paths of the socket in the addresses that apps use, which people copy from there.
const PATHS: [&str; 4] = ["/", "/socket", "/socket/", "/socket/websocket"];

/// The host and port of a server, for connections without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// The host and port, joined by a colon.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "http://{}", self.0)
    }
}

impl FromStr for ServerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "use the form `http://127.0.0.1:4000`";
        // Without a scheme `Url` would take the host of `localhost:4000` for the scheme.
        let has_scheme = text.contains("://");
        let whole = if has_scheme { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&whole).map_err(|error| format!("is not a URL ({error}): {form}"))?;
        match url.scheme() {
            "http" | "ws" => {}
            "https" | "wss" => {
                return Err(
                    "this command does not support TLS: run it on the server's machine, with an address without TLS, \
                            such as `http://127.0.0.1:4000`"
                        .to_owned(),
                );
            }
            other => return Err(format!("the scheme `{other}` is not supported: {form}")),
        }
        if !PATHS.contains(&url.path()) {
            return Err(format!("the path `{}` is not allowed: {form}", url.path()));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(format!("only a host and a port are allowed: {form}"));
        }
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) if !host.is_empty() => Ok(Self(format!("{host}:{port}"))),
            (_, _) => Err(format!("the host is missing: {form}")),
        }
    }
}

/// The parser for the command line. Its error hides a password in the value, which clap's own would repeat.
#[derive(Clone, Debug)]
pub struct Flag;

impl ValueParserFactory for ServerUrl {
    type Parser = Flag;

    fn value_parser() -> Flag {
        Flag
    }
}

impl TypedValueParser for Flag {
    type Value = ServerUrl;

    fn parse_ref(
        &self,
        command: &clap::Command,
        flag: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<ServerUrl, clap::Error> {
        let text = value.to_string_lossy();
        text.parse().map_err(|why: String| {
            let flag = flag.map(ToString::to_string).unwrap_or_default();
            // Up to the last `@`, because a password may contain one.
            let shown = text.rsplit_once('@').map_or_else(|| text.to_string(), |(_secret, host)| format!("***@{host}"));
            let said = format!("invalid value '{shown}' for '{flag}': {why}\n");
            clap::Error::raw(ErrorKind::ValueValidation, said).with_cmd(command)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_apps_and_of_people_are_understood() {
        for (text, address) in [
            ("http://127.0.0.1:4000", "127.0.0.1:4000"),
            ("http://127.0.0.1:4000/", "127.0.0.1:4000"),
            ("ws://127.0.0.1:4000/socket", "127.0.0.1:4000"),
            ("ws://127.0.0.1:4000/socket/websocket", "127.0.0.1:4000"),
            ("127.0.0.1:4000", "127.0.0.1:4000"),
            ("localhost:4000", "localhost:4000"),
            ("http://localhost", "localhost:80"),
            ("http://[::1]:4000", "[::1]:4000"),
        ] {
            let url: ServerUrl = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(url.address(), address, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_the_form_that_can() {
        for (text, why) in [
            ("https://board.example", "does not support TLS"),
            ("wss://board.example/socket", "does not support TLS"),
            ("ftp://127.0.0.1", "the scheme `ftp` is not supported"),
            ("http://127.0.0.1:4000/app", "the path `/app` is not allowed"),
            ("http://127.0.0.1:4000/?a=1", "only a host and a port"),
            ("http://user@127.0.0.1:4000", "only a host and a port"),
            ("", "is not a URL"),
            ("http://", "is not a URL"),
            ("http://127.0.0.1:x", "is not a URL"),
        ] {
            let error = text.parse::<ServerUrl>().expect_err(text);
            assert!(error.contains(why) && error.contains("`http://127.0.0.1:4000`"), "{text}: {error}");
        }
    }
}
