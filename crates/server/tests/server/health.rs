//! Health, readiness, metrics.

use std::collections::BTreeMap;

use crate::client::request;
use crate::stage::{Stage, token};

#[tokio::test]
async fn a_server_is_ready_while_a_worker_lives() {
    let stage = Stage::start("").await;
    assert_eq!(stage.get("/healthz").await.status, 200);
    assert_eq!(stage.get("/readyz").await.json()["workersAlive"], 1);
    stage.server.workers()[0].stop().await;
    let unready = async {
        while stage.get("/readyz").await.status != 503 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), unready).await.expect("not ready any more");
    assert_eq!(stage.get("/healthz").await.status, 200, "it lives");
    let refused = stage.operate("POST", "/api/v1/rooms", Some(r#"{"name": "r"}"#)).await;
    assert_eq!((refused.status, refused.reason().as_str()), (503, "noWorker"));
    stage.server.stop().await;
}

#[tokio::test]
async fn a_dead_worker_closes_its_rooms_alone() {
    let stage = Stage::start("workers: 2\n").await;
    for name in ["a", "b"] {
        let body = format!(r#"{{"name": "{name}"}}"#);
        stage.operate("POST", "/api/v1/rooms", Some(&body)).await;
    }
    let worker = stage.operate("GET", "/api/v1/rooms/a", None).await.json()["worker"].clone();
    stage.server.workers()[worker.as_u64().expect("an index") as usize].stop().await;
    let closed = async {
        while stage.operate("GET", "/api/v1/rooms/a", None).await.status != 404 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), closed).await.expect("the room ends");
    assert_eq!(stage.operate("GET", "/api/v1/rooms/b", None).await.status, 200);
    assert_eq!(stage.get("/readyz").await.status, 200);
    stage.server.stop().await;
}

#[tokio::test]
async fn metrics_tell_what_there_is() {
    let stage = Stage::start("").await;
    stage.operate("POST", "/api/v1/rooms", Some(r#"{"name": "r"}"#)).await;
    let text = stage.get("/metrics").await.body;
    let samples: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.rsplit_once(' ')).collect();
    assert_eq!(samples.get("motet_rooms"), Some(&"1"));
    assert_eq!(samples.get("motet_workers_alive"), Some(&"1"));
    assert_eq!(samples.get(r#"motet_worker_routers{worker="0"}"#), Some(&"1"));
    assert!(samples.contains_key(r#"motet_worker_received_packets_total{worker="0"}"#));
    assert!(samples.contains_key(r#"motet_worker_busy_seconds_total{worker="0"}"#));
    assert!(samples.contains_key("process_resident_memory_bytes"));
    assert!(samples.keys().any(|name| name.starts_with("motet_build_info{version=")));
    assert!(text.ends_with("# EOF\n"));
    stage.server.stop().await;
}

#[tokio::test]
async fn metrics_may_be_for_operators_or_off() {
    let stage = Stage::start("metrics: admin\n").await;
    assert_eq!(stage.get("/metrics").await.status, 401);
    assert_eq!(stage.ask(&token("r", true), "GET", "/metrics", None).await.status, 403);
    assert_eq!(stage.operate("GET", "/metrics", None).await.status, 200);
    stage.server.stop().await;
    let stage = Stage::start("metrics: 'off'\n").await;
    assert_eq!(stage.operate("GET", "/metrics", None).await.status, 404);
    stage.server.stop().await;
}

#[tokio::test]
async fn a_slow_or_broken_request_does_not_disturb_others() {
    use tokio::io::AsyncWriteExt;
    let stage = Stage::start("").await;
    let mut slow = tokio::net::TcpStream::connect(stage.address()).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").await.unwrap();
    let mut broken = tokio::net::TcpStream::connect(stage.address()).await.unwrap();
    broken.write_all(&[0xff; 1_000]).await.unwrap();
    let long = format!("X-Long: {}", "x".repeat(1 << 20));
    assert_eq!(request(stage.address(), "GET", "/healthz", &[&long], None).await.status, 431);
    assert_eq!(stage.get("/healthz").await.status, 200);
    stage.server.stop().await;
}
