//! A company's logos on their way into the store.
//!
//! A picture is written before an event names it, and removed once the company no longer shows it. So a crash may leave
//! a picture that no event names, which the next start removes, but never a name without a picture.

use switchboard_core::{CompanyId, LogoId};

use crate::Write;
use crate::picture::Kind;

/// The pictures that a company has from now on.
#[derive(Clone, Debug)]
pub struct Logos {
    pub company: CompanyId,
    /// The picture that an event is about to name.
    pub new: Option<(LogoId, Kind, Vec<u8>)>,
    /// The picture that the company shows now.
    pub now: Option<LogoId>,
}

/// Writes a picture, and removes all pictures of the company except this one and the current one.
#[must_use]
pub fn keep(company: CompanyId, logo: LogoId, kind: Kind, data: Vec<u8>, now: Option<LogoId>) -> Write {
    Write::Logos(Logos { company, new: Some((logo, kind, data)), now })
}

/// Removes all pictures of the company except the current one.
#[must_use]
pub fn tidy(company: CompanyId, now: Option<LogoId>) -> Write {
    Write::Logos(Logos { company, new: None, now })
}
