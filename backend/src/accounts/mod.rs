//! Accounts: sign up, log in, one's own account, and who is asking (`CurrentUser`). Absent on purpose: roles, password
//! reset and e-mail verification, which need a way to send mail.

mod hash;
mod identity;
mod model;
mod password;
mod routes;
mod store;
mod token;

pub use identity::CurrentUser;
pub use model::{Email, Password, User, UserId};
pub use password::{PasswordError, Passwords};
pub use routes::router;
pub use token::Tokens;
