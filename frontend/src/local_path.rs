//! `LocalPath`: an address on this site, the only kind that a redirect or a "back" link may carry.
//! Absent on purpose: full URLs. Whatever could lead to another host is no `LocalPath`.

use std::fmt;

use url::Url;

/// Nothing on this site is serialised longer; a longer one is somebody's experiment.
const LONGEST: usize = 8192;

/// A path with its query, normalised, that stays on this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Reads an address as a browser would, and refuses it when a browser would leave the site.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.starts_with('/') || text.len() > LONGEST {
            return None;
        }
        let site = Url::parse("http://this-site.invalid").ok()?;
        let address = site.join(text).ok()?;
        if address.origin() != site.origin() {
            return None;
        }
        let query = address.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", address.path());
        // "/.//host" becomes "//host" while it is normalised, and that is another host again.
        (!path.starts_with("//") && path.len() <= LONGEST).then_some(Self(path))
    }

    /// The start page of somebody who is logged in.
    pub fn board() -> Self {
        Self("/tasks".to_owned())
    }

    /// The path with its query.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of the log-in page that leads back here.
    pub fn log_in_first(&self) -> Self {
        if *self == Self::board() {
            return Self("/login".to_owned());
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", &self.0).finish();
        Self(format!("/login?{query}"))
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::LocalPath;

    fn parsed(text: &str) -> Option<String> {
        LocalPath::parse(text).map(|path| path.to_string())
    }

    #[test]
    fn paths_of_this_site_are_kept() {
        for path in ["/", "/tasks", "/tasks?status=all&q=a%20b", "/tasks/1?next=//other.example"] {
            assert_eq!(parsed(path).as_deref(), Some(path));
        }
    }

    #[test]
    fn whatever_could_leave_the_site_is_refused() {
        let tricks = [
            "",
            "tasks",
            "https://other.example/",
            "//other.example",
            "///other.example",
            "/\\other.example",
            "\\/other.example",
            "/\t/other.example",
            "/\n/other.example",
            " //other.example",
            "/.//other.example",
            "/x/..//other.example",
            "/%2e//other.example",
            "javascript:alert(1)",
        ];
        for trick in tricks {
            assert_eq!(parsed(trick), None, "{trick:?}");
        }
    }

    #[test]
    fn line_breaks_never_reach_a_header() {
        assert_eq!(parsed("/tasks\r\nset-cookie: a=b").as_deref(), Some("/tasksset-cookie:%20a=b"));
    }

    #[test]
    fn overlong_addresses_are_refused() {
        assert_eq!(parsed(&format!("/{}", "a".repeat(9000))), None);
    }

    #[test]
    fn the_log_in_page_remembers_where_one_was() {
        let path = LocalPath::parse("/tasks?status=all&q=x").unwrap();
        assert_eq!(path.log_in_first().as_str(), "/login?next=%2Ftasks%3Fstatus%3Dall%26q%3Dx");
        assert_eq!(LocalPath::board().log_in_first().as_str(), "/login");
    }
}
