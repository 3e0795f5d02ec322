//! Two tabs, one task: nobody's change is lost or overwritten unseen.

use crate::browser::Browser;
use crate::site::Site;

async fn site_with_a_task() -> (Site, Browser, String) {
    let site = Site::start().await;
    let mut ada = site.signed_up("ada@example.com").await;
    ada.add("Draft").await;
    let id = ada.id_of("Draft").await;
    (site, ada, id)
}

#[tokio::test]
async fn a_conflict_shows_both_values_and_loses_neither() {
    let (_site, mut ada, id) = site_with_a_task().await;
    let path = format!("/tasks/{id}");
    let version = ada.get(&path).await.value("version");
    let theirs = [("title", "From the first tab"), ("priority", "high"), ("version", version.as_str())];
    ada.submit(&path, &theirs).await;

    let mine = [("title", "From the second tab"), ("description", "and why"), ("version", version.as_str())];
    let page = ada.post(&path, &mine).await;
    assert_eq!(page.status, 409);
    page.assert_shows("This task was changed elsewhere while you were editing it.");
    page.assert_shows("Title From the first tab From the second tab");
    page.assert_shows("Description empty and why");
    assert_eq!(page.value("title"), "From the second tab");
    assert_eq!(ada.get("/tasks").await.titles(), ["From the first tab"]);

    // Having seen it, one may decide.
    let mine = [("title", "From the second tab"), ("description", "and why"), ("version", &page.value("version"))];
    ada.submit(&path, &mine).await.assert_shows("Changes saved.");
    assert_eq!(ada.get("/tasks").await.titles(), ["From the second tab"]);
}

#[tokio::test]
async fn saving_the_same_form_twice_is_no_conflict() {
    let (_site, mut ada, id) = site_with_a_task().await;
    let path = format!("/tasks/{id}");
    let version = ada.get(&path).await.value("version");
    let form = [("title", "Better"), ("due_date", "2099-01-01"), ("version", version.as_str())];
    ada.submit(&path, &form).await;
    ada.submit(&path, &form).await.assert_shows("Changes saved.");
}

#[tokio::test]
async fn what_was_written_about_a_deleted_task_can_become_a_new_one() {
    let (_site, mut ada, id) = site_with_a_task().await;
    let path = format!("/tasks/{id}");
    let version = ada.get(&path).await.value("version");
    ada.submit(&format!("{path}/delete"), &[("version", &version)]).await;

    let page = ada.post(&path, &[("title", "Much work"), ("description", "in here"), ("version", &version)]).await;
    assert_eq!(page.status, 404);
    page.assert_shows("What you wrote is still here.");
    page.assert_shows("Much work");
    let form = [("title", page.value("title")), ("description", page.value("description")), ("key", page.value("key"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(ada.submit("/tasks", &form).await.titles(), ["Much work"]);
}

#[tokio::test]
async fn nobody_deletes_what_they_have_not_seen() {
    let (_site, mut ada, id) = site_with_a_task().await;
    let path = format!("/tasks/{id}");
    let version = ada.get(&path).await.value("version");
    ada.submit(&path, &[("title", "Now important"), ("version", &version)]).await;

    let page = ada.post(&format!("{path}/delete"), &[("version", &version)]).await;
    assert_eq!(page.status, 409);
    page.assert_shows("The task was changed since you were asked.");
    page.assert_shows("Now important");
    assert_eq!(ada.get("/tasks").await.titles(), ["Now important"]);
    ada.submit(&format!("{path}/delete"), &[("version", &page.value("version"))]).await.assert_shows("Task deleted.");
}

#[tokio::test]
async fn deleting_twice_says_so() {
    let (_site, mut ada, id) = site_with_a_task().await;
    let form = [("version", "1")];
    ada.submit(&format!("/tasks/{id}/delete"), &form).await.assert_shows("Task deleted.");
    ada.submit(&format!("/tasks/{id}/delete"), &form).await.assert_shows("already been deleted");
}
