//! `Visit`: what every page must know about the request it answers. `Page`: what every template shows around its content.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{Extensions, HeaderMap, HeaderValue, Uri, header::ACCEPT, request::Parts};
use axum_extra::extract::cookie::CookieJar;
use telemetry::http::RequestId;

use crate::api::{Caller, EVENT_STREAM};
use crate::app::App;
use crate::cookies::Cookies;
use crate::local_path::LocalPath;
use crate::notice::{self, Notice};
use crate::zone::{self, Zone};

/// A chain of proxies longer than this is somebody's experiment and is not passed on.
const LONGEST_FORWARDED_FOR: usize = 512;

/// One request, seen from the pages.
#[derive(Clone)]
pub struct Visit {
    /// The address asked for.
    pub here: LocalPath,
    /// Whether htmx asks, which follows redirects without showing them.
    pub htmx: bool,
    /// Whether a script of ours asks, which reads a stream of events, or else a problem and no page.
    pub script: bool,
    /// The reader's time zone.
    pub zone: Zone,
    /// What happened just before.
    pub notice: Option<Notice>,
    /// On whose behalf the backend is asked.
    pub caller: Caller,
    /// Finds the request in the logs.
    pub request_id: Option<String>,
}

impl Visit {
    /// Reads a request; whatever is missing or strange has a harmless default.
    pub fn of(cookies: Cookies, uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
        let jar = CookieJar::from_headers(headers);
        let value = |name: &str| jar.get(name).map(|cookie| cookie.value());
        let here = uri.path_and_query().and_then(|address| LocalPath::parse(address.as_str()));
        Self {
            here: here.unwrap_or_else(LocalPath::board),
            htmx: headers.contains_key("hx-request"),
            script: accepts_events(headers),
            zone: Zone::named(value(zone::COOKIE)),
            notice: value(notice::COOKIE).and_then(Notice::from_code),
            caller: Caller { token: cookies.token(headers), forwarded_for: forwarded_for(headers, peer) },
            request_id: extensions.get::<RequestId>().map(|RequestId(id)| id.to_string()),
        }
    }

    /// The surroundings of a page.
    pub fn page(&self) -> Page {
        Page {
            signed_in: self.caller.token.is_some(),
            notice: self.notice,
            zone: self.zone.name().to_owned(),
            here: self.here.to_string(),
        }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app.cookies, &parts.uri, &parts.headers, &parts.extensions))
    }
}

/// What `base.html` needs.
pub struct Page {
    /// Whether there is a session, as far as the browser says.
    pub signed_in: bool,
    /// What happened just before.
    pub notice: Option<Notice>,
    /// The name of the reader's time zone.
    pub zone: String,
    /// Where a form on this page leads back to.
    pub here: String,
}

fn accepts_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split([',', ';']).any(|range| range.trim().eq_ignore_ascii_case(EVENT_STREAM))
}

/// The addresses that came with the request, and at the end the one that we see ourselves, as every proxy adds it.
fn forwarded_for(headers: &HeaderMap, peer: Option<SocketAddr>) -> Option<HeaderValue> {
    let peer = peer?.ip().to_canonical().to_string();
    let before: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let chain = before.join(", ");
    let chain = if chain.is_empty() || chain.len() > LONGEST_FORWARDED_FOR { peer } else { format!("{chain}, {peer}") };
    HeaderValue::try_from(chain).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::forwarded_for;

    #[test]
    fn our_peer_is_the_last_address_of_the_chain() {
        let peer = Some("10.0.0.9:4711".parse().unwrap());
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded_for(&headers, peer).unwrap(), "10.0.0.9");
        headers.append("x-forwarded-for", "203.0.113.7".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.1".parse().unwrap());
        assert_eq!(forwarded_for(&headers, peer).unwrap(), "203.0.113.7, 10.0.0.1, 10.0.0.9");
    }

    #[test]
    fn an_endless_chain_is_cut() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "1.1.1.1, ".repeat(500).parse().unwrap());
        assert_eq!(forwarded_for(&headers, Some("[::ffff:10.0.0.9]:1".parse().unwrap())).unwrap(), "10.0.0.9");
    }
}
