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
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::TRACE;

/// Sends what waits when it is dropped.
pub struct Sending(SdkTracerProvider);

/// Sends spans to the collector at that address, such as `http://127.0.0.1:4318`.
///
/// # Errors
/// When the address cannot be used.
pub fn start<S>(endpoint: &str) -> anyhow::Result<(impl Layer<S> + use<S>, Sending)>
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

/// Makes a request's span a part of the trace that its sender began (the header `traceparent`, W3C Trace Context).
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
    // Without a collector the span is no part of any trace.
    let _disabled = span.set_parent(parent);
}

impl Drop for Sending {
    fn drop(&mut self) {
        // A collector that is gone must not keep the server from ending; it has a time-out of its own.
        let _sent_or_not = self.0.shutdown();
    }
}
