//! Whose datagram is it?

mod fake;

use std::time::{Duration, Instant};

use fake::{
    check, create_transport, deliver, done, dropped, ice, is_success, notifications, signed_check, stats,
    tcp, udp, worker,
};
use motet_control::{IceState, Notification, Request, RouterId, TransportId, TransportTuple};
use motet_ice::Tuple;

fn ice_states(news: &[Notification]) -> Vec<(u64, IceState, Option<TransportTuple>)> {
    let read = |notification: &Notification| match notification {
        Notification::TransportIce { transport_id, state, tuple } => Some((transport_id.0, *state, *tuple)),
        _ => None,
    };
    news.iter().filter_map(read).collect()
}

#[test]
fn a_check_finds_its_transport_by_the_fragment_it_names_in_whichever_router() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, create_transport(2, 20, "bbbb"));
    let now = Instant::now();
    let answers = deliver(&mut worker, now, udp(4000), &check("bbbb"));
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].0, udp(4000));
    assert!(is_success(&answers[0].1));
    let states = ice_states(&notifications(&mut worker));
    let (id, state, tuple) = states.last().unwrap();
    assert_eq!((*id, *state), (20, IceState::Connected));
    let tuple = tuple.unwrap();
    assert_eq!((tuple.local, tuple.remote), (([10, 0, 0, 1], 0).into(), udp(4000).remote));
}

#[test]
fn a_tuple_that_a_check_has_opened_leads_to_its_transport() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    let now = Instant::now();
    deliver(&mut worker, now, udp(4000), &check("aaaa"));
    // Media without keys is the transport's to refuse: it was found.
    deliver(&mut worker, now, udp(4000), &[0x80; 40]);
    assert_eq!(dropped(&mut worker, "unknown_tuple"), 0);
}

#[test]
fn a_tuple_goes_over_to_the_transport_that_a_later_check_names() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, create_transport(1, 11, "bbbb"));
    done(&mut worker, create_transport(2, 20, "cccc"));
    let now = Instant::now();
    // Each with the one that it takes the tuple from.
    for (ufrag, loser) in [("aaaa", None), ("bbbb", Some(10)), ("cccc", Some(11)), ("aaaa", Some(20))] {
        let answers = deliver(&mut worker, now, udp(4000), &check(ufrag));
        assert!(is_success(&answers[0].1), "{ufrag}");
        let states = ice_states(&notifications(&mut worker));
        let lost = states.iter().find(|(_, state, _)| *state == IceState::Disconnected);
        assert_eq!(lost.map(|(id, ..)| *id), loser, "{ufrag}");
    }
    // Whoever lost it leaves it alone when it ends.
    done(&mut worker, Request::CloseTransport { transport_id: TransportId(11) });
    done(&mut worker, Request::CloseTransport { transport_id: TransportId(20) });
    deliver(&mut worker, now, udp(4000), &[0x80; 40]);
    assert_eq!(dropped(&mut worker, "unknown_tuple"), 0);
}

#[test]
fn a_check_with_a_wrong_password_takes_no_tuple_over() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, create_transport(1, 11, "bbbb"));
    let now = Instant::now();
    deliver(&mut worker, now, udp(4000), &check("aaaa"));
    notifications(&mut worker);
    deliver(&mut worker, now, udp(4000), &signed_check("bbbb", "some-other-password-of-22"));
    assert_eq!(ice_states(&notifications(&mut worker)), []);
    done(&mut worker, Request::CloseTransport { transport_id: TransportId(11) });
    deliver(&mut worker, now, udp(4000), &[0x80; 40]);
    assert_eq!(dropped(&mut worker, "unknown_tuple"), 0);
}

#[test]
fn strangers_are_dropped_and_counted_by_what_they_are() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    let now = Instant::now();
    let datagrams: [(&[u8], &str); 4] = [
        (&[0x80; 40], "unknown_tuple"),
        (&[22, 254, 253, 0], "unknown_tuple"),
        (&[], "empty_datagram"),
        (&check("nope"), "unknown_ufrag"),
    ];
    for (datagram, reason) in datagrams {
        let before = dropped(&mut worker, reason);
        assert_eq!(deliver(&mut worker, now, udp(1), datagram), []);
        assert_eq!(dropped(&mut worker, reason), before + 1, "{reason}");
    }
}

#[test]
fn a_check_signed_with_the_wrong_password_opens_no_tuple() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    let now = Instant::now();
    let answers = deliver(&mut worker, now, udp(1), &signed_check("aaaa", "some-other-password-of-22"));
    assert!(!answers.iter().any(|(_, answer)| is_success(answer)));
    deliver(&mut worker, now, udp(1), &[0x80; 40]);
    assert_eq!(dropped(&mut worker, "unknown_tuple"), 1);
}

#[test]
fn after_a_restart_both_fragments_lead_to_the_transport() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    let now = Instant::now();
    deliver(&mut worker, now, udp(1), &check("aaaa"));
    done(&mut worker, Request::RestartIce { transport_id: TransportId(10), ice: ice("cccc") });
    for (port, ufrag) in [(2, "aaaa"), (3, "cccc")] {
        let answers = deliver(&mut worker, now, udp(port), &check(ufrag));
        assert!(answers.iter().any(|(_, answer)| is_success(answer)), "{ufrag}");
    }
}

#[test]
fn a_closed_transport_leaves_no_route() {
    for closing in [
        Request::CloseTransport { transport_id: TransportId(10) },
        Request::CloseRouter { router_id: RouterId(1) },
    ] {
        let mut worker = worker();
        done(&mut worker, create_transport(1, 10, "aaaa"));
        let now = Instant::now();
        deliver(&mut worker, now, udp(1), &check("aaaa"));
        done(&mut worker, closing);
        deliver(&mut worker, now, udp(1), &[0x80; 40]);
        deliver(&mut worker, now, udp(1), &check("aaaa"));
        assert_eq!(dropped(&mut worker, "unknown_tuple"), 1);
        assert_eq!(dropped(&mut worker, "unknown_ufrag"), 1);
        // The fragment and the id are free again, and a router may take the place of a closed one.
        done(&mut worker, create_transport(2, 10, "aaaa"));
        let answers = deliver(&mut worker, now, udp(1), &check("aaaa"));
        assert!(is_success(&answers[0].1));
    }
}

#[test]
fn a_tcp_connection_is_kept_once_a_check_on_it_was_verified() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    deliver(&mut worker, Instant::now(), tcp(1), &signed_check("aaaa", "some-other-password-of-22"));
    assert!(worker.sockets().kept.is_empty());
    deliver(&mut worker, Instant::now(), tcp(1), &check("aaaa"));
    assert_eq!(worker.sockets().kept, [tcp(1)]);
    assert!(worker.sockets().closed.is_empty());
}

#[test]
fn a_tcp_connection_that_brings_strangers_frames_is_closed_once() {
    let mut worker = worker();
    for _ in 0..100 {
        worker.sockets().coming.push_back((tcp(1), vec![0x80; 40]));
    }
    worker.turn(Instant::now());
    assert_eq!(worker.sockets().closed, [tcp(1)]);
    assert_eq!(dropped(&mut worker, "unknown_tuple"), 100);
}

#[test]
fn a_transport_learns_that_its_tcp_connection_ended() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    let now = Instant::now();
    deliver(&mut worker, now, tcp(1), &check("aaaa"));
    notifications(&mut worker);
    worker.sockets().ended.extend([tcp(1), tcp(2)]);
    worker.turn(now);
    let states = ice_states(&notifications(&mut worker));
    assert_eq!(states.last(), Some(&(10, IceState::Disconnected, None)));
    deliver(&mut worker, now, tcp(1), &[0x80; 40]);
    assert_eq!(dropped(&mut worker, "unknown_tuple"), 1);
}

#[test]
fn a_closed_transports_tcp_connection_is_closed_with_it() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    deliver(&mut worker, Instant::now(), tcp(1), &check("aaaa"));
    done(&mut worker, Request::CloseTransport { transport_id: TransportId(10) });
    worker.turn(Instant::now());
    assert_eq!(worker.sockets().closed, [tcp(1)]);
}

#[test]
fn a_silent_peer_loses_its_tuple_when_consent_runs_out() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    let start = Instant::now();
    deliver(&mut worker, start, udp(1), &check("aaaa"));
    let mut now = start;
    while let Some(due) = worker.poll_timeout().filter(|due| *due < start + Duration::from_secs(60)) {
        assert!(due > now || worker.poll_timeout().is_some(), "time moves");
        now = due.max(now);
        worker.turn(now);
    }
    let states = ice_states(&notifications(&mut worker));
    assert_eq!(states.last().map(|(_, state, _)| *state), Some(IceState::Disconnected));
    deliver(&mut worker, now, udp(1), &[0x80; 40]);
    assert_eq!(dropped(&mut worker, "unknown_tuple"), 1);
}

#[test]
fn one_turn_takes_only_so_many_datagrams() {
    let mut worker = worker();
    let flood = |count: u16| (0..count).map(|port| (udp(port), vec![0x80; 40])).collect::<Vec<(Tuple, _)>>();
    worker.sockets().coming.extend(flood(1000));
    assert!(worker.turn(Instant::now()), "more is left");
    let left = worker.sockets().coming.len();
    assert!((1..1000).contains(&left), "{left}");
    while worker.turn(Instant::now()) {}
    assert_eq!(stats(&mut worker).drops.iter().map(|(_, count)| count).sum::<u64>(), 1005);
}
