//! What stands in the paths of the HTTP API, for its document.

use utoipa::IntoParams;

use crate::shape;

/// Of a company.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfCompany {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
}

/// Of an employee.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfEmployee {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
    /// The employee's id.
    #[param(value_type = shape::Id, example = "ann")]
    pub employee: String,
}

/// Of a booking.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfBooking {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
    /// The booking's id.
    #[param(value_type = shape::Uuid, example = "019ab0c2-7f3a-7c41-9d52-6e1f0a8b3c4d")]
    pub booking: String,
}

/// Of a session.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfSession {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
    /// The session's id.
    #[param(value_type = shape::Uuid, example = "019ab0c2-9b10-7e02-8a6b-2f4d5c6e7a81")]
    pub session: String,
}
