//! The web app as it is served.

use crate::client::request;
use crate::stage::Stage;

#[tokio::test]
async fn the_app_comes_with_its_kind_a_tag_and_safe_headers() {
    let stage = Stage::start("").await;
    let page = stage.get("/?room=r&name=n&join=1").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'self'"));
    let script = stage.get("/sdk/index.js").await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    let tag = format!("If-None-Match: {}", page.header("etag").expect("a tag"));
    let again = request(stage.address(), "GET", "/", &[&tag], None).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let head = request(stage.address(), "HEAD", "/", &[], None).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    stage.server.stop().await;
}

#[tokio::test]
async fn nothing_else_is_served() {
    let stage = Stage::start("").await;
    for path in [
        "/../Cargo.toml",
        "/package.json",
        "/node_modules/typescript/package.json",
        "/.git/config",
        "/nothing.js",
    ] {
        assert_eq!(stage.get(path).await.status, 404, "{path}");
    }
    assert_eq!(request(stage.address(), "POST", "/", &[], None).await.status, 405);
    stage.server.stop().await;
}

#[tokio::test]
async fn a_configured_folder_is_read_anew_each_time() {
    let folder = std::env::temp_dir().join(format!("motet-web-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index.html"), "one").unwrap();
    std::fs::write(folder.join("secret.txt"), "no").unwrap();
    let stage = Stage::start(&format!("web: {}\n", folder.display())).await;
    assert_eq!(stage.get("/").await.body, "one");
    std::fs::write(folder.join("index.html"), "two").unwrap();
    let again = stage.get("/").await;
    assert_eq!((again.body.as_str(), again.header("cache-control")), ("two", Some("no-store")));
    assert_eq!(stage.get("/secret.txt").await.status, 404);
    stage.server.stop().await;
}
