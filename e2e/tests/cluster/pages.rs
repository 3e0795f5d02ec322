//! The pages at the node port, as somebody with a browser gets them.

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};

use crate::release::{client, newcomer, node_address, todo};
use crate::tools::objects;

/// Where the pages are outside of the cluster.
fn pages() -> String {
    let release = todo();
    let selector = format!("{},app.kubernetes.io/component=frontend", release.selector());
    let services = objects(&release.namespace, &["services", "--selector", &selector]);
    format!("http://{}:{}", node_address(), services[0]["spec"]["ports"][0]["nodePort"])
}

#[tokio::test]
async fn a_newcomer_signs_up_and_adds_a_task_at_the_node_port() {
    let address = pages();

    let signed_up = client().post(format!("{address}/signup")).form(&newcomer()).send().await.expect("an answer");
    assert_eq!(signed_up.status(), 303, "{:?}", signed_up.text().await);
    let cookies: Vec<&str> = signed_up
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .collect();
    let cookies = cookies.join("; ");

    let added = client()
        .post(format!("{address}/tasks"))
        .header(COOKIE, &cookies)
        .form(&[("title", "water the plants of node one")])
        .send()
        .await
        .expect("an answer");
    assert_eq!(added.status(), 303);

    let board = client().get(format!("{address}/tasks")).header(COOKIE, &cookies).send().await.expect("an answer");
    assert_eq!(board.status(), 200);
    assert!(board.text().await.expect("a page").contains("water the plants of node one"));
}

#[tokio::test]
async fn the_first_page_leads_to_the_log_in_and_its_style_sheet_is_served() {
    let address = pages();
    let first = client().get(format!("{address}/tasks")).send().await.expect("an answer");
    assert_eq!(first.status(), 303);
    let login = first.headers()[LOCATION].to_str().expect("a path").to_owned();
    assert!(login.starts_with("/login"), "{login}");

    let page = client().get(format!("{address}{login}")).send().await.expect("an answer").text().await.expect("a page");
    let style =
        page.split('"').find(|part| part.starts_with("/assets/") && part.contains(".css")).expect("a style sheet");
    let style = client().get(format!("{address}{style}")).send().await.expect("an answer");
    assert_eq!(style.status(), 200);
    assert!(style.headers()[CONTENT_TYPE].to_str().expect("a text").starts_with("text/css"));
}
