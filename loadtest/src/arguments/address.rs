//! Which addresses are taken. Absent on purpose: whether anybody answers there.

use url::Url;

/// A server's address and nothing behind it.
pub(super) fn check_url(option: &str, url: &Url) -> Result<(), String> {
    check_origin(option, url)?;
    if url.path() != "/" {
        return Err(format!("{option} {url}: give the server's address without a path"));
    }
    Ok(())
}

/// An address that may have a path, without a name, a password or a query.
pub(super) fn check_origin(option: &str, url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("{option} {url}: only http:// and https:// addresses can be asked"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Neither does this line repeat them: the report would.
        return Err(format!("{option}: give the server's address without a name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{option} {url}: give the server's address alone, without what follows a ? or #"));
    }
    Ok(())
}
