//! Traces for OpenTelemetry: spans of requests, pushes and commits, sent in batches over HTTP (OTLP).

use anyhow::Context;
use axum::http::{HeaderMap, HeaderName};
use opentelemetry::global;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use switchboard_metrics::TRACE;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// Dropping this value sends the waiting spans.
pub(super) struct Sending(SdkTracerProvider);

/// Sends spans to the collector at that address, such as `http://127.0.0.1:4318`.
///
/// # Errors
/// The address cannot be used.
pub(super) fn start<S>(endpoint: &str) -> anyhow::Result<(impl Layer<S> + use<S>, Sending)>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .context("traces cannot be sent (setting `otlp_endpoint`)")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("switchboard").build())
        .build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    let tracer = provider.tracer("switchboard");
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_filter(filter_fn(|about| about.is_span() && about.target() == TRACE));
    Ok((layer, Sending(provider)))
}

/// Makes a request's span a part of the caller's trace (the header `traceparent`, W3C Trace Context).
pub fn follow(span: &tracing::Span, headers: &HeaderMap) {
    struct Headers<'a>(&'a HeaderMap);
    impl Extractor for Headers<'_> {
        fn get(&self, name: &str) -> Option<&str> {
            self.0.get(name)?.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(HeaderName::as_str).collect()
        }
    }
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
    // Without a collector the span belongs to no trace.
    let _disabled = span.set_parent(parent);
}

impl Drop for Sending {
    fn drop(&mut self) {
        // A lost collector does not block the end of the server, because the shutdown has its own timeout.
        let _sent_or_not = self.0.shutdown();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use axum::http::HeaderValue;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Accepts one request, and returns its first line and its body.
    fn collect(listener: &TcpListener) -> (String, Vec<u8>) {
        let (mut stream, _) = listener.accept().expect("somebody sends");
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a head");
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("text");
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.expect("a length")];
        stream.read_exact(&mut body).expect("a body");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("it listens");
        (head.lines().next().unwrap_or_default().to_owned(), body)
    }

    #[test]
    fn spans_reach_the_collector_in_the_trace_of_the_request_and_log_lines_do_not() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}/", listener.local_addr().expect("an address"));
        let collector = std::thread::spawn(move || collect(&listener));
        let (layer, sending) = start(&endpoint).expect("it begins");
        let trace = "0af7651916cd43dd8448eb211c80319c";
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = tracing::debug_span!(target: TRACE, "request", route = "/v1/companies");
            let parent = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            follow(&span, &HeaderMap::from_iter([(HeaderName::from_static("traceparent"), parent)]));
            span.in_scope(|| tracing::info_span!("not a part of any trace").in_scope(|| tracing::info!("a log line")));
        });
        drop(sending);
        let (line, body) = collector.join().expect("it was sent");
        assert_eq!(line, "POST /v1/traces HTTP/1.1");
        let holds = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
        let id: Vec<u8> =
            (0..16).map(|at| u8::from_str_radix(&trace[2 * at..2 * at + 2], 16).expect("hexadecimal")).collect();
        assert!(holds(b"request") && holds(b"/v1/companies") && holds(&id));
        assert!(!holds(b"not a part") && !holds(b"a log line"));
    }
}
