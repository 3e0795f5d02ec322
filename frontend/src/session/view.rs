//! The pages of this feature. Absent on purpose: a field that could put a password back into a page.

use askama::Template;

use crate::field_errors::FieldErrors;
use crate::visit::Page;

/// The log-in page.
#[derive(Template)]
#[template(path = "login.html")]
pub(super) struct LogIn {
    pub(super) page: Page,
    pub(super) email: String,
    pub(super) next: String,
    pub(super) errors: FieldErrors,
}

/// The sign-up page.
#[derive(Template)]
#[template(path = "signup.html")]
pub(super) struct SignUp {
    pub(super) page: Page,
    pub(super) email: String,
    pub(super) next: String,
    pub(super) key: String,
    pub(super) errors: FieldErrors,
}

/// The account page.
#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage {
    pub(super) page: Page,
    pub(super) email: String,
    pub(super) errors: FieldErrors,
}
