//! Parameters in the paths of the HTTP API, for its document.

use switchboard_wire::shape;
use utoipa::IntoParams;

/// Of a company.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfCompany {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
}

/// Of a logo.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfLogo {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
    /// Half of the picture's SHA-256 hash.
    #[param(pattern = "^[0-9a-f]{32}$", example = "9863bb7fb8b8662762903735cfafa41f")]
    pub logo: String,
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

/// Of a client.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfClient {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
    /// The client's id.
    #[param(value_type = shape::Id, example = "carl")]
    pub client: String,
}

/// Of a webhook's endpoint.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfWebhook {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
    /// The endpoint's id.
    #[param(value_type = shape::Uuid, example = "019ab0b0-11d2-7a63-8c0e-4f1d2e3c4b5a")]
    pub webhook: String,
}

/// Of a delivery to an endpoint.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfDelivery {
    /// The company's id.
    #[param(value_type = shape::Id, example = "acme")]
    pub company: String,
    /// The endpoint's id.
    #[param(value_type = shape::Uuid, example = "019ab0b0-11d2-7a63-8c0e-4f1d2e3c4b5a")]
    pub webhook: String,
    /// The `seq` of the event.
    #[param(value_type = u64, minimum = 1, example = 17)]
    pub seq: String,
}
