//! Errors that have nothing to do with tasks: every one is a page in our words.

use reqwest::Method;

use crate::browser::Page;
use crate::site::Site;

#[track_caller]
fn assert_is_page(page: &Page, status: u16, title: &str) {
    assert_eq!(page.status, status, "{}", page.text());
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    page.assert_shows(title);
    page.assert_shows("Go to your tasks");
}

#[tokio::test]
async fn unknown_addresses_and_wrong_methods_get_our_own_pages() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    for path in
        ["/nowhere", "/tasks/", "/tasks/1", "/tasks/%00", "/tasks/%2e%2e%2f/delete", "/assets/../Cargo.toml", "/%FF"]
    {
        assert_is_page(&ada.get(path).await, 404, "There is nothing here");
    }
    let page = ada.send(ada.request(Method::PUT, "/tasks")).await;
    assert_is_page(&page, 405, "That does not work here");
    assert!(page.header("allow").contains("POST"), "{:?}", page.headers);
    assert_is_page(&ada.get("/logout").await, 405, "That does not work here");
}

#[tokio::test]
async fn unreadable_and_oversize_forms_get_our_own_pages() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    let id = {
        ada.add("Task").await;
        ada.id_of("Task").await
    };
    let json = ada.request(Method::POST, "/tasks").header("content-type", "application/json").body("{}");
    assert_is_page(&ada.send(json).await, 415, "That could not be read");
    let bytes = ada.request(Method::POST, "/tasks").header("content-type", "application/x-www-form-urlencoded");
    let page = ada.send(bytes.body(vec![b'%', 0xff, 0xfe, b'='])).await;
    assert!(page.status == 422 || page.status == 400, "{}", page.status);
    assert_is_page(&ada.post(&format!("/tasks/{id}"), &[("version", "soon")]).await, 422, "That could not be read");
    assert_is_page(&ada.post(&format!("/tasks/{id}/status"), &[]).await, 422, "That could not be read");
    let large = "x".repeat(100_000);
    let page = ada.post("/tasks", &[("title", &large)]).await;
    assert_is_page(&page, 413, "That is too much at once");
    assert_eq!(ada.get("/tasks").await.titles(), ["Task"]);
}

#[tokio::test]
async fn strange_headers_do_no_harm() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    for (name, value) in [
        ("cookie", "session=; timezone=../../etc/passwd; notice=%FF; ;;;===".as_bytes()),
        ("cookie", &[0xff, 0xfe]),
        ("x-forwarded-for", "nobody, \u{fc}".as_bytes()),
        ("traceparent", b"00-xyz"),
        ("x-request-id", b"a b c \t <script>"),
        ("accept-encoding", b"br;q=1.0, *;q=0.5"),
    ] {
        let page = site.browser().send(ada.request(Method::GET, "/login").header(name, value)).await;
        assert!(page.status == 200 || page.status == 303, "{name}: {}", page.status);
    }
    assert_eq!(ada.get("/tasks").await.status, 200);
}

#[tokio::test]
async fn server_errors_carry_the_number_that_finds_them() {
    let down = Site::start().await.stop_backend().await;
    let mut ada = crate::browser::Browser::new(&down.frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    let page = ada.get("/tasks").await;
    assert_eq!(page.status, 503);
    page.assert_shows(page.header("x-request-id"));
    assert!(page.header("x-request-id").len() > 8);
}
