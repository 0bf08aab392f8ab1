//! A graceful stop.

use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use crate::stage::{Stage, config};
use motet_server::{Server, StartError};

#[tokio::test]
async fn every_port_is_free_after_a_stop_within_a_few_seconds() {
    let stage = Stage::start("workers: 2\n").await;
    let http = stage.address();
    let media = stage.server.media_ports();
    assert_eq!(media.len(), 2);
    let since = Instant::now();
    stage.server.stop().await;
    assert!(since.elapsed() < Duration::from_secs(5));
    TcpListener::bind(http).expect("the port of HTTP is free");
    for port in media {
        UdpSocket::bind(("127.0.0.1", port)).expect("the UDP port is free");
        TcpListener::bind(("127.0.0.1", port)).expect("the TCP port is free");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let stage = Stage::start("").await;
    let taken = format!("dev: true\nlisten: {}\n", stage.address());
    let text = config("dev: true\n");
    let Err(error) = Server::start(motet_server::config::Config { listen: stage.address(), ..text }).await
    else {
        panic!("{taken}: two servers on one port");
    };
    assert!(matches!(error, StartError::Listen { address, .. } if address == stage.address()));
    stage.server.stop().await;
}

#[tokio::test]
async fn a_taken_media_port_is_named_and_leaves_http_free() {
    let stage = Stage::start("").await;
    let port = stage.server.media_ports()[0];
    let config = motet_server::config::Config { rtc_port: port, ..config("dev: true\n") };
    let Err(error) = Server::start(config).await else { panic!("two workers on one port") };
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    stage.server.stop().await;
}
