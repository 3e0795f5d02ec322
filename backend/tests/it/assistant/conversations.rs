//! What was said stays, page by page, for its own user alone.

use reqwest::Method;
use serde_json::json;

use super::{go_on, say};
use crate::support::TestApp;

on_both_engines! {
    async fn conversations_are_listed_newest_first_with_title_and_preview(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let first = say(&ada, "add Water the plants and do it slowly so that this line is longer than sixty letters").await;
        let second = say(&ada, "help").await;
        go_on(&ada, &first, "show my tasks").await;
        let list = ada.get("/api/conversations").await.json;
        let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        assert_eq!(ids, [first["conversation_id"].clone(), second["conversation_id"].clone()]);
        assert_eq!((&list["has_more"], &list["next_cursor"]), (&json!(false), &json!(null)));
        let title = list["items"][0]["title"].as_str().unwrap();
        assert!(title.starts_with("add Water the plants") && title.chars().count() <= 60, "{title}");
        assert!(list["items"][0]["preview"].as_str().unwrap().chars().count() <= 100);

        let page = ada.get("/api/conversations?limit=1").await.json;
        assert_eq!((&page["items"][0]["id"], &page["has_more"]), (&first["conversation_id"], &json!(true)));
        let next = ada.get(&format!("/api/conversations?limit=1&cursor={}", page["next_cursor"].as_str().unwrap())).await;
        assert_eq!(next.json["items"][0]["id"], second["conversation_id"]);
        ada.get("/api/conversations?cursor=x").await.assert_problem(422, "validation");
    }
}

on_both_engines! {
    async fn messages_are_read_from_the_newest_page_backwards(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let first = say(&ada, "add One").await;
        go_on(&ada, &first, "add Two").await;
        let at = format!("/api/conversations/{}/messages", first["conversation_id"].as_str().unwrap());
        let all = ada.get(&at).await.json;
        let said: Vec<_> = all["items"].as_array().unwrap().iter().map(|item| (item["role"].as_str().unwrap(), item["content"].as_str().unwrap().to_owned())).collect();
        assert_eq!(said.iter().map(|(role, _)| *role).collect::<Vec<_>>(), ["user", "assistant", "user", "assistant"]);
        assert_eq!((said[0].1.as_str(), said[2].1.as_str()), ("add One", "add Two"));
        assert_eq!((&all["items"][1]["engine"], &all["items"][0]["engine"]), (&json!("rules"), &json!(null)));
        assert_eq!(all["items"][1]["tool_calls"][0]["tool"], "add_task");
        let newest = ada.get(&format!("{at}?limit=3")).await.json;
        assert_eq!(newest["items"].as_array().unwrap().len(), 3);
        let older = ada.get(&format!("{at}?limit=3&cursor={}", newest["next_cursor"].as_str().unwrap())).await.json;
        assert_eq!((&older["items"][0]["content"], &older["has_more"]), (&json!("add One"), &json!(false)));
    }
}

on_both_engines! {
    async fn a_conversation_is_its_own_users_and_goes_with_them(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let said = say(&ada, "add One").await;
        let id = said["conversation_id"].as_str().unwrap();
        for id in [id, "01890000-0000-7000-8000-000000000000", "x"] {
            bob.get(&format!("/api/conversations/{id}/messages")).await.assert_problem(404, "not-found");
            bob.delete(&format!("/api/conversations/{id}")).await.assert_problem(404, "not-found");
        }
        assert_eq!(bob.get("/api/conversations").await.json["items"], json!([]));
        assert_eq!(ada.delete(&format!("/api/conversations/{id}")).await.status, 204);
        ada.get(&format!("/api/conversations/{id}/messages")).await.assert_problem(404, "not-found");
        let body = json!({"message": "hi", "conversation_id": id});
        ada.post("/api/chat", body).await.assert_problem(404, "not-found");
        say(&ada, "add Two").await;
        assert_eq!(ada.request(Method::DELETE, "/api/me").send().await.status, 204);
    }
}
