//! coturn as the oracle: the same requests go to both servers, and what they answer is compared field by field. Where they differ,
//! the difference is known and has its reason, or else the test fails; so it does where a known difference is gone.

mod ask;
mod differences;
mod judge;
mod pipe;
mod scripts;
mod servers;
mod talk;
mod wire;

use std::net::SocketAddr;
use std::thread::ScopedJoinHandle;
use std::time::Instant;

use differences::{DIFFERENCES, Difference};
use judge::{Compared, Place, judge};
use scripts::Script;
use servers::{Coturn, Users};
use talk::Talk;

#[test]
fn coturn_and_motet_answer_alike_but_for_known_differences() {
    let compared = [compare(Users::Lasting), compare(Users::TimeLimited)].concat();
    let found: Vec<Place<'_>> = compared.iter().flat_map(Compared::places).collect();
    let complaints = judge(&found, DIFFERENCES);
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Holds every script with both servers at once.
fn compare(users: Users) -> Vec<Compared> {
    let (coturn, motet) = (Coturn::start(users), servers::motet(users));
    wait_for_users(coturn.addr, users);
    // Talks live on to the end, so that their sockets' ports are given to nobody else.
    let (coturn, motet) = std::thread::scope(|scope| {
        let hold_all = |server: SocketAddr| -> Vec<_> {
            scripts::of(users).map(|script| scope.spawn(move || hold(script, server))).collect()
        };
        let (coturn, motet) = (hold_all(coturn.addr), hold_all(motet.listen_addrs()[0]));
        let all = |talks: Vec<ScopedJoinHandle<'_, Talk>>| -> Vec<Talk> {
            talks.into_iter().map(|talk| talk.join().expect("a script runs to its end")).collect()
        };
        (all(coturn), all(motet))
    });
    scripts::of(users)
        .zip(coturn.into_iter().zip(motet))
        .map(|(script, (coturn, motet))| Compared {
            script: script.name,
            coturn: coturn.seen,
            motet: motet.seen,
        })
        .collect()
}

/// coturn answers Binding before it can read its database, and knows nobody until then.
fn wait_for_users(server: SocketAddr, users: Users) {
    let begun = Instant::now();
    loop {
        let mut talk = Talk::with(server);
        talk.ask("allocate", ask::allocate().by(users.somebody()));
        if talk.seen.iter().all(|(_, seen)| seen[talk::OUTCOME] == "success") {
            return;
        }
        assert!(begun.elapsed() < servers::PATIENCE, "coturn does not know its users: {:?}", talk.seen);
    }
}

fn hold(script: &Script, server: SocketAddr) -> Talk {
    let mut talk = Talk::with(server);
    (script.run)(&mut talk);
    talk
}

#[test]
fn a_difference_that_nobody_explained_and_an_explanation_of_none_are_complaints() {
    const EXPLAINED: Place<'_> = Place { script: "a", step: "b", field: "c", coturn: "1", motet: "2" };
    const EVERYWHERE: Place<'_> = Place { script: judge::ANY, step: judge::ANY, ..EXPLAINED };
    const OTHER: Place<'_> = Place { motet: "3", ..EXPLAINED };
    let known = |places| [Difference { what: "", coturn: "", motet: "", why: "", places }];
    assert!(judge(&[EXPLAINED], &known(&[EXPLAINED])).is_empty());
    assert!(judge(&[EXPLAINED], &known(&[EVERYWHERE])).is_empty());
    assert_eq!(judge(&[EXPLAINED], &[]).len(), 1);
    assert_eq!(judge(&[], &known(&[EVERYWHERE])).len(), 1);
    assert_eq!(judge(&[OTHER], &known(&[EVERYWHERE])).len(), 2);
}

/// `docs/turn.md` has exactly these rows in its table of differences.
#[test]
fn the_page_for_those_who_come_from_coturn_tells_every_difference_and_no_other() {
    let page = include_str!("../../../../docs/turn.md");
    let (_, section) = page.split_once("## Differences").expect("the section");
    let section = section.split("\n## ").next().unwrap();
    let told: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let known: Vec<String> = DIFFERENCES
        .iter()
        .map(|known| format!("| {} | {} | {} | {} |", known.what, known.coturn, known.motet, known.why))
        .collect();
    assert_eq!(told, known, "docs/turn.md");
}
