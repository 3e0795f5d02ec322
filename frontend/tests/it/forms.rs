//! Forms keep what was entered, explain what is wrong, and never do the same thing twice.

use crate::site::Site;

#[tokio::test]
async fn a_refused_task_keeps_its_input_and_explains_the_field() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    let form = [
        ("title", "  "),
        ("description", "kept <b>as it was</b>"),
        ("priority", "high"),
        ("due_date", "2099-01-02"),
        ("due_time", "10:30"),
        ("back", "/tasks?status=all"),
    ];
    let page = ada.post("/tasks", &form).await;
    assert_eq!(page.status, 422);
    page.assert_shows("The title must not be empty.");
    assert!(page.tag("id=\"add-title\"").contains("aria-invalid=\"true\" aria-describedby=\"add-title-error\""));
    page.assert_shows("kept <b>as it was</b>");
    assert_eq!((page.value("due_date"), page.value("due_time")), ("2099-01-02".to_owned(), "10:30".to_owned()));
    assert!(page.body.contains("<option value=\"high\" selected>"));
    assert!(page.body.contains("<details open>"));
    assert_eq!(page.value("back"), "/tasks?status=all");
}

#[tokio::test]
async fn every_rule_of_the_backend_is_explained_beside_its_field() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    let long = "x".repeat(201);
    for (field, value, sentence) in [
        ("title", long.as_str(), "The title must have at most 200 characters."),
        ("description", &long.repeat(10), "The description must have at most 2000 characters."),
        ("priority", "urgent", "The priority must be low, medium or high."),
        ("due_date", "someday", "Please enter a date such as 2026-12-31."),
        ("due_date", "1950-01-01", "The due date must lie in the years 1970 to 2999."),
        ("due_time", "12:00", "Please choose a day for this time."),
    ] {
        let mut form = vec![(field, value)];
        if field != "title" {
            form.push(("title", "Fine"));
        }
        let page = ada.post("/tasks", &form).await;
        assert_eq!(page.status, 422, "{field}");
        page.assert_shows(sentence);
        ada.add("Existing").await;
        let id = ada.id_of("Existing").await;
        let edit = ada.get(&format!("/tasks/{id}")).await;
        let version = edit.value("version");
        form.push(("version", &version));
        let page = ada.post(&format!("/tasks/{id}"), &form).await;
        assert_eq!(page.status, 422, "{field}");
        page.assert_shows(sentence);
        ada.submit(&format!("/tasks/{id}/delete"), &[("version", &version)]).await;
    }
    assert!(ada.get("/tasks").await.titles().is_empty());
}

#[tokio::test]
async fn a_day_is_the_readers_day() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.cookies.insert("timezone".to_owned(), "America%2FNew_York".to_owned());
    ada.submit("/tasks", &[("title", "Late"), ("due_date", "2099-07-01")]).await;
    let board = ada.get("/tasks").await;
    assert!(board.body.contains("<time datetime=\"2099-07-02T03:59:00Z\">1 Jul 2099</time>"), "{}", board.body);
    board.assert_shows("Dates are shown in America/New_York.");
    let id = ada.id_of("Late").await;
    assert_eq!(ada.get(&format!("/tasks/{id}")).await.value("due_date"), "2099-07-01");
}

#[tokio::test]
async fn sending_a_form_twice_creates_one_task() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    let key = ada.get("/tasks").await.value("key");
    let form = [("title", "Once"), ("key", key.as_str())];
    // A double click: both are on their way at the same time.
    let (mut one, mut two) = (ada.clone(), ada.clone());
    let (first, second) = tokio::join!(one.post("/tasks", &form), two.post("/tasks", &form));
    assert_eq!((first.status, second.status), (303, 303), "{} {}", first.text(), second.text());
    // And a reload later.
    assert_eq!(ada.post("/tasks", &form).await.status, 303);
    assert_eq!(ada.get("/tasks").await.titles(), ["Once"]);
    // A fresh form is a new task, also with the same words.
    ada.add("Once").await;
    assert_eq!(ada.get("/tasks").await.titles(), ["Once", "Once"]);
}

#[tokio::test]
async fn an_old_form_with_new_content_is_not_silently_dropped() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    let key = ada.get("/tasks").await.value("key");
    ada.submit("/tasks", &[("title", "First"), ("key", &key)]).await;
    let page = ada.post("/tasks", &[("title", "Second"), ("key", &key)]).await;
    assert_eq!(page.status, 422);
    page.assert_shows("This form was already sent with other content.");
    assert_eq!(page.value("title"), "Second");
    assert_ne!(page.value("key"), key);
    ada.submit("/tasks", &[("title", "Second"), ("key", &page.value("key"))]).await;
    assert_eq!(ada.get("/tasks").await.titles(), ["Second", "First"]);
}

#[tokio::test]
async fn signing_up_twice_with_one_form_makes_one_account() {
    let site = Site::start().await;
    let mut ada = site.browser();
    let key = ada.get("/signup").await.value("key");
    let form = [("email", "ada@example.com"), ("password", "correct horse battery"), ("key", key.as_str())];
    assert_eq!(ada.post("/signup", &form).await.status, 303);
    assert_eq!(site.browser().post("/signup", &form).await.status, 303);
    let other_form = [("email", "ada@example.com"), ("password", "correct horse battery")];
    let page = site.browser().post("/signup", &other_form).await;
    assert_eq!(page.status, 409);
    page.assert_shows("This e-mail address already has an account.");
    assert_eq!(page.value("email"), "ada@example.com");
}
