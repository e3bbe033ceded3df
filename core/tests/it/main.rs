//! The rules of booking, told as stories, held to their promises, and watched as they grow.

mod damaged;

mod desk;

mod transcript;

mod routing;

mod promises;

mod broken;

mod availability;

mod look;

mod past;

mod snapshot;

mod meter;

mod limits;

mod growth;

mod routed_growth;
