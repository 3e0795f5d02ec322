//! A whole day with the application, as a browser without JavaScript lives it.

use crate::site::Site;

#[tokio::test]
async fn everything_works_without_javascript() {
    let site = Site::start().await;
    let mut ada = site.browser();

    // A newcomer is asked to log in, signs up instead, and arrives where they wanted to go.
    assert_eq!(ada.get("/").await.location(), "/tasks");
    assert_eq!(ada.get("/tasks").await.location(), "/login");
    let page = ada.get("/signup").await;
    let form = [("email", "ada@example.com"), ("password", "correct horse battery"), ("key", &page.value("key"))];
    let board = ada.submit("/signup", &form).await;
    board.assert_shows("Nothing to do.");

    let form = [
        ("title", "Buy milk"),
        ("description", "The one with\r\nthe blue label"),
        ("priority", "high"),
        ("due_date", "2099-12-31"),
        ("key", &board.value("key")),
    ];
    let board = ada.submit("/tasks", &form).await;
    board.assert_shows("Task added.");
    board.assert_shows("the blue label");
    board.assert_shows("High priority");
    board.assert_shows("31 Dec 2099");
    // A notice is shown once.
    ada.get("/tasks").await.assert_hides("Task added.");
    ada.add("Water the plants").await;

    for (view, titles) in [
        ("/tasks", vec!["Water the plants", "Buy milk"]),
        ("/tasks?sort=oldest", vec!["Buy milk", "Water the plants"]),
        ("/tasks?sort=title", vec!["Buy milk", "Water the plants"]),
        ("/tasks?sort=priority", vec!["Buy milk", "Water the plants"]),
        ("/tasks?sort=due", vec!["Buy milk", "Water the plants"]),
        ("/tasks?priority=high", vec!["Buy milk"]),
        ("/tasks?q=PLANTS", vec!["Water the plants"]),
        ("/tasks?q=nothing+like+it", vec![]),
        ("/tasks?status=completed", vec![]),
    ] {
        assert_eq!(ada.get(view).await.titles(), titles, "{view}");
    }

    let milk = ada.id_of("Buy milk").await;
    let form = [("completed", "true"), ("back", "/tasks?sort=title")];
    let answer = ada.post(&format!("/tasks/{milk}/status"), &form).await;
    assert_eq!(answer.location(), "/tasks?sort=title");
    let board = ada.get("/tasks?sort=title").await;
    board.assert_shows("Task completed.");
    assert_eq!(board.titles(), ["Water the plants"]);
    assert_eq!(ada.get("/tasks?status=completed").await.titles(), ["Buy milk"]);
    let board = ada.submit(&format!("/tasks/{milk}/status"), &[("completed", "false"), ("back", "/tasks")]).await;
    board.assert_shows("Task is open again.");
    assert_eq!(board.titles(), ["Water the plants", "Buy milk"]);

    let edit = ada.get(&format!("/tasks/{milk}?back=/tasks")).await;
    assert_eq!(edit.value("title"), "Buy milk");
    assert!(edit.body.contains(">\nThe one with\nthe blue label</textarea>"), "{}", edit.body);
    assert_eq!((edit.value("due_date"), edit.value("due_time")), ("2099-12-31".to_owned(), String::new()));
    let form = [
        ("title", "Buy oat milk"),
        ("priority", "low"),
        ("version", &edit.value("version")),
        ("back", "/tasks?status=all"),
    ];
    let board = ada.submit(&format!("/tasks/{milk}"), &form).await;
    board.assert_shows("Changes saved.");
    board.assert_shows("Low priority");
    board.assert_hides("blue label");
    board.assert_hides("31 Dec 2099");
    assert_eq!(board.titles(), ["Water the plants", "Buy oat milk"]);

    let question = ada.get(&format!("/tasks/{milk}/delete?back=/tasks")).await;
    question.assert_shows("Delete this task? Buy oat milk");
    assert_eq!(ada.get("/tasks").await.titles().len(), 2);
    let form = [("version", question.value("version")), ("back", question.value("back"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let board = ada.submit(&format!("/tasks/{milk}/delete"), &form).await;
    board.assert_shows("Task deleted.");
    assert_eq!(board.titles(), ["Water the plants"]);

    ada.submit("/logout", &[]).await.assert_shows("You are logged out.");
    assert_eq!(ada.get("/tasks").await.location(), "/login");
    let form = [("email", "Ada@Example.com"), ("password", "correct horse battery")];
    assert_eq!(ada.submit("/login", &form).await.titles(), ["Water the plants"]);
}

#[tokio::test]
async fn nobody_sees_the_tasks_of_others() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.add("A secret").await;
    let id = ada.id_of("A secret").await;
    let mut bob = site.signed_up("bob@example.com").await;
    assert!(bob.get("/tasks?status=all").await.titles().is_empty());
    for path in [format!("/tasks/{id}"), format!("/tasks/{id}/delete")] {
        let page = bob.get(&path).await;
        assert_eq!(page.status, 404);
        page.assert_shows("This task does not exist");
        page.assert_hides("A secret");
    }
    let form = [("title", "stolen"), ("version", "1"), ("completed", "true")];
    assert_eq!(bob.post(&format!("/tasks/{id}"), &form).await.status, 404);
    bob.submit(&format!("/tasks/{id}/delete"), &form).await.assert_shows("already been deleted");
    bob.submit(&format!("/tasks/{id}/status"), &form).await.assert_shows("already been deleted");
    assert_eq!(ada.get("/tasks").await.titles(), ["A secret"]);
}

#[tokio::test]
async fn a_long_list_goes_on_page_by_page_without_loss() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    for number in 0..120 {
        ada.post("/tasks", &[("title", &format!("Task {number:03}"))]).await;
    }
    let mut view = "/tasks?sort=title".to_owned();
    let (mut titles, mut pages) = (Vec::new(), 0);
    loop {
        let page = ada.get(&view).await;
        titles.extend(page.titles());
        pages += 1;
        let more = page.body.split("id=\"more\"").nth(1).and_then(|rest| rest.split("href=\"").nth(1));
        let Some(more) = more else { break };
        view = more.split('"').next().expect("an address").replace("&#38;", "&");
    }
    let wanted: Vec<String> = (0..120).map(|number| format!("Task {number:03}")).collect();
    assert_eq!((titles, pages), (wanted, 3));
    ada.get(&view).await.assert_shows("Back to the start of the list");
}

#[tokio::test]
async fn a_place_in_the_list_that_nobody_understands_is_its_start() {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    assert_eq!(ada.get("/tasks?q=x&cursor=nonsense").await.location(), "/tasks?q=x");
}
