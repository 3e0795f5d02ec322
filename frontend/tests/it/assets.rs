//! Assets: everything a page refers to exists, may be kept for ever, and is small on the wire.

use reqwest::Method;

use crate::site::Site;

#[tokio::test]
async fn pages_refer_to_assets_that_may_be_kept_for_ever() {
    let site = Site::start().await;
    let mut ada = site.browser();
    let page = ada.get("/login").await;
    let addresses: Vec<&str> = page.body.split(['"', ' ']).filter(|text| text.starts_with("/assets/")).collect();
    assert_eq!(addresses.len(), 4, "{addresses:?}");
    for address in addresses {
        let asset = ada.get(address).await;
        assert_eq!(asset.status, 200, "{address}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        let wanted = match address.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(asset.header("content-type"), wanted, "{address}");
        assert!(asset.set_cookies().is_empty());
    }
}

#[tokio::test]
async fn a_name_with_another_hash_does_not_exist() {
    let site = Site::start().await;
    for name in ["app-0000000000000000.css", "app.css", "vendor/htmx.min.js", "..%2fCargo.toml", "missing"] {
        let page = site.browser().get(&format!("/assets/{name}")).await;
        assert_eq!((page.status, page.header("cache-control")), (404, "no-store"), "{name}");
    }
}

#[tokio::test]
async fn texts_are_compressed_for_whoever_accepts_it() {
    let site = Site::start().await;
    let mut ada = site.browser();
    let script = frontend::assets::url("vendor/htmx.min.js");
    let request = ada.request(Method::GET, script).header("accept-encoding", "gzip");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let compressed = answer.bytes().await.expect("a body").len();
    let plain = ada.get(script).await.body.len();
    assert!(compressed * 2 < plain, "{compressed} of {plain} bytes");
}
