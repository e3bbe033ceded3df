//! Switchboard: a booking server that brings a waiting client to an idle employee.

pub mod serve;

pub mod door;

pub mod api;

pub mod demo;

pub mod crowd;

pub mod socket;

pub mod shutdown;

pub mod origins;

pub mod retention;

pub mod erasure;

pub mod webhooks;

pub mod api_keys;

pub mod audit;

pub mod telemetry;

pub mod auth;

pub mod watched_files;

pub mod tls;

pub mod unread;

pub mod systemd;

pub mod config;

pub mod reading;
