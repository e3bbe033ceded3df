//! Tests of a socket against a server of a few lines.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::*;

const WAIT_MAX: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(20);

type Server = WebSocketStream<DuplexStream>;

/// A client that waits so long for a reply, and its server.
async fn pair(wait_max: Duration) -> (Socket<DuplexStream>, Server) {
    let (near, far) = duplex(64 * 1024);
    let shaken = tokio::join!(Socket::over(near, "there", "token", wait_max), tokio_tungstenite::accept_async(far));
    (shaken.0.unwrap(), shaken.1.unwrap())
}

/// The next frame that the server gets: join ref, ref, topic, event and payload.
async fn pushed(server: &mut Server) -> [Value; 5] {
    let text = server.next().await.unwrap().unwrap().into_text().unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn send(server: &mut Server, frame: Value) {
    server.send(Message::text(frame.to_string())).await.unwrap();
}

async fn reply(server: &mut Server, status: &str, response: Value) -> [Value; 5] {
    let frame = pushed(server).await;
    let payload = json!({ "status": status, "response": response });
    send(server, json!([frame[0], frame[1], frame[2], "phx_reply", payload])).await;
    frame
}

#[tokio::test]
async fn a_push_carries_the_ref_of_its_join_until_the_topic_is_left() {
    let (mut client, mut server) = pair(WAIT_MAX).await;
    let serving = async {
        let mut heard = Vec::new();
        for _ in 0..4 {
            heard.push(reply(&mut server, "ok", json!({ "is": "done" })).await);
        }
        heard
    };
    let asking = async {
        assert_eq!(client.join("company:a").await.unwrap(), json!({ "is": "done" }));
        for event in ["book", phoenix::event::LEAVE, "book"] {
            client.ask("company:a", event, r#"{"topic":"tax"}"#).await.unwrap();
        }
    };
    let (heard, ()) = tokio::join!(serving, asking);
    let refs: Vec<_> = heard.iter().map(|frame| (&frame[0], &frame[1])).collect();
    let (one, two, three, four) = (json!(1), json!(2), json!(3), json!(4));
    assert_eq!(refs, [(&one, &one), (&one, &two), (&one, &three), (&Value::Null, &four)]);
    assert_eq!(heard[1][2..], [json!("company:a"), json!("book"), json!({ "topic": "tax" })]);
}

#[tokio::test]
async fn a_reply_is_found_among_events_and_a_refusal_has_its_response() {
    let (mut client, mut server) = pair(WAIT_MAX).await;
    let serving = async {
        send(&mut server, json!([1, null, "company:a", "availability", { "idle": 1 }])).await;
        send(&mut server, json!([1, 9, "company:a", "phx_reply", { "status": "ok", "response": {} }])).await;
        reply(&mut server, "error", json!({ "reason": "busy", "message": "not now" })).await;
        for idle in [2, 3] {
            send(&mut server, json!([1, null, "company:a", "availability", { "idle": idle }])).await;
        }
    };
    let asking = async {
        let error = client.ask("company:a", "book", "{}").await.unwrap_err();
        assert_eq!(error.to_string(), "the server refused: busy: not now");
        assert_eq!(client.event("availability", |event| event["idle"] == 3).await.unwrap(), json!({ "idle": 3 }));
    };
    tokio::join!(serving, asking);
}

#[tokio::test]
async fn a_close_frame_is_told_with_its_code_and_reason_and_then_the_end() {
    let (mut client, mut server) = pair(WAIT_MAX).await;
    let frame = CloseFrame { code: 1013.into(), reason: "too slow".into() };
    server.send(Message::Close(Some(frame))).await.unwrap();
    drop(server);
    let error = client.hear(Instant::now() + WAIT_MAX).await.unwrap_err();
    assert!(matches!(&error, Error::Closed { code: Some(1013), reason } if reason == "too slow"), "{error}");
    let error = client.hear(Instant::now() + WAIT_MAX).await.unwrap_err();
    assert!(!matches!(error, Error::Closed { code: Some(_), .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_answered_is_given_up_and_heartbeats_are_sent_meanwhile() {
    let (client, mut server) = pair(5 * SHORT).await;
    let mut client = client.with_heartbeats(SHORT);
    let error = client.ask("company:a", "book", "{}").await.unwrap_err();
    assert_eq!(error.to_string(), "the server did not answer `book` in time");
    assert_eq!(pushed(&mut server).await[3], "book");
    assert_eq!(pushed(&mut server).await, [Value::Null, json!(2), json!("phoenix"), json!("heartbeat"), json!({})]);
}

#[tokio::test]
async fn a_handshake_that_is_refused_gives_the_response_and_one_that_hangs_is_given_up() {
    let (near, mut far) = duplex(4096);
    let refusing = async {
        let _request = far.read(&mut [0; 4096]).await.unwrap();
        far.write_all(b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 2\r\ncontent-length: 4\r\n\r\nwait")
            .await
            .unwrap();
    };
    let (shaken, ()) = tokio::join!(Socket::over(near, "there", "token", WAIT_MAX), refusing);
    let error = shaken.err().unwrap();
    assert_eq!(error.to_string(), "the server refused: 429 Too Many Requests wait");
    assert!(matches!(error, Error::NoSocket(response) if response.headers()["retry-after"] == "2"));
    let (near, _silent) = duplex(4096);
    assert!(matches!(Socket::over(near, "there", "token", SHORT).await, Err(Error::TooLate(_))));
}
