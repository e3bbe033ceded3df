//! `board:{company}`: whoever runs the company watches it.

use switchboard_core::CompanyId;

use super::company::{provision_company, refused};
use super::{Caller, Joined, Seat, forbidden};
use crate::auth::Role;
use crate::exchange::Room;
use crate::view;

/// An admin joins.
pub async fn join(caller: &Caller<'_>, company: &CompanyId, old: Option<Seat>) -> Option<Seat> {
    let own = caller.claims.company.as_deref() == Some(company.as_str());
    if caller.claims.role != Role::Admin || !own {
        caller.reply.send_error(&forbidden("only an admin of this company may join its board"));
        return old;
    }
    let provision = caller.hub.auto_provision;
    let joined = caller.join(company, old, |visit, line| {
        if provision {
            provision_company(visit);
        }
        match visit.enter(&Room::Board, line) {
            Ok(_) => {
                let snapshot = view::json(&view::board(visit.company(), visit.now()));
                Ok(Joined { room: Room::Board, snapshot, proof: None, goes_on: None })
            }
            Err(refusal) => Err(refused(visit.company(), &refusal)),
        }
    });
    joined.await
}
