//! A company's logos on their way into the store.
//!
//! A picture is written before an event names it, and taken away after none does any more. So a crash may leave one that
//! nobody names, and never a name without a picture; the next start takes it away.

use switchboard_core::{CompanyId, LogoId};

use crate::Write;
use crate::picture::Kind;

/// A company's pictures as they are from now on.
#[derive(Clone, Debug)]
pub struct Logos {
    pub company: CompanyId,
    /// A picture that an event is about to name.
    pub new: Option<(LogoId, Kind, Vec<u8>)>,
    /// The one that it has now.
    pub now: Option<LogoId>,
}

/// Writes a picture, and takes away all of the company but this one and the one that it has now.
#[must_use]
pub fn keep(company: CompanyId, logo: LogoId, kind: Kind, data: Vec<u8>, now: Option<LogoId>) -> Write {
    Write::Logos(Logos { company, new: Some((logo, kind, data)), now })
}

/// Takes away all of the company's but the one that it has now.
#[must_use]
pub fn tidy(company: CompanyId, now: Option<LogoId>) -> Write {
    Write::Logos(Logos { company, new: None, now })
}
