//! The handshake of a socket: the checks before a socket is opened, and the form of refusals.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version as HttpVersion, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use switchboard_core::DeviceKind;
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::{Entrance, Limited, Peer, Unfinished};
use switchboard_exchange::channel;
use switchboard_exchange::device::Device;
use switchboard_exchange::outbox::FRAME_TOLD_MAX_BYTES;
use switchboard_wire::claims::{Claims, REVOKED, Role};
use switchboard_wire::phoenix::Version;
use switchboard_wire::view;

use super::wire::{DeviceSocket, serve};
use super::{FRAME_READ_MAX_BYTES, READ_BUFFER_BYTES, SocketContext, WRITE_BUFFER_BYTES};
use crate::auth::subprotocol_token;
use crate::reading;
use crate::telemetry::refusals::RefusedAnswer;

/// The most bytes that wait in a socket to be written. The largest frame fits in behind the frames before it.
const WRITE_MAX_BYTES: usize = FRAME_TOLD_MAX_BYTES + 16 * 1024 * 1024;
/// The version of WebSockets, the only one (RFC 6455).
const VERSION: &str = "13";
/// Answer to a request with a good token that is no handshake.
const NO_HANDSHAKE: &str = "the token is valid, but this is not a WebSocket handshake: a proxy may have removed \
    the headers `Connection: upgrade` and `Upgrade: websocket`, or this is not a WebSocket client";

/// The query of a handshake.
#[derive(Debug, serde::Deserialize)]
pub(super) struct SocketQuery {
    vsn: Option<String>,
    token: Option<String>,
    device: Option<String>,
}

/// `GET /socket/websocket`.
pub(super) async fn upgrade(
    State(context): State<Arc<SocketContext>>,
    (method, uri, http): (Method, Uri, HttpVersion),
    peer: Option<Extension<Peer>>,
    entrance: Option<Extension<Entrance>>,
    unfinished: Option<Extension<Arc<Unfinished>>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if method != Method::GET {
        return other_method();
    }
    let devices = &context.devices;
    let (peer, now) = (peer.map(|Extension(peer)| peer), devices.exchange.clock().read());
    if devices.exchange.is_draining() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "draining", "the server is restarting; connect again");
    }
    if let Err(limited) = devices.admission.handshake(peer, now.even) {
        return too_many(limited);
    }
    if !context.origins.may_open_socket(&headers) {
        return refuse(StatusCode::FORBIDDEN, "forbidden", "pages of this origin are not allowed (`allowed_origins`)");
    }
    let bad_token = |message: &str| match devices.admission.bad_token(peer, now.even) {
        Ok(()) => refuse(StatusCode::UNAUTHORIZED, "unauthorized", message),
        Err(limited) => too_many(limited),
    };
    let address: SocketQuery = match reading::query(&uri) {
        Ok(address) => address,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, "invalid", &error.said_of("the query")),
    };
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let token = offered.and_then(subprotocol_token).or(address.token);
    let Some(token) = token else {
        return bad_token("a token is required: `token=` or `authToken`");
    };
    let claims = match context.keyring.verify_or_ask(&token, now.wall.as_ms()).await {
        Ok(claims) => claims,
        Err(error) => return bad_token(&error.to_string()),
    };
    if is_shut_out(&devices.exchange, &claims) {
        return refuse(StatusCode::UNAUTHORIZED, "unauthorized", REVOKED);
    }
    let Some(version) = Version::negotiate(address.vsn.as_deref()) else {
        return refuse(StatusCode::FORBIDDEN, "invalid", "`vsn` must be 1.0.0 or 2.0.0");
    };
    let kind = match address.device.map(|kind| kind.parse::<DeviceKind>()).transpose() {
        Ok(kind) => kind,
        Err(error) => return refuse(StatusCode::FORBIDDEN, "invalid", &format!("`device`: {error}")),
    };
    // After the token, so that a trial with curl shows the same answers to a token as a socket does.
    let upgrade = match by_the_book(upgrade, http, &headers) {
        Ok(upgrade) => upgrade,
        Err(refused) => return *refused,
    };
    let Some(place) = context.limits.place() else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "all sockets are in use; try again later");
    };
    let pass = match devices.admission.admit(&claims, peer) {
        Ok(pass) => pass,
        Err(limited) => return too_many(limited),
    };
    bounded(upgrade).on_upgrade(move |socket| {
        let (mut device, waiting) = Device::new(context.devices.clone(), claims, pass, version);
        device.is_of_kind(kind);
        let wire = DeviceSocket::new(socket, device, waiting, unfinished.map(|Extension(unfinished)| unfinished));
        serve(wire, context, (place, entrance))
    })
}

fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .protocols(["phoenix"])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_MAX_BYTES)
        .max_message_size(FRAME_READ_MAX_BYTES)
        .max_frame_size(FRAME_READ_MAX_BYTES)
}

/// Whether the company's state in memory shuts the person out. For a company that is not in memory, and for an employee
/// who has been removed, the joins refuse instead.
fn is_shut_out(exchange: &Exchange, claims: &Claims) -> bool {
    let company = claims.company.as_deref().and_then(|company| company.parse().ok());
    let shuts_out = company.and_then(|company| {
        exchange.peek(&company, |company| {
            let is_there = |id| company.find_employee(&id).is_some();
            let is_known = claims.role != Role::Employee || claims.subject.parse().is_ok_and(is_there);
            is_known && company.exists() && company.shuts_out(claims.token())
        })
    });
    shuts_out.unwrap_or(false)
}

/// Accepts a handshake that keeps RFC 6455, and refuses others with the reason.
fn by_the_book(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    http: HttpVersion,
    headers: &HeaderMap,
) -> Result<WebSocketUpgrade, Box<Response>> {
    let why_not = match upgrade {
        Ok(_) if http < HttpVersion::HTTP_11 => NO_HANDSHAKE,
        Ok(_) if !has_one_key(headers) => "`Sec-WebSocket-Key` must occur once, with 16 bytes in base64",
        Ok(upgrade) => return Ok(upgrade),
        Err(WebSocketUpgradeRejection::InvalidWebSocketVersionHeader(_)) => return Err(Box::new(other_version())),
        Err(_) => NO_HANDSHAKE,
    };
    Err(Box::new(refuse(StatusCode::BAD_REQUEST, "invalid", why_not)))
}

fn other_method() -> Response {
    let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", "a WebSocket is opened with `GET`");
    refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    refused
}

/// Whether there is exactly one key of 16 bytes. A client draws a new key for each handshake, so that no cache can
/// answer it.
fn has_one_key(headers: &HeaderMap) -> bool {
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let is_key = |key: &HeaderValue| STANDARD.decode(key.as_bytes()).is_ok_and(|key| key.len() == 16);
    keys.next().is_some_and(is_key) && keys.next().is_none()
}

/// Refuses another version of WebSockets, and names the accepted one (RFC 6455, 4.4).
fn other_version() -> Response {
    let mut refused = refuse(
        StatusCode::UPGRADE_REQUIRED,
        "invalid",
        "`Sec-WebSocket-Version` must be 13, the only supported version",
    );
    for (name, value) in
        [(header::SEC_WEBSOCKET_VERSION, VERSION), (header::UPGRADE, "websocket"), (header::CONNECTION, "upgrade")]
    {
        refused.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    refused
}

/// The refusal of a handshake, always in this form.
pub fn refuse(status: StatusCode, reason: &'static str, message: &str) -> Response {
    let error = view::json(&channel::error(reason, message.to_owned()));
    logged(reason, message, (status, [(header::CONTENT_TYPE, "application/json")], error).into_response())
}

fn too_many(limited: Limited) -> Response {
    let head = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::RETRY_AFTER, limited.retry_after_s())];
    let answer = (StatusCode::TOO_MANY_REQUESTS, head, view::json(&channel::limited_view(limited)));
    logged(Limited::REASON, &limited.to_string(), answer.into_response())
}

/// Adds the reason for the log. Browsers and Phoenix clients do not show the answer to a handshake, so the log is where
/// an operator finds the reason.
fn logged(reason: &'static str, why: &str, mut answer: Response) -> Response {
    answer.extensions_mut().insert(RefusedAnswer { reason, why: Some(why.to_owned()) });
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
