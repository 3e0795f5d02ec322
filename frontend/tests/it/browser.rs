//! A browser without JavaScript, as far as these tests need one: cookies, forms, redirects, Fetch Metadata.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder};

use crate::site::http_client;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// One user's browser.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    site: String,
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Browser {
    pub(crate) fn new(site: &str) -> Self {
        Self { http: http_client(), site: site.to_owned(), cookies: BTreeMap::new() }
    }

    /// Opens an address, without following redirects.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form as a page of this site would, without following the redirect.
    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(self.request(Method::POST, path).header("sec-fetch-site", "same-origin").form(form)).await
    }

    /// Sends a form and looks at the page it leads to.
    pub(crate) async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let answer = self.post(path, form).await;
        assert_eq!(answer.status, 303, "POST {path}: {}", answer.text());
        self.get(answer.location()).await
    }

    /// A request with this browser's cookies, to be changed before it is sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, format!("{}{path}", self.site));
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    /// Sends it and keeps the cookies of the answer.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Page {
        let answer = request.send().await.expect("the frontend answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a readable cookie");
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("name=value");
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Page { status, headers, body: answer.text().await.expect("a readable body") }
    }

    pub(crate) async fn sign_up(&mut self, email: &str) {
        let page = self.get("/signup").await;
        let form = [("email", email), ("password", PASSWORD), ("key", &page.value("key"))];
        assert_eq!(self.submit("/signup", &form).await.status, 200);
    }

    /// Adds a task with nothing but a title.
    pub(crate) async fn add(&mut self, title: &str) {
        let page = self.get("/tasks").await;
        self.submit("/tasks", &[("title", title), ("key", &page.value("key"))]).await;
    }

    /// The id of the only task with that title.
    pub(crate) async fn id_of(&mut self, title: &str) -> String {
        let page = self.get("/tasks?status=all").await;
        let row = page.rows().into_iter().find(|row| row.contains(&format!(">{}</a>", escaped(title))));
        let row = row.unwrap_or_else(|| panic!("no task {title:?} in {:?}", page.titles()));
        row.split("id=\"task-").nth(1).and_then(|rest| rest.split('"').next()).expect("an id").to_owned()
    }
}

impl Page {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).expect("a location").to_str().expect("a readable location")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header")).unwrap_or_default()
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().expect("a readable cookie")).collect()
    }

    /// The value of the first input of that name.
    pub(crate) fn value(&self, name: &str) -> String {
        let input = self.tag(&format!("name=\"{name}\""));
        unescaped(input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a value"))
    }

    /// The first tag with that attribute.
    pub(crate) fn tag(&self, attribute: &str) -> &str {
        let tags = self.body.split('<').map(|rest| rest.split('>').next().unwrap_or_default());
        let mut tags = tags.filter(|tag| tag.contains(attribute));
        tags.next().unwrap_or_else(|| panic!("no {attribute} in {}", self.body))
    }

    /// The list's items.
    pub(crate) fn rows(&self) -> Vec<&str> {
        let items = self.body.split("<li ").filter(|item| item.starts_with("id=\"task-"));
        items.map(|item| item.split("</li>").next().unwrap_or_default()).collect()
    }

    /// The list's titles.
    pub(crate) fn titles(&self) -> Vec<String> {
        let title = |row: &str| {
            let text = row.split("id=\"edit-").nth(1)?.split_once('>')?.1.split("</a>").next()?;
            Some(unescaped(text))
        };
        self.rows().into_iter().filter_map(title).collect()
    }

    /// What a reader sees.
    pub(crate) fn text(&self) -> String {
        let content = self.body.split("<body").nth(1).unwrap_or(&self.body);
        let pieces = content.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text.trim());
        unescaped(&pieces.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "))
    }

    #[track_caller]
    pub(crate) fn assert_shows(&self, text: &str) {
        assert!(self.text().contains(text), "{text:?} is not in {:?}", self.text());
    }

    #[track_caller]
    pub(crate) fn assert_hides(&self, text: &str) {
        assert!(!self.text().contains(text), "{text:?} is in {:?}", self.text());
    }
}

pub(crate) fn escaped(text: &str) -> String {
    let pairs = [("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("\"", "&#34;"), ("'", "&#39;")];
    pairs.iter().fold(text.to_owned(), |text, (plain, entity)| text.replace(plain, entity))
}

fn unescaped(text: &str) -> String {
    let pairs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}
