//! Every kind of problem with its status, its type and its title. A new kind is a new line here.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:ident, $slug:literal, $title:literal;)*) => {
        /// What went wrong, from the caller's point of view.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// Every kind, for documents and tests.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The status of the answer.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            /// The problem's `type`: a stable reference that programs may compare.
            pub fn uri(self) -> &'static str {
                match self { $(Self::$kind => concat!("/problems/", $slug),)* }
            }

            /// The problem's `title`: the same words every time.
            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }
        }
    };
}

kinds! {
    /// The request cannot be read: broken JSON, an unreadable query, a bad header.
    Malformed = BAD_REQUEST, "malformed", "The request cannot be read";
    /// No token, or one that is not accepted.
    Unauthorized = UNAUTHORIZED, "unauthorized", "A valid access token is needed";
    /// E-mail and password do not belong together.
    BadCredentials = UNAUTHORIZED, "bad-credentials", "E-mail or password is wrong";
    /// Known identity, not allowed.
    Forbidden = FORBIDDEN, "forbidden", "This is not allowed";
    /// Nothing here, or nothing that the caller may know of.
    NotFound = NOT_FOUND, "not-found", "There is nothing here";
    /// The route exists, the method does not.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "This method does not exist here";
    /// The caller wants a form that is not offered.
    NotAcceptable = NOT_ACCEPTABLE, "not-acceptable", "No acceptable form of the answer exists";
    /// The caller sent its body too slowly.
    BodyTimeout = REQUEST_TIMEOUT, "body-timeout", "The request took too long to arrive";
    /// The request does not fit the present state.
    Conflict = CONFLICT, "conflict", "The request conflicts with the present state";
    /// Signing up with an address that has an account.
    EmailTaken = CONFLICT, "email-taken", "This e-mail address already has an account";
    /// A request with the same idempotency key is still being handled.
    InProgress = CONFLICT, "in-progress", "The same request is still being handled";
    /// Somebody else changed it first.
    PreconditionFailed = PRECONDITION_FAILED, "precondition-failed", "It has been changed in the meantime";
    /// The body is larger than accepted.
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "The request is too large";
    /// The body is not JSON.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body must be application/json";
    /// Fields break rules.
    Validation = UNPROCESSABLE_ENTITY, "validation", "The request breaks a rule";
    /// The idempotency key was used for another request.
    KeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "This idempotency key belongs to another request";
    /// A rate limit.
    RateLimited = TOO_MANY_REQUESTS, "rate-limited", "Too many requests";
    /// A mistake of ours.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side";
    /// As much work as we take is already being done.
    Overloaded = SERVICE_UNAVAILABLE, "overloaded", "The service is busy";
    /// The database, or something else that we need, is away.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The service is not available for the moment";
    /// We took too long.
    Timeout = SERVICE_UNAVAILABLE, "timeout", "The answer took too long";
}

impl Kind {
    /// The kind for an error answer that the framework made without us, by its status.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            other if other.is_client_error() => Self::Malformed,
            _ => Self::Internal,
        }
    }
}
