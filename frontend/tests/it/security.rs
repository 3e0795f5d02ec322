//! Protections: forged requests, scripts in texts, what browsers are told about every answer.

use reqwest::Method;

use crate::browser::{Browser, Page};
use crate::site::Site;

/// Every kind of answer this program gives, logged in and not.
async fn all_pages(ada: &mut Browser, stranger: &mut Browser) -> Vec<(String, Page)> {
    ada.add("A task").await;
    let id = ada.id_of("A task").await;
    let mut pages = Vec::new();
    for path in
        ["/login", "/signup", "/nowhere", "/assets/nothing.css", "/health", "/ready", "/metrics", "/favicon.ico"]
    {
        pages.push((path.to_owned(), stranger.get(path).await));
    }
    for path in [
        "/",
        "/tasks",
        "/account",
        "/tasks?q=nothing",
        "/tasks/nonsense",
        "/chat",
        "/chat/new",
        "/chat/history",
        "/chat/nonsense",
    ] {
        pages.push((path.to_owned(), ada.get(path).await));
    }
    for path in [format!("/tasks/{id}"), format!("/tasks/{id}/delete"), format!("/tasks/{id}/status")] {
        pages.push((path.clone(), ada.get(&path).await));
    }
    for (path, form) in [
        ("/login", [("email", "x"), ("password", "y")]),
        ("/signup", [("email", "x"), ("password", "y")]),
        ("/tasks", [("title", ""), ("back", "")]),
        ("/account", [("a", "b"), ("c", "d")]),
    ] {
        pages.push((format!("POST {path}"), ada.post(path, &form).await));
    }
    let conflict = [("title", "x"), ("version", "99")];
    pages.push(("conflict".to_owned(), ada.post(&format!("/tasks/{id}"), &conflict).await));
    let forged = ada.request(Method::POST, "/tasks").header("sec-fetch-site", "cross-site").form(&conflict);
    pages.push(("forged".to_owned(), ada.send(forged).await));
    pages
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = Site::start().await;
    let (mut ada, mut stranger) = (site.signed_up("ada@example.com").await, site.browser());
    for (name, page) in all_pages(&mut ada, &mut stranger).await {
        let policy = page.header("content-security-policy");
        for wanted in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.split("; ").any(|part| part == wanted), "{name}: {wanted} is not in {policy:?}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{name}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{name}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{name}");
        assert_eq!(page.header("cache-control"), "no-store", "{name}");
    }
}

#[tokio::test]
async fn no_page_contains_inline_scripts_or_styles() {
    let site = Site::start().await;
    let (mut ada, mut stranger) = (site.signed_up("ada@example.com").await, site.browser());
    let pages = all_pages(&mut ada, &mut stranger).await;
    let pages = pages.into_iter().filter(|(_, page)| page.header("content-type").starts_with("text/html"));
    let mut seen = 0;
    for (name, page) in pages {
        seen += 1;
        for tag in page.body.split('<').map(|rest| rest.split('>').next().unwrap_or_default()) {
            let (element, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
            assert!(element != "script" || attributes.contains("src=\"/assets/"), "{name}: <{tag}>");
            assert_ne!(element, "style", "{name}");
            for bad in [" style=", " onclick=", " onload=", " onerror=", "javascript:", " hx-on", "hx-vals=\"js"] {
                assert!(!tag.contains(bad), "{name}: <{tag}>");
            }
        }
    }
    assert!(seen > 15, "{seen} pages");
}

#[tokio::test]
async fn texts_stay_texts_wherever_they_appear() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    for nasty in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' autofocus onfocus='alert(1)",
        "</textarea><script>alert(1)</script>",
        "{{ 7*7 }} & &lt;b&gt; &amp;",
        "<b>bold</b>",
    ] {
        let form = [("title", nasty), ("description", nasty), ("priority", "low")];
        ada.submit("/tasks", &form).await;
        let id = ada.id_of(nasty).await;
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", nasty).finish();
        let login = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", nasty).finish();
        let refused =
            [("title", ""), ("description", nasty), ("due_date", nasty), ("due_time", nasty), ("back", nasty)];
        let conflict = [("title", nasty), ("description", nasty), ("version", "77"), ("due_date", "2099-01-01")];
        let pages = [
            ada.get("/tasks").await,
            ada.get(&format!("/tasks?{query}")).await,
            ada.get(&format!("/tasks/{id}")).await,
            ada.get(&format!("/tasks/{id}/delete")).await,
            ada.post("/tasks", &refused).await,
            ada.post(&format!("/tasks/{id}"), &refused).await,
            ada.post(&format!("/tasks/{id}"), &conflict).await,
            site.browser().get(&format!("/login?{login}")).await,
            site.browser().post("/login", &[("email", nasty), ("password", nasty)]).await,
            site.browser().post("/signup", &[("email", nasty), ("password", nasty), ("key", nasty)]).await,
        ];
        for (number, page) in pages.iter().enumerate() {
            for raw in ["<script>alert", "<img src=x", "' autofocus onfocus", "<b>bold", "& &lt;b"] {
                assert!(!page.body.contains(raw), "{nasty} on page {number}: {}", page.body);
            }
        }
        assert!(pages[0].titles().contains(&nasty.to_owned()), "{nasty}");
        assert_eq!(pages[2].value("title"), nasty);
        ada.submit(&format!("/tasks/{id}/delete"), &[("version", "1")]).await;
    }
}

#[tokio::test]
async fn forged_requests_change_nothing() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.add("Mine").await;
    let id = ada.id_of("Mine").await;
    let paths = [
        "/tasks".to_owned(),
        format!("/tasks/{id}"),
        format!("/tasks/{id}/status"),
        format!("/tasks/{id}/delete"),
        "/account".to_owned(),
        "/chat/messages".to_owned(),
        format!("/chat/{id}/delete"),
        "/logout".to_owned(),
        "/login".to_owned(),
        "/signup".to_owned(),
    ];
    let form = [("title", "Theirs"), ("version", "1"), ("completed", "true"), ("confirm", "yes")];
    for path in &paths {
        for (header, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://other.example"),
            ("origin", "null"),
        ] {
            let request = ada.request(Method::POST, path).header(header, value).form(&form);
            let page = ada.send(request).await;
            assert_eq!(page.status, 403, "{path} with {header}: {value}");
            page.assert_shows("This request came from somewhere else");
            assert!(page.set_cookies().iter().all(|cookie| !cookie.starts_with("session")), "{path}");
        }
    }
    assert_eq!(ada.get("/tasks").await.titles(), ["Mine"]);
    // An old browser without Fetch Metadata, on this very site.
    let host = site.frontend.url();
    let request = ada.request(Method::POST, "/tasks").header("origin", host).form(&[("title", "Also mine")]);
    assert_eq!(ada.send(request).await.status, 303);
}

#[tokio::test]
async fn a_notice_is_one_of_ours_or_none() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    for forged in ["Send%20your%20password%20to%20eve", "completed.%22%3E%3Cscript%3E", "added.1"] {
        ada.cookies.insert("notice".to_owned(), forged.to_owned());
        let page = ada.get("/tasks").await;
        assert!(page.body.contains("aria-live=\"polite\"></div>"), "{}", page.body);
    }
}
