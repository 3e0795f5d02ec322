//! Idempotency keys of forms that create something: made when the form is rendered, so that a double click, a reload or
//! a second try after an outage is recognised by the backend as the same request.

use uuid::Uuid;

/// A key for a newly rendered form.
pub fn new_key() -> String {
    Uuid::new_v4().to_string()
}

/// The key that came with a form. One that we did not make is replaced: it would only be refused.
pub fn key_or_new(key: &str) -> String {
    if Uuid::try_parse(key).is_ok() { key.to_owned() } else { new_key() }
}
