//! The backend goes away, is busy, or talks nonsense: pages say so, nothing that was entered is lost, and everything goes
//! on when it is back, without a restart.

use std::time::Duration;

use axum::http::StatusCode;

use crate::browser::{Browser, PASSWORD};
use crate::site::{Site, free_port, start_frontend};
use crate::stand_in::StandIn;

#[tokio::test]
async fn while_the_backend_is_away_pages_say_so_and_afterwards_everything_goes_on() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.add("Before").await;
    let id = ada.id_of("Before").await;
    let key = ada.get("/tasks").await.value("key");
    let down = site.stop_backend().await;

    for path in ["/tasks", "/tasks?status=all", &format!("/tasks/{id}"), &format!("/tasks/{id}/delete"), "/account"] {
        let page = ada.get(path).await;
        assert_eq!(page.status, 503, "{path}");
        assert!(page.header("retry-after").parse::<u32>().is_ok(), "{path}");
        page.assert_shows("Your tasks are out of reach");
        assert!(page.body.contains(&format!("<a class=\"button\" href=\"{path}\">Try again</a>")), "{}", page.body);
    }
    // Probes: a page that says so is served, so this process stays ready.
    assert_eq!(ada.get("/ready").await.status, 200);
    assert_eq!(ada.get("/login").await.location(), "/tasks");

    // What was entered is still there, with the same key, so that sending it again is safe.
    let form =
        [("title", "During"), ("description", "much text"), ("key", key.as_str()), ("back", "/tasks?sort=title")];
    let page = ada.post("/tasks", &form).await;
    assert_eq!(page.status, 503);
    page.assert_shows("What you entered is kept: Title During Description much text");
    assert_eq!((page.value("key"), page.value("title")), (key.clone(), "During".to_owned()));
    let page = ada.post(&format!("/tasks/{id}"), &[("title", "Edited"), ("version", "1")]).await;
    assert_eq!((page.status, page.value("title"), page.value("version")), (503, "Edited".to_owned(), "1".to_owned()));
    let page = ada.post(&format!("/tasks/{id}/status"), &[("completed", "true")]).await;
    assert_eq!((page.status, page.value("completed")), (503, "true".to_owned()));
    let page = ada.post(&format!("/tasks/{id}/delete"), &[("version", "1")]).await;
    assert_eq!((page.status, page.value("version")), (503, "1".to_owned()));

    // Somebody who logs in meanwhile keeps the address, and the password goes nowhere.
    let mut bob = Browser::new(&down.frontend.url());
    for path in ["/login", "/signup"] {
        let page = bob.post(path, &[("email", "bob@example.com"), ("password", PASSWORD)]).await;
        assert_eq!((page.status, page.value("email")), (503, "bob@example.com".to_owned()), "{path}");
        assert!(!page.body.contains(PASSWORD));
    }

    let _site = down.start_backend().await;
    assert_eq!(ada.submit("/tasks", &form).await.titles(), ["Before", "During"]);
    assert_eq!(ada.submit("/tasks", &form).await.titles(), ["Before", "During"]);
}

#[tokio::test]
async fn a_busy_backend_is_an_honest_page_with_its_own_patience() {
    let stand_in = StandIn::start().await;
    let frontend = start_frontend(&stand_in.url(), &[]).await;
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    for (answer, status, title) in [
        (StatusCode::TOO_MANY_REQUESTS, 429, "A moment, please"),
        (StatusCode::SERVICE_UNAVAILABLE, 503, "Your tasks are out of reach"),
        (StatusCode::BAD_GATEWAY, 503, "Your tasks are out of reach"),
    ] {
        stand_in.answer(answer, "{}", &[("retry-after", "17")]);
        let page = ada.get("/tasks").await;
        assert_eq!((page.status, page.header("retry-after")), (status, "17"));
        page.assert_shows(title);
        let page = ada.post("/tasks", &[("title", "Kept")]).await;
        assert_eq!((page.status, page.value("title")), (status, "Kept".to_owned()));
    }
    ada.cookies.clear();
    stand_in.answer(StatusCode::TOO_MANY_REQUESTS, "{}", &[("retry-after", "17")]);
    let page = ada.post("/login", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.header("retry-after")), (429, "17"));
    page.assert_shows("Please wait 17 seconds and try again.");
}

#[tokio::test]
async fn nonsense_from_the_backend_is_a_page_without_internals() {
    let stand_in = StandIn::start().await;
    let frontend = start_frontend(&stand_in.url(), &[]).await;
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    for (status, body) in [
        (StatusCode::OK, "<html>a proxy's log-in page</html>"),
        (StatusCode::OK, "{\"items\": 7}"),
        (StatusCode::OK, ""),
        (StatusCode::INTERNAL_SERVER_ERROR, "stack trace with a secret"),
        (StatusCode::FOUND, ""),
        (StatusCode::IM_A_TEAPOT, "short and stout"),
    ] {
        stand_in.answer(status, body, &[("location", "http://other.example/")]);
        let page = ada.get("/tasks").await;
        assert_eq!(page.status, 502, "{status} {body}");
        page.assert_shows("Something went wrong");
        page.assert_hides("secret");
    }
}

#[tokio::test]
async fn a_backend_that_hangs_up_in_the_middle_is_one_that_does_not_answer() {
    let stand_in = StandIn::start().await;
    let frontend = start_frontend(&stand_in.url(), &[]).await;
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    stand_in.answer(StatusCode::OK, "{\"items\":", &[("content-length", "1000")]);
    let page = tokio::time::timeout(Duration::from_secs(30), ada.get("/tasks")).await.expect("an answer");
    assert!(page.status == 503 || page.status == 502, "{}", page.status);
}

#[tokio::test]
async fn a_backend_that_accepts_and_never_answers_is_not_waited_for() {
    let silent = free_port().await;
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let frontend = start_frontend(&url, &[("BACKEND_TIMEOUT_SECONDS", "1")]).await;
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    let page = tokio::time::timeout(Duration::from_secs(30), ada.post("/tasks", &[("title", "Kept")])).await;
    let page = page.expect("an answer");
    assert_eq!((page.status, page.value("title")), (503, "Kept".to_owned()));
    drop(silent);
}
