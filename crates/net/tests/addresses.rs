//! Where an endpoint listens.

mod drive;

use std::net::{TcpListener, UdpSocket};

use drive::endpoint;
use motet_control::CandidateProtocol;
use motet_net::{BindError, Endpoint, EndpointSettings};

fn settings(ips: &[&str], port: u16) -> EndpointSettings {
    let ips = ips.iter().map(|ip| ip.parse().unwrap()).collect();
    EndpointSettings { ips, port, ..EndpointSettings::default() }
}

#[test]
fn port_zero_takes_one_port_for_udp_and_tcp_on_all_addresses() {
    let endpoint = endpoint(&["127.0.0.1", "127.0.0.2", "::1"]);
    assert_ne!(endpoint.port(), 0);
    assert!(endpoint.has_tcp());
    for addr in endpoint.listen_addrs() {
        assert_eq!(addr.port(), endpoint.port());
        assert!(UdpSocket::bind(addr).is_err(), "UDP {addr} is taken");
        assert!(TcpListener::bind(addr).is_err(), "TCP {addr} is taken");
    }
}

#[test]
fn a_dropped_endpoint_leaves_its_ports_free() {
    let first = endpoint(&["127.0.0.1", "::1"]);
    let port = first.port();
    drop(first);
    let second = Endpoint::bind(&settings(&["127.0.0.1", "::1"], port)).unwrap();
    assert_eq!(second.port(), port);
}

#[test]
fn a_taken_port_is_named_with_its_protocol_and_address() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = udp.local_addr().unwrap();
    let Err(error) = Endpoint::bind(&settings(&["127.0.0.1"], addr.port())) else { panic!("taken") };
    assert!(matches!(
        error,
        BindError::CannotListen { protocol: CandidateProtocol::Udp, addr: named, .. } if named == addr
    ));
    assert!(error.to_string().contains(&addr.to_string()), "{error}");
    drop(udp);
    let _tcp = TcpListener::bind(addr).unwrap();
    let Err(error) = Endpoint::bind(&settings(&["127.0.0.1"], addr.port())) else { panic!("taken") };
    assert!(matches!(error, BindError::CannotListen { protocol: CandidateProtocol::Tcp, .. }));
}

#[test]
fn an_address_of_another_machine_is_refused() {
    assert!(matches!(Endpoint::bind(&settings(&["192.0.2.1"], 0)), Err(BindError::CannotListen { .. })));
}

#[test]
fn no_address_or_one_twice_is_refused() {
    assert!(matches!(Endpoint::bind(&settings(&[], 0)), Err(BindError::BadAddresses)));
    assert!(matches!(
        Endpoint::bind(&settings(&["::1", "127.0.0.1", "::1"], 0)),
        Err(BindError::BadAddresses)
    ));
}

#[test]
fn without_tcp_only_udp_is_taken() {
    let endpoint = Endpoint::bind(&EndpointSettings { tcp: false, ..settings(&["127.0.0.1"], 0) }).unwrap();
    assert!(!endpoint.has_tcp());
    assert!(TcpListener::bind(endpoint.listen_addrs()[0]).is_ok());
}
