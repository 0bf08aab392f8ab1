//! Whatever comes, the agent neither panics, nor grows, nor believes it.

mod peer;

use std::time::Instant;

use motet_ice::{Event, peek_check};
use peer::{CheckWriter, agent, answer, check, seconds, udp};
use proptest::prelude::*;

/// Datagrams that get past ever more of the checks: noise, noise behind a STUN header, and a check with bytes changed.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    let headed =
        (0_u8..2, any::<u8>(), prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(class, low, body)| {
            let mut datagram = vec![class, low];
            datagram.extend_from_slice(&((body.len() / 4 * 4) as u16).to_be_bytes());
            datagram.extend_from_slice(&0x2112_a442_u32.to_be_bytes());
            datagram.extend_from_slice(&[9; 12]);
            datagram.extend_from_slice(&body[..body.len() / 4 * 4]);
            datagram
        });
    let changed = prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4).prop_map(|changes| {
        let mut datagram = CheckWriter::new().priority(1).nominating().write();
        for (at, by) in changes {
            let at = at.index(datagram.len());
            datagram[at] ^= by;
        }
        datagram
    });
    prop_oneof![noise, headed, changed]
}

proptest! {
    #[test]
    fn nothing_forged_validates_a_tuple(datagrams in prop::collection::vec(datagram(), 1..20)) {
        let (mut agent, start) = (agent(), Instant::now());
        let genuine = CheckWriter::new().priority(1).nominating().write();
        for (index, datagram) in datagrams.iter().enumerate() {
            let _ = peek_check(datagram);
            let judged = agent.handle_datagram(start + seconds(index as u64), udp(1), datagram);
            // Two changes may undo each other.
            prop_assert!(judged.is_err() || *datagram == genuine);
            let mut out = Vec::new();
            while agent.poll_transmit(&mut out).is_some() {
                prop_assert!(out.len() <= datagram.len());
            }
        }
    }

    #[test]
    fn attributes_of_any_kind_and_shape_do_no_harm(
        attributes in prop::collection::vec((any::<u16>(), prop::collection::vec(any::<u8>(), 0..40)), 0..20)
    ) {
        let mut agent = agent();
        // The writer takes these three by functions of their own.
        let attributes = attributes.into_iter().filter(|(kind, _)| ![0x0008, 0x001c, 0x8028].contains(kind));
        let check = CheckWriter { attributes: attributes.collect(), ..CheckWriter::new() }.write();
        let accepted = agent.handle_datagram(Instant::now(), udp(1), &check).is_ok();
        prop_assert_eq!(agent.is_validated(&udp(1)), accepted);
        if let Some(answered) = answer(&mut agent) {
            prop_assert_eq!(accepted, answered.code == 0);
        }
    }

    #[test]
    fn tuples_stay_bounded_and_the_selected_one_is_valid(
        steps in prop::collection::vec((0_u16..40, any::<bool>(), any::<bool>(), 0_u64..20), 1..200)
    ) {
        let (mut agent, mut now) = (agent(), Instant::now());
        let mut valid = std::collections::HashSet::new();
        for (port, is_udp, nominates, wait) in steps {
            now += seconds(wait);
            agent.handle_timeout(now);
            let tuple = if is_udp { udp(port) } else { peer::tcp(port) };
            let datagram = if nominates { peer::nomination() } else { check() };
            agent.handle_datagram(now, tuple, &datagram).unwrap();
            while let Some(event) = agent.poll_event() {
                match event {
                    Event::Validated(tuple) => prop_assert!(valid.insert(tuple)),
                    Event::Removed(tuple) => prop_assert!(valid.remove(&tuple)),
                    Event::Selected(tuple) => prop_assert!(valid.contains(&tuple)),
                    Event::Disconnected => prop_assert!(valid.is_empty()),
                    Event::CredentialsRetired(_) => prop_assert!(false),
                }
            }
            prop_assert!(valid.len() <= 16);
            prop_assert!(valid.iter().all(|tuple| agent.is_validated(tuple)));
            prop_assert!(agent.selected().is_some_and(|tuple| valid.contains(&tuple)));
        }
    }
}
