//! The values of all settings, checked.

use std::net::SocketAddr;
use std::path::PathBuf;

use reqwest::Url;
use switchboard_exchange::admission::Limits;
use switchboard_exchange::ice::Ice;
use switchboard_wire::Secret;

use super::layers::Layers;
use super::rows::each_setting;
use super::shown_url::PrivateUrl;
use super::{BadSetting, DoorSettings, LogFormat, Tokens, otlp_endpoint, sign_in_url};

/// Returns the error in the settings that a field is read from.
pub(super) type FieldCheck = fn(&Layers) -> Option<BadSetting>;

macro_rules! settings {
    (@read $layers:ident $name:ident) => { $layers.value(stringify!($name))? };
    (@read $layers:ident $name:ident $reader:path) => { $reader($layers)? };
    ($(
        #[doc = $help:literal]
        $name:ident
        $(: $field:ty $(, by $reader:path)?)?
        $(= $default:expr, $unit:literal, $kind:expr)?;
    )+) => {
        /// Everything that can be set, checked.
        #[derive(Clone, Debug)]
        pub struct Settings {
            $($(
                #[doc = $help]
                pub $name: $field,
            )?)+
            /// Places that settings come from, for the log: names without values.
            pub given: String,
            /// Variables with the prefix of settings that are none, in sentences for the log.
            pub foreign: Vec<String>,
        }

        impl Settings {
            /// Reads every field, up to the first bad setting.
            pub(super) fn read(layers: &Layers, foreign: Vec<String>) -> Result<Self, BadSetting> {
                Ok(Self {
                    $($($name: settings!(@read layers $name $($reader)?),)?)+
                    given: layers.places(),
                    foreign,
                })
            }

            /// The fields with readers of their own, each with the check that its reader makes.
            pub(super) const CHECKS: &[(&'static str, FieldCheck)] =
                &[$($($((stringify!($name), |layers| $reader(layers).err()),)?)?)+];
        }
    };
}
each_setting!(settings);
