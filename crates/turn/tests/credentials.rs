//! Who is let in (RFC 8489 section 9.2): nonces, both hashes, time-limited credentials, rotation.

mod world;

use std::time::Duration;

use motet_turn::{DropReason, Secret, Settings, SettingsError, Shared, credentials};
use world::message::{Integrity, Message};
use world::{
    Client, REALM, SECRET, UNIX_S, World, addr, attribute, method, settings, settings_with, shared, udp,
};

fn client() -> Client {
    Client::anna(udp("198.51.100.1:4000"))
}

/// The code of an allocation's answer.
fn try_allocate(world: &mut World, client: &mut Client) -> u16 {
    let request = client.allocate_request();
    client.ask(world, request).code()
}

#[test]
fn strangers_are_told_realm_nonce_and_algorithms_and_no_more() {
    let mut world = World::new(settings());
    let request = client().allocate_request();
    world.give(client().socket, &request.0);
    let answer = world.answer();
    let [code, realm, nonce, algorithms] =
        [attribute::ERROR_CODE, attribute::REALM, attribute::NONCE, attribute::PASSWORD_ALGORITHMS];
    assert_eq!(answer.kinds(), [code, realm, nonce, algorithms]);
    assert_eq!(answer.get(realm), Some(REALM.as_bytes()));
    assert!(answer.get(nonce).unwrap().starts_with(b"obMatJos2AAAB"), "algorithms, no anonymity");
    assert_eq!(answer.get(algorithms), Some(&[0, 2, 0, 0, 0, 1, 0, 0][..]));
}

#[test]
fn both_hashes_let_in_and_the_answer_is_signed_alike() {
    for integrity in [Integrity::Sha1, Integrity::Sha256] {
        for mut client in [client(), Client::participant(udp("198.51.100.1:4000"), "p1")] {
            let mut world = World::new(settings());
            client.integrity = integrity;
            let relayed = client.allocate(&mut world);
            assert_eq!(client.permit(&mut world, &[addr("9.9.9.9:1")]), 0);
            assert!(client.send(&mut world, addr("9.9.9.9:1"), b"x").is_some(), "{relayed}");
        }
    }
}

#[test]
fn one_client_may_change_the_hash_between_requests() {
    let mut world = World::new(settings());
    let mut anna = client();
    anna.allocate(&mut world);
    anna.integrity = Integrity::Sha256;
    assert_eq!(anna.refresh(&mut world, 700).lifetime_s(), Some(700));
}

#[test]
fn a_changed_offer_of_algorithms_is_refused() {
    let mut world = World::new(settings());
    let mut anna = client();
    anna.learn_nonce(&mut world);
    anna.integrity = Integrity::Sha256;
    let offers: &[&[(u16, &[u8])]] = &[
        &[(attribute::PASSWORD_ALGORITHM, &[0, 2, 0, 0])],
        &[(attribute::PASSWORD_ALGORITHMS, &[0, 2, 0, 0, 0, 1, 0, 0])],
        &[(attribute::PASSWORD_ALGORITHMS, &[0, 1, 0, 0]), (attribute::PASSWORD_ALGORITHM, &[0, 1, 0, 0])],
        &[
            (attribute::PASSWORD_ALGORITHMS, &[0, 2, 0, 0, 0, 1, 0, 0]),
            (attribute::PASSWORD_ALGORITHM, &[0, 3, 0, 0]),
        ],
    ];
    for offer in offers {
        let request = anna.allocate_request().with(attribute::USERNAME, b"anna");
        let request = request.with(attribute::REALM, REALM.as_bytes()).with(attribute::NONCE, &anna.nonce);
        let request = offer.iter().fold(request, |request, (kind, value)| request.with(*kind, value));
        world.give(anna.socket, &request.signed(Integrity::Sha256, &anna.key()).0);
        assert_eq!(world.answer().code(), 400, "{offer:x?}");
    }
}

#[test]
fn a_hash_stands_for_a_static_users_name() {
    let mut world = World::new(settings_with(|settings| settings.secrets.clear()));
    let mut anna = client();
    anna.learn_nonce(&mut world);
    assert!(anna.nonce.starts_with(b"obMatJos2AAAD"), "anonymity is offered");
    anna.is_hashed = true;
    anna.integrity = Integrity::Sha256;
    anna.allocate(&mut world);
    assert_eq!(anna.refresh(&mut world, 0).code(), 0);
    let mut nobody = Client::new(udp("198.51.100.1:4001"), "nobody", "correct horse");
    nobody.is_hashed = true;
    nobody.integrity = Integrity::Sha256;
    assert_eq!(try_allocate(&mut world, &mut nobody), 401);
}

#[test]
fn without_sha256_nothing_is_said_of_it() {
    let mut world = World::new(settings_with(|settings| settings.sha256 = false));
    let mut anna = client();
    anna.learn_nonce(&mut world);
    assert!(anna.nonce.starts_with(b"obMatJos2AAAA"));
    anna.allocate(&mut world);
}

#[test]
fn unknown_users_no_names_wrong_passwords_and_expired_ones_get_one_answer() {
    let mut world = World::new(settings());
    let socket = udp("198.51.100.1:4000");
    let strangers = [
        Client::new(socket, "nobody", "correct horse"),
        Client::new(socket, "anna", "battery staple"),
        Client::new(socket, "", "x"),
        Client::new(socket, "1790003600:p1", "x"),
        Client::with_secret(socket, "p1", SECRET, UNIX_S - 1),
        Client::with_secret(socket, "p1", b"another secret", UNIX_S + 60),
    ];
    let mut answers = Vec::new();
    for mut stranger in strangers {
        stranger.transaction = 1;
        stranger.learn_nonce(&mut world);
        let request = Message::request(method::ALLOCATE, 77).with(attribute::TRANSPORT, &[17, 0, 0, 0]);
        answers.push(stranger.ask(&mut world, request).bytes);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(world.server.counters().dropped(DropReason::WrongCredentials), 6);
}

#[test]
fn credentials_are_what_other_servers_and_clients_make_of_the_same_secret() {
    // printf '1433895918:filippo' | openssl dgst -sha1 -hmac foobar -binary | base64
    let made = credentials::make(&Secret::new(*b"foobar"), 1_433_895_918, "filippo");
    assert_eq!(made.username, "1433895918:filippo");
    assert_eq!(*made.password, "hDPlnGx4bGyyI/PlD27h6cX3J4o=");
    assert!(!format!("{made:?} {:?}", Secret::new(*b"foobar")).contains("foobar"));
}

#[test]
fn time_limited_credentials_let_in_until_their_moment() {
    for (expiry, code) in [(UNIX_S, 0), (UNIX_S - 1, 401)] {
        let mut world = World::new(settings());
        let mut client = Client::with_secret(udp("198.51.100.1:4000"), "p1", SECRET, expiry);
        assert_eq!(try_allocate(&mut world, &mut client), code);
    }
}

#[test]
fn a_call_outlives_its_credentials_for_a_day() {
    let mut world = World::new(settings());
    let mut client = Client::with_secret(udp("198.51.100.1:4000"), "p1", SECRET, UNIX_S + 60);
    client.allocate(&mut world);
    let hours = |world: &mut World, client: &mut Client, count: u32| {
        for _ in 0..count * 2 {
            assert_eq!(client.refresh(world, 3600).code(), 0);
            world.advance(Duration::from_secs(1800));
            client.nonce.clear();
        }
    };
    hours(&mut world, &mut client, 24);
    world.advance(Duration::from_secs(120));
    assert_eq!(client.refresh(&mut world, 3600).code(), 401);
}

#[test]
fn secrets_rotate_without_dropping_a_call() {
    let mut world = World::new(settings());
    let mut before = Client::participant(udp("198.51.100.1:4000"), "p1");
    before.allocate(&mut world);
    let secrets = [Secret::new(*b"the next"), Secret::new(SECRET)];
    world.shared.set_secrets(&secrets).unwrap();
    let mut after = Client::with_secret(udp("198.51.100.1:4001"), "p2", b"the next", UNIX_S + 60);
    after.allocate(&mut world);
    let mut late = Client::participant(udp("198.51.100.1:4002"), "p3");
    late.allocate(&mut world);
    world.shared.set_secrets(&secrets[..1]).unwrap();
    assert_eq!(before.refresh(&mut world, 900).code(), 0, "its key is remembered");
    assert_eq!(before.permit(&mut world, &[addr("9.9.9.9:1")]), 0);
    let mut too_late = Client::participant(udp("198.51.100.1:4003"), "p4");
    assert_eq!(try_allocate(&mut world, &mut too_late), 401);
}

#[test]
fn a_nonce_runs_out_and_its_successor_is_told() {
    let mut world = World::new(settings());
    let mut anna = client();
    anna.allocate(&mut world);
    anna.refresh(&mut world, 3600);
    world.advance(Duration::from_secs(601));
    let answer = anna.refresh(&mut world, 600);
    assert_eq!(answer.code(), 438);
    let next = answer.get(attribute::NONCE).unwrap().to_vec();
    assert_ne!(next, anna.nonce);
    anna.nonce = next;
    assert_eq!(anna.refresh(&mut world, 600).code(), 0);
}

#[test]
fn a_nonce_of_one_server_serves_at_the_next() {
    let (shared, now) = shared(settings());
    let [mut first, mut second] = [0, 1].map(|number| World::with(shared.clone(), now, number));
    let mut anna = client();
    anna.learn_nonce(&mut first);
    anna.allocate(&mut second);
}

#[test]
fn what_is_missing_beside_an_integrity_is_a_bad_request() {
    let mut world = World::new(settings());
    let mut anna = client();
    anna.learn_nonce(&mut world);
    let all = [
        (attribute::USERNAME, b"anna".to_vec()),
        (attribute::REALM, REALM.as_bytes().to_vec()),
        (attribute::NONCE, anna.nonce.clone()),
    ];
    for missing in 0..3 {
        let kept = all.iter().enumerate().filter(|(at, _)| *at != missing);
        let request =
            kept.fold(anna.allocate_request(), |request, (_, (kind, value))| request.with(*kind, value));
        world.give(anna.socket, &request.signed(Integrity::Sha1, &anna.key()).0);
        assert_eq!(world.answer().code(), 400);
    }
}

/// Why settings are refused, and what makes them so.
type Slip = (SettingsError, fn(&mut Settings));

#[test]
fn settings_that_let_nobody_or_anybody_in_are_refused() {
    let now = world::shared(settings()).1;
    let check = |settings: Settings| Shared::new(settings, [0; 32], now).err();
    assert_eq!(check(settings()), None);
    let cases: [Slip; 8] = [
        (SettingsError::Realm, |settings| settings.realm.clear()),
        (SettingsError::EmptySecret, |settings| settings.secrets.push(Secret::new(*b""))),
        (SettingsError::TooManySecrets, |settings| settings.secrets = vec![Secret::new(*b"x"); 5]),
        (SettingsError::EmptyUser("anna".to_owned()), |settings| {
            settings.users[0].password = String::new().into()
        }),
        (SettingsError::NoRelay, |settings| settings.relays.clear()),
        (SettingsError::UnspecifiedRelay(world::ip("0.0.0.0")), |settings| {
            settings.relays[0].bind = world::ip("0.0.0.0");
        }),
        (SettingsError::NoPorts, |settings| settings.ports = std::ops::RangeInclusive::new(2, 1)),
        (SettingsError::NobodyMayUseIt, |settings| {
            settings.users.clear();
            settings.secrets.clear();
        }),
    ];
    for (expected, change) in cases {
        assert_eq!(check(settings_with(change)), Some(expected));
    }
}
