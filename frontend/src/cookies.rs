//! The cookies of this program: the session, and the notice for the next page. Written here only, so that their
//! attributes are decided once. Absent on purpose: any state of our own; the session is the backend's token itself.

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

use crate::api::SignedIn;
use crate::notice::{self, Notice};

/// Long enough for a redirect over a slow line, short enough not to surprise anybody later.
const NOTICE_LIFETIME: Duration = Duration::minutes(1);

/// How cookies are made here.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    /// Whether browsers may send them over HTTPS only.
    pub secure: bool,
}

impl Cookies {
    /// `__Host-` makes browsers insist on HTTPS, this very host and the whole site, but they take it over HTTPS only.
    pub fn session_name(self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    /// The token that the browser sent.
    pub fn token(self, headers: &HeaderMap) -> Option<SecretString> {
        let jar = CookieJar::from_headers(headers);
        let token = jar.get(self.session_name())?.value();
        (!token.is_empty()).then(|| token.into())
    }

    /// A session that ends when its token does.
    pub fn session(self, signed_in: &SignedIn, now: Timestamp) -> Option<HeaderValue> {
        let seconds = signed_in.expires_at.as_second().saturating_sub(now.as_second()).max(0);
        let token = signed_in.token.expose_secret().to_owned();
        let mut value = self.header(self.session_name(), token, Duration::seconds(seconds))?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Takes the session back.
    pub fn end_session(self) -> Option<HeaderValue> {
        self.header(self.session_name(), String::new(), Duration::ZERO)
    }

    /// A notice for the next page.
    pub fn notice(self, notice: Notice) -> Option<HeaderValue> {
        self.header(notice::COOKIE, notice.code(), NOTICE_LIFETIME)
    }

    /// Takes the notice back once it was shown.
    pub fn end_notice(self) -> Option<HeaderValue> {
        self.header(notice::COOKIE, String::new(), Duration::ZERO)
    }

    /// `None` only for a value that no header can carry, which a token never is.
    fn header(self, name: &'static str, value: String, lifetime: Duration) -> Option<HeaderValue> {
        let cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(lifetime);
        HeaderValue::try_from(cookie.build().to_string()).ok()
    }
}
