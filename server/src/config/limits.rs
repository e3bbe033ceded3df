//! Settings of the limits of one person and of one address.

use switchboard_exchange::admission::Limits;

use super::layers::Layers;
use super::{BadSetting, Settings};

impl Settings {
    pub(super) fn limits(layers: &Layers) -> Result<Limits, BadSetting> {
        Ok(Limits {
            trust_loopback: layers.value("trust_loopback")?,
            proxies: Self::proxies(layers)?,
            sockets_per_address: layers.value("sockets_per_address")?,
            handshakes_per_address_per_s: layers.value("handshakes_per_address_per_s")?,
            failures_per_address_per_s: layers.value("failures_per_address_per_s")?,
            sockets_per_person: layers.value("sockets_per_person")?,
            joins_per_person_per_s: layers.value("joins_per_person_per_s")?,
            changes_per_person_per_s: layers.value("changes_per_person_per_s")?,
            searches_per_client_per_s: layers.value("searches_per_client_per_s")?,
            messages_per_person_per_s: layers.value("messages_per_person_per_s")?,
            signals_per_person_per_s: layers.value("signals_per_person_per_s")?,
            stored_bytes_per_company_per_s: layers.value("stored_bytes_per_company_per_s")?,
        })
    }
}
