//! A company's settings, each with its default and its range.

use serde::{Deserialize, Serialize};

use crate::limits::{HISTORY_DAYS_MAX, MISSED_MAX, TIMEOUT_MAX_MS};

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $default:literal, $min:literal..=$max:expr;)+) => {
        /// The settings of one company. Every field has a default; [`CompanySettings::check`] checks the ranges.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct CompanySettings {
            $($(#[doc = $doc])+ pub $name: $kind,)+
        }

        impl Default for CompanySettings {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl CompanySettings {
            /// Returns the first setting that is out of its range, and that range.
            pub fn check(&self) -> Result<(), (&'static str, String)> {
                $(if !($min..=$max).contains(&self.$name) {
                    return Err((stringify!($name), format!("must be {} to {}", $min, $max)));
                })+
                Ok(())
            }

            /// Name, minimum and maximum of each setting, in the order of the documentation.
            #[must_use]
            pub fn ranges() -> Vec<(&'static str, u64, u64)> {
                vec![$((stringify!($name), $min, u64::from($max)),)+]
            }

            /// Name, default and meaning of each setting, in the order of the documentation.
            #[must_use]
            pub fn table() -> Vec<(&'static str, String, &'static str)> {
                vec![$((stringify!($name), $default.to_string(), concat!($($doc),+).trim()),)+]
            }
        }
    };
}

/// Names of two settings, and how to read both.
type Pair = (&'static str, &'static str, fn(&CompanySettings) -> (u64, u64));

/// Pairs of which the first must not be longer than the second, because it would have no effect then.
const NOT_LONGER: [Pair; 2] = [
    // An offer has no more time than its search.
    ("offer_timeout_ms", "booking_deadline_ms", |s| (s.offer_timeout_ms, s.booking_deadline_ms)),
    // A place in the line is not kept longer than the intent to be asked.
    ("employee_grace_ms", "intent_lapse_ms", |s| (s.employee_grace_ms, s.intent_lapse_ms)),
];

impl CompanySettings {
    /// Returns the names of two settings that contradict each other: the first is longer than the second. Settings that
    /// did so before stay valid, because the server once took them.
    pub fn agree(&self, before: Option<&Self>) -> Result<(), (&'static str, &'static str)> {
        let contradicts = |of: fn(&Self) -> (u64, u64)| {
            let (first, second) = of(self);
            first > second && before.map(of) != Some((first, second))
        };
        match NOT_LONGER.iter().find(|(_, _, of)| contradicts(*of)) {
            Some((first, second, _)) => Err((first, second)),
            None => Ok(()),
        }
    }
}

settings! {
    /// time after which an unanswered offer is `timed_out`
    offer_timeout_ms: u64 = 15_000, 1..=TIMEOUT_MAX_MS;
    /// time without a pong from any device, or without any device, after which an offer is `undelivered` and the next employee is asked; during a search, a client's device that answers no ping for this time counts as gone; 0 disables both
    delivery_timeout_ms: u64 = 3_000, 0..=TIMEOUT_MAX_MS;
    /// time limit of the whole search
    booking_deadline_ms: u64 = 120_000, 1..=TIMEOUT_MAX_MS;
    /// number of consecutive missed offers after which the intent becomes offline (`cause` `missed`); 0 disables this
    max_missed: u32 = 2, 0..=MISSED_MAX;
    /// reconnect window of an idle employee without a device: they are not asked, and searches that have begun wait for them; on return in time they keep their place in the queue, afterwards they are `offline`
    employee_grace_ms: u64 = 10_000, 0..=TIMEOUT_MAX_MS;
    /// time unreachable after which the intent of an employee becomes offline
    intent_lapse_ms: u64 = 1_800_000, 0..=TIMEOUT_MAX_MS;
    /// time without the client after which an open booking ends as `client_lost`
    client_grace_ms: u64 = 15_000, 0..=TIMEOUT_MAX_MS;
    /// time without one of the parties after which a running session ends as `lost`
    session_grace_ms: u64 = 60_000, 0..=TIMEOUT_MAX_MS;
    /// time for which an employee stays busy after a session
    wrap_up_ms: u64 = 0, 0..=TIMEOUT_MAX_MS;
    /// number of days after which an ended booking is deleted from the history, with its offers, session and messages; 0 keeps it forever
    history_days: u32 = 0, 0..=HISTORY_DAYS_MAX;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_a_bad_setting_is_named() {
        assert_eq!(CompanySettings::default().check(), Ok(()));
        let settings = CompanySettings { offer_timeout_ms: 0, ..CompanySettings::default() };
        assert_eq!(settings.check(), Err(("offer_timeout_ms", "must be 1 to 86400000".into())));
    }

    #[test]
    fn settings_that_contradict_each_other_are_named_unless_they_were_so_before() {
        let defaults = CompanySettings::default();
        assert_eq!(defaults.agree(None), Ok(()));
        let short_search = CompanySettings { booking_deadline_ms: 14_999, ..CompanySettings::default() };
        let both = Err(("offer_timeout_ms", "booking_deadline_ms"));
        assert_eq!(short_search.agree(None), both);
        assert_eq!(short_search.agree(Some(&defaults)), both);
        assert_eq!(CompanySettings { wrap_up_ms: 1, ..short_search.clone() }.agree(Some(&short_search)), Ok(()));
        assert_eq!(
            CompanySettings { offer_timeout_ms: 20_000, ..short_search.clone() }.agree(Some(&short_search)),
            both
        );
        let of_one_time = CompanySettings { offer_timeout_ms: 9, booking_deadline_ms: 9, ..CompanySettings::default() };
        assert_eq!(of_one_time.agree(None), Ok(()));
        let short_lapse = CompanySettings { intent_lapse_ms: 9_999, ..CompanySettings::default() };
        assert_eq!(short_lapse.agree(None), Err(("employee_grace_ms", "intent_lapse_ms")));
    }

    #[test]
    fn the_ranges_are_those_that_are_checked() {
        assert_eq!(
            CompanySettings::ranges()[..2],
            [("offer_timeout_ms", 1, 86_400_000), ("delivery_timeout_ms", 0, 86_400_000)]
        );
        for (name, least, most) in CompanySettings::ranges() {
            for (value, good) in
                [(Some(least), true), (Some(most), true), (Some(most + 1), false), (least.checked_sub(1), false)]
            {
                let Some(value) = value else { continue };
                let settings: CompanySettings = serde_json::from_value(serde_json::json!({ name: value })).unwrap();
                assert_eq!(settings.check().is_ok(), good, "{name} {value}");
            }
        }
    }

    #[test]
    fn the_table_names_every_setting_with_its_default_and_what_it_does() {
        let table = CompanySettings::table();
        let stored = serde_json::to_value(CompanySettings::default()).unwrap();
        assert_eq!(table.len(), stored.as_object().unwrap().len());
        for (name, default, what) in &table {
            assert_eq!(stored[name].to_string(), *default, "{name}");
            assert!(!what.is_empty() && !what.starts_with(' '), "{name}");
        }
        assert_eq!(table[2], ("booking_deadline_ms", "120000".to_owned(), "time limit of the whole search"));
    }
}
