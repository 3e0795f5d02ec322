//! A person with a browser: the frontend's pages, forms and cookies. Absent on purpose: scripts and styles, which the pages
//! work without.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::api::cause;

/// Somebody in front of a page does not wait longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// One person, and the cookies of their browser.
#[derive(Debug)]
pub struct Visitor {
    http: Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub fn new(frontend: &Url) -> Result<Self, reqwest::Error> {
        // Each form's answer is looked at before its redirect is followed.
        let http = Client::builder().no_proxy().http1_only().timeout(PATIENCE).redirect(Policy::none()).build()?;
        Ok(Self { http, base: frontend.as_str().trim_end_matches('/').to_owned(), cookies: BTreeMap::new() })
    }

    /// Fills in the form of a new account.
    pub async fn sign_up(&mut self, email: &str, password: &str) -> Result<(), String> {
        self.submit("/signup", &[("email", email), ("password", password)]).await?;
        if self.cookies.is_empty() { Err("POST /signup gave no session cookie".to_owned()) } else { Ok(()) }
    }

    /// Adds a task and looks for it on the page.
    pub async fn add(&mut self, title: &str) -> Result<(), String> {
        self.submit("/tasks", &[("title", title), ("priority", "medium")]).await?;
        let page = self.page("/tasks").await?;
        if page.contains(title) { Ok(()) } else { Err(format!("the page does not show the task {title:?}")) }
    }

    /// Deletes the task that the page shows under this title, and looks that it is gone.
    pub async fn delete(&mut self, title: &str) -> Result<(), String> {
        let page = self.page("/tasks").await?;
        let path = task_path(&page).ok_or_else(|| "the page has no link to the task".to_owned())?;
        let question = format!("{path}/delete");
        let asked = self.page(&question).await?;
        let version = field(&asked, "version").ok_or_else(|| format!("GET {question} has no field \"version\""))?;
        self.submit(&question, &[("version", version)]).await?;
        let page = self.page("/tasks").await?;
        if page.contains(title) { Err(format!("the page still shows the task {title:?}")) } else { Ok(()) }
    }

    /// Deletes the account with everything in it.
    pub async fn leave(&mut self) -> Result<(), String> {
        self.submit("/account", &[("confirm", "yes")]).await
    }

    /// A page as it comes.
    pub async fn page(&mut self, path: &str) -> Result<String, String> {
        let asked = self.http.get(format!("{}{path}", self.base));
        let (status, _, text) = self.send(asked).await.map_err(|why| format!("GET {path}: {why}"))?;
        if status == 200 { Ok(text) } else { Err(format!("GET {path} answered {status}")) }
    }

    /// Sends a form as a browser on the same site does; every form of ours leads on to another page.
    async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<(), String> {
        let sent = self.http.post(format!("{}{path}", self.base)).header("sec-fetch-site", "same-origin").form(fields);
        let (status, headers, text) = self.send(sent).await.map_err(|why| format!("POST {path}: {why}"))?;
        let leads_back =
            headers.get(LOCATION).and_then(|to| to.to_str().ok()).is_some_and(|to| to.starts_with("/login"));
        match status {
            303 if path != "/account" && leads_back => Err(format!("POST {path} asks to log in")),
            303 => Ok(()),
            status => Err(format!("POST {path} answered {status}: {}", heading(&text))),
        }
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<(u16, HeaderMap, String), String> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let answer = request.send().await.map_err(|error| cause(&error))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()) {
            self.keep(cookie);
        }
        let text = answer.text().await.map_err(|error| cause(&error))?;
        Ok((status, headers, text))
    }

    /// Takes a cookie, or drops it when its time is over.
    fn keep(&mut self, cookie: &str) {
        let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { return };
        if cookie.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name.trim());
        } else {
            self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

/// The path of the first task on the page.
fn task_path(page: &str) -> Option<&str> {
    let links = page.match_indices("/tasks/").filter_map(|(at, _)| page.get(at..));
    links
        .filter_map(|rest| rest.get(.."/tasks/".len() + 36))
        .find(|path| path.get("/tasks/".len()..).is_some_and(|id| uuid::Uuid::parse_str(id).is_ok()))
}

/// The value of a form's field.
fn field<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let tags = page.split('<').filter_map(|part| part.split('>').next());
    let mut named = tags.filter(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")));
    named.find_map(|tag| tag.split_once("value=\"")?.1.split('"').next())
}

/// What a page is about, for a message.
fn heading(page: &str) -> &str {
    let title = page.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    title.map_or("no page", |(title, _)| title.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_found_by_its_link() {
        let id = uuid::Uuid::nil();
        let page = format!("<a href=\"/tasks/new\"></a><form action=\"/tasks/{id}/status\">");
        assert_eq!(task_path(&page), Some(format!("/tasks/{id}").as_str()));
        assert_eq!(task_path("<a href=\"/tasks/\">"), None);
    }

    #[test]
    fn a_field_is_found_whatever_stands_around_it() {
        let page = "<form><input type=\"hidden\" name=\"back\" value=\"\"><input value=\"7\" name=\"version\"></form>";
        assert_eq!((field(page, "version"), field(page, "back"), field(page, "key")), (Some("7"), Some(""), None));
    }

    #[test]
    fn cookies_are_kept_until_they_are_taken_back() {
        let mut visitor = Visitor::new(&"http://127.0.0.1:1".parse().unwrap()).unwrap();
        visitor.keep("session=abc; HttpOnly; Max-Age=3600");
        visitor.keep("notice=added; Path=/");
        visitor.keep("notice=; Max-Age=0; Path=/");
        assert_eq!(visitor.cookies.iter().collect::<Vec<_>>(), [(&"session".to_owned(), &"abc".to_owned())]);
    }

    #[test]
    fn a_page_is_named_by_its_title() {
        assert_eq!(heading("<html><title> Log in </title>"), "Log in");
        assert_eq!(heading(""), "no page");
    }
}
