//! A server of the test's own, on free loopback ports.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use motet_server::Server;
use motet_server::access::{NewToken, mint};
use motet_server::config::{AccessKey, Config, KeyAlgorithm};

use crate::client::{Answer, request};

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(crate) struct Stage {
    pub(crate) server: Server,
}

impl Stage {
    /// With a key of its own, as in production.
    pub(crate) async fn start(more: &str) -> Self {
        let keys = format!("keys: [{{id: k, algorithm: HS256, secret: {SECRET}}}]\n");
        Self::start_with(&format!("{keys}{more}")).await
    }

    pub(crate) async fn start_dev() -> Self {
        Self::start_with("dev: true\n").await
    }

    pub(crate) async fn start_with(text: &str) -> Self {
        Self { server: Server::start(config(text)).await.expect("a server") }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        request(self.address(), "GET", path, &[], None).await
    }

    /// As the operator of all rooms.
    pub(crate) async fn operate(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        self.ask(&token("*", true), method, path, body).await
    }

    pub(crate) async fn ask(&self, token: &str, method: &str, path: &str, body: Option<&str>) -> Answer {
        let bearer = format!("Authorization: Bearer {token}");
        request(self.address(), method, path, &[&bearer], body).await
    }
}

pub(crate) fn config(text: &str) -> Config {
    let workers = if text.contains("workers:") { "" } else { "workers: 1\n" };
    let fixed = format!("listen: 127.0.0.1:0\nrtc_port: 0\nrtc_ip: [127.0.0.1]\nturn_port: 0\n{workers}");
    Config::from_text(Path::new("test.yaml"), &format!("{fixed}{text}")).expect("a good configuration")
}

pub(crate) fn token(room: &str, admin: bool) -> String {
    token_of_an_hour_ago(room, admin, Duration::from_secs(2 * 3_600))
}

pub(crate) fn expired_token(room: &str, admin: bool) -> String {
    token_of_an_hour_ago(room, admin, Duration::from_secs(60))
}

fn token_of_an_hour_ago(room: &str, admin: bool, expires_in: Duration) -> String {
    let key =
        AccessKey { id: "k".into(), algorithm: KeyAlgorithm::Hs256, material: SECRET.as_bytes().to_vec() };
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3_600);
    let now = an_hour_ago.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let new = NewToken {
        room: room.into(),
        name: None,
        identity: None,
        publish: true,
        subscribe: true,
        admin,
        now_unix_s: now,
        expires_in,
    };
    mint(&key, None, new).expect("a token")
}
