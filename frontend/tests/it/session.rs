//! Sessions: the cookie, its end, and the way back to where one was.

use reqwest::Method;

use crate::browser::PASSWORD;
use crate::site::Site;

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
    let site = Site::start().await;
    let mut ada = site.browser();
    let answer = ada.post("/signup", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    let cookies = answer.set_cookies();
    let session = cookies.iter().find(|cookie| cookie.starts_with("session=")).expect("a session");
    let attributes: Vec<&str> = session.split("; ").skip(1).collect();
    for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(&wanted), "{session}");
    }
    assert!(!attributes.contains(&"Secure") && !session.contains("Domain"), "{session}");
    let age = attributes.iter().find_map(|attribute| attribute.strip_prefix("Max-Age=")).expect("an end");
    let age: u32 = age.parse().expect("seconds");
    assert!((86_000..=86_400).contains(&age), "the token lives for a day, the cookie for {age} s");
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_this_host() {
    let site = Site::start_with(&[("COOKIE_SECURE", "true")]).await;
    let mut ada = site.browser();
    let answer = ada.post("/signup", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    let cookies = answer.set_cookies();
    let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-session=")).expect("a session");
    assert!(session.contains("; Secure") && session.contains("; Path=/") && !session.contains("Domain"), "{session}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    assert_eq!(ada.get("/tasks").await.status, 200);
}

#[tokio::test]
async fn a_refused_token_leads_to_the_log_in_page_and_back() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.cookies.insert("session".to_owned(), "no.real.token".to_owned());
    let answer = ada.get("/tasks?status=all&q=milk").await;
    assert_eq!(answer.location(), "/login?next=%2Ftasks%3Fstatus%3Dall%26q%3Dmilk");
    assert!(!ada.cookies.contains_key("session"));
    let page = ada.get(answer.location()).await;
    page.assert_shows("Your session has ended.");
    let form = [("email", "ada@example.com"), ("password", PASSWORD), ("next", &page.value("next"))];
    assert_eq!(ada.post("/login", &form).await.location(), "/tasks?status=all&q=milk");
}

#[tokio::test]
async fn a_form_sent_after_the_session_ended_leads_to_the_log_in_page_too() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.cookies.insert("session".to_owned(), "no.real.token".to_owned());
    let answer = ada.post("/tasks", &[("title", "x"), ("back", "/tasks?status=all")]).await;
    assert_eq!((answer.status, answer.location()), (303, "/login?next=%2Ftasks%3Fstatus%3Dall"));
    ada.cookies.remove("session");
    assert_eq!(ada.post("/tasks", &[("title", "x")]).await.location(), "/login");
}

#[tokio::test]
async fn only_who_wanted_something_else_is_told_why_they_see_the_log_in_page() {
    let site = Site::start().await;
    for (path, told) in [("/tasks", false), ("/account", true), ("/tasks?status=all", true)] {
        let mut stranger = site.browser();
        let answer = stranger.get(path).await;
        let page = stranger.get(answer.location()).await;
        assert_eq!(page.text().contains("Please log in to see that page."), told, "{path}");
    }
}

#[tokio::test]
async fn htmx_is_told_to_open_the_log_in_page_instead_of_swapping_it_in() {
    let site = Site::start().await;
    let mut ada = site.browser();
    let answer = ada.send(ada.request(Method::GET, "/tasks?status=all").header("hx-request", "true")).await;
    assert_eq!((answer.status, answer.header("hx-redirect")), (401, "/login?next=%2Ftasks%3Fstatus%3Dall"));
}

#[tokio::test]
async fn logging_in_never_leads_to_another_site() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    for next in [
        "https://other.example/",
        "//other.example",
        "/\\other.example",
        "/\t/other.example",
        "/.//other.example",
        "javascript:alert(1)",
        "tasks",
        "",
    ] {
        let form = [("email", "ada@example.com"), ("password", PASSWORD), ("next", next)];
        assert_eq!(site.browser().post("/login", &form).await.location(), "/tasks", "{next:?}");
        let query = url_encoded("next", next);
        assert_eq!(ada.get(&format!("/login?{query}")).await.location(), "/tasks", "{next:?}");
        let answer = ada.post("/tasks", &[("title", "x"), ("back", next)]).await;
        assert_eq!(answer.location(), "/tasks", "{next:?}");
        let id = ada.id_of("x").await;
        let form = [("completed", "true"), ("back", next)];
        assert_eq!(ada.post(&format!("/tasks/{id}/status"), &form).await.location(), "/tasks", "{next:?}");
        let page = ada.get(&format!("/tasks/{id}/delete?{}", url_encoded("back", next))).await;
        assert!(page.body.contains("href=\"/tasks\" autofocus"), "{}", page.body);
        let form = [("version", page.value("version")), ("back", next.to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(ada.post(&format!("/tasks/{id}/delete"), &form).await.location(), "/tasks", "{next:?}");
    }
}

fn url_encoded(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

#[tokio::test]
async fn a_wrong_password_keeps_the_address_but_never_the_password() {
    let site = Site::start().await;
    site.signed_up("ada@example.com").await;
    for (email, password) in [("ada@example.com", "wrong password"), ("eve@example.com", "wrong password")] {
        let page = site.browser().post("/login", &[("email", email), ("password", password)]).await;
        assert_eq!(page.status, 422);
        page.assert_shows("E-mail address or password is wrong.");
        assert_eq!(page.value("email"), email);
        assert!(!page.body.contains("wrong password"));
        assert!(page.set_cookies().is_empty());
    }
}

#[tokio::test]
async fn a_refused_sign_up_explains_both_fields() {
    let site = Site::start().await;
    let page = site.browser().post("/signup", &[("email", "not an address"), ("password", "short")]).await;
    assert_eq!(page.status, 422);
    page.assert_shows("The e-mail address must be an e-mail address such as name@example.com.");
    page.assert_shows("The password must have 8 to 128 characters.");
    assert_eq!(page.value("email"), "not an address");
    assert!(!page.body.contains("short\""));
}

#[tokio::test]
async fn an_account_is_deleted_only_after_a_yes() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.get("/account").await.assert_shows("ada@example.com");
    let page = ada.post("/account", &[]).await;
    assert_eq!(page.status, 422);
    page.assert_shows("Please tick the box if you really want to delete everything.");
    ada.submit("/account", &[("confirm", "yes")]).await.assert_shows("have been deleted");
    assert!(!ada.cookies.contains_key("session"));
    let form = [("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(ada.post("/login", &form).await.status, 422);
}

#[tokio::test]
async fn a_deleted_account_has_no_session_anywhere() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    let mut elsewhere = ada.clone();
    ada.submit("/account", &[("confirm", "yes")]).await;
    assert_eq!(elsewhere.get("/tasks").await.location(), "/login");
    assert!(!elsewhere.cookies.contains_key("session"));
}
