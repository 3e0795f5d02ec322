//! Lists: filters, order and pages against a simple model, cursors that do not belong, and hostile searches.

use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    pagination_model::{Draft, Question, create, drafts, questions},
    support::{TestApp, User},
    tasks::{add, at, encoded, wrong_fields},
};

/// Asserts a property of many generated values, each on the same server, and shrinks a value that breaks it. A fresh
/// account keeps every case apart from the others.
pub(crate) async fn holds<S, F>(
    app: &TestApp,
    cases: u32,
    strategy: S,
    property: impl Fn(User, S::Value) -> F + Send + 'static,
) where
    S: Strategy + Send + 'static,
    F: Future<Output = ()>,
{
    let (app, runtime) = (app.clone(), tokio::runtime::Handle::current());
    let run = tokio::task::spawn_blocking(move || {
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
        let outcome = TestRunner::new(config).run(&strategy, |value| {
            runtime.block_on(async {
                let user = app.sign_up(&Uuid::now_v7().simple().to_string()).await;
                property(user, value).await;
            });
            Ok(())
        });
        outcome.map_err(|error| error.to_string())
    });
    if let Err(error) = run.await.unwrap() {
        panic!("{error}");
    }
}

/// What others do between two pages.
#[derive(Clone, Debug)]
enum Meanwhile {
    Nothing,
    Insert(Draft),
    Delete(prop::sample::Index),
}

fn meanwhiles() -> impl Strategy<Value = Meanwhile> {
    prop_oneof![
        1 => Just(Meanwhile::Nothing),
        2 => drafts().prop_map(Meanwhile::Insert),
        1 => any::<prop::sample::Index>().prop_map(Meanwhile::Delete),
    ]
}

/// Reads every page while others come and go, and compares what was seen with the model.
async fn compare(user: &User, mut known: Vec<Value>, question: &Question, meanwhiles: Vec<Meanwhile>) {
    let mut always: Vec<Value> = known.iter().filter(|task| question.wants(task)).cloned().collect();
    let (mut seen, mut cursor, mut meanwhiles) = (Vec::<Value>::new(), None::<String>, meanwhiles.into_iter());
    loop {
        let page = user.get(&question.path(cursor.as_deref())).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let items = page.json["items"].as_array().unwrap();
        seen.extend(items.iter().cloned());
        assert!(seen.len() <= known.len(), "pages without end");
        cursor = page.json["next_cursor"].as_str().map(str::to_owned);
        assert!(items.len() == question.limit || (cursor.is_none() && items.len() < question.limit), "{}", page.text);
        if cursor.is_none() {
            break;
        }
        match meanwhiles.next() {
            Some(Meanwhile::Insert(draft)) => known.push(create(user, &draft).await),
            Some(Meanwhile::Delete(index)) if !always.is_empty() => {
                let deleted = always.remove(index.index(always.len()));
                assert_eq!(user.delete(&at(&deleted)).await.status, 204);
            }
            _ => {}
        }
    }
    for task in &always {
        assert!(seen.contains(task), "lost: {task}");
    }
    for task in &seen {
        assert!(known.contains(task) && question.wants(task), "not asked for: {task}");
    }
    // Strictly in order, so none is there twice.
    for pair in seen.windows(2) {
        assert!(question.in_order(&pair[0], &pair[1]), "wrong order: {} before {}", pair[0], pair[1]);
    }
}

on_both_engines! {
    async fn every_order_and_every_filter_alone_match_the_model(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let mut known = Vec::new();
        for draft in Draft::one_of_each_kind() {
            known.push(create(&ada, &draft).await);
        }
        for question in Question::one_of_each_kind() {
            compare(&ada, known.clone(), &question, Vec::new()).await;
        }
    }
}

on_both_engines! {
    async fn no_task_is_lost_or_doubled_while_others_come_and_go(app: TestApp) {
        let case = (prop::collection::vec(drafts(), 0..20), questions(), prop::collection::vec(meanwhiles(), 8));
        holds(&app, 40, case, async |user: User, (drafts, question, meanwhiles): (Vec<Draft>, _, _)| {
            let mut known = Vec::new();
            for draft in &drafts {
                known.push(create(&user, draft).await);
            }
            compare(&user, known, &question, meanwhiles).await;
        }).await;
    }
}

on_both_engines! {
    async fn any_part_of_a_title_finds_it_in_any_case(app: TestApp) {
        let case = ("\\PC{1,40}", any::<prop::sample::Index>(), any::<prop::sample::Index>());
        holds(&app, 40, case, async |user: User, (title, one, other): (String, _, _)| {
            if title.trim().is_empty() {
                return;
            }
            let task = add(&user, json!({"title": title})).await;
            let letters: Vec<char> = task["title"].as_str().unwrap().chars().collect();
            let (one, other): (prop::sample::Index, prop::sample::Index) = (one, other);
            let (one, other) = (one.index(letters.len()), other.index(letters.len()));
            let part: String = letters[one.min(other)..=one.max(other)].iter().collect();
            for q in [part.clone(), part.to_uppercase(), part.to_lowercase()] {
                let found = user.get(&format!("/api/tasks?q={}", encoded(&q))).await;
                assert_eq!(found.json["items"], json!([task]), "{q:?} in {task}: {}", found.text);
            }
        }).await;
    }
}

on_both_engines! {
    async fn a_text_that_is_no_cursor_of_this_list_is_refused_by_name(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        for user in [&ada, &ada, &ada, &bob, &bob] {
            add(user, json!({"title": "milk"})).await;
        }
        let next = async |user: &User, query: &str| {
            let page = user.get(&format!("/api/tasks?limit=1{query}")).await;
            page.json["next_cursor"].as_str().unwrap().to_owned()
        };
        let refused = async |query: String| {
            let answer = ada.get(&format!("/api/tasks?{query}")).await;
            assert_eq!(wrong_fields(&answer), ["cursor"], "{query}");
        };
        let own = next(&ada, "").await;
        // The size of a page may change on the way.
        assert_eq!(ada.get(&format!("/api/tasks?limit=2&cursor={own}")).await.json["items"].as_array().unwrap().len(), 2);

        refused(format!("cursor={}", next(&bob, "").await)).await;
        for query in ["sort=created_at", "sort=due_at", "sort=title", "status=open", "priority=medium", "q=milk"] {
            refused(format!("{query}&cursor={own}")).await;
            refused(format!("cursor={}", next(&ada, &format!("&{query}")).await)).await;
        }
        for text in ["1", "0", "null", "%00", "%ff", "a", &own[1..], &own[..own.len() - 2], &"0".repeat(9000)] {
            refused(format!("cursor={text}")).await;
        }
        for index in 0..own.len() {
            let digit = if &own[index..=index] == "0" { "1" } else { "0" };
            refused(format!("cursor={}{digit}{}", &own[..index], &own[index + 1..])).await;
        }
        assert_eq!(wrong_fields(&ada.get("/api/tasks?limit=0&sort=size&stauts=open").await), ["stauts"]);
        assert_eq!(wrong_fields(&ada.get("/api/tasks?limit=0&sort=size&status=x").await), ["status", "sort", "limit"]);
    }
}

on_both_engines! {
    async fn any_query_is_answered_or_refused_and_never_fails(app: TestApp) {
        let names = vec!["q", "cursor", "sort", "status", "due_before", "due_after", "limit", "priority", "x"];
        let case = prop::collection::vec((select(names), any::<String>()), 1..4);
        holds(&app, 60, case, async |user: User, query: Vec<(&str, String)>| {
            add(&user, json!({"title": "a"})).await;
            let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let answer = user.get(&format!("/api/tasks?{}", query.join("&"))).await;
            if answer.status != 200 {
                assert!(!wrong_fields(&answer).is_empty());
            }
        }).await;
    }
}
