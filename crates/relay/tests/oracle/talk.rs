//! A conversation with one server, and what was seen of it: fields that both servers' are compared by.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::ask::{Ask, Challenge, allocate, binding};
use crate::pipe::{PATIENCE, Pipe, receive, udp_socket};
use crate::servers::{ANNA, Account, IPV4, IPV6, REALM};
use crate::wire::{self, Reader, Transaction, Writer, attribute, method, name_of};

/// What was seen of one step, by the name of the field.
pub(crate) type Seen = BTreeMap<String, String>;

/// The field that says what came: `success`, an error's number, or `nothing`. Where it differs the others are not compared, since
/// they belong to another message.
pub(crate) const OUTCOME: &str = "outcome";
/// What a peer or the client got that was relayed.
pub(crate) const RELAYED: &str = "relayed";

const NOTHING: &str = "nothing";

/// What has not come when all should be there is given so long: a busy machine may deliver two sockets' datagrams in another order.
const ON_ITS_WAY: Duration = Duration::from_millis(300);
/// How long coturn keeps an allocation that has ended, a little less.
const KEPT: Duration = Duration::from_millis(900);
/// On a machine that is too busy for [`Talk::at_once`] that often, what is seen last counts.
const TRIES_MAX: usize = 20;

/// One client and its peers. Every socket lives as long as this, so that no client is given a port that another had.
pub(crate) struct Talk {
    server: SocketAddr,
    client: Pipe,
    former: Vec<Pipe>,
    nonce: Vec<u8>,
    realm: Vec<u8>,
    transactions: u64,
    fences: u64,
    one: UdpSocket,
    other: UdpSocket,
    ipv6: UdpSocket,
    /// The address that the client's last allocation got.
    pub(crate) relayed: Option<SocketAddr>,
    pub(crate) seen: Vec<(&'static str, Seen)>,
}

impl Talk {
    pub(crate) fn with(server: SocketAddr) -> Self {
        Self {
            server,
            client: Pipe::udp(server),
            former: Vec::new(),
            nonce: Vec::new(),
            realm: Vec::new(),
            transactions: 0,
            fences: 0,
            one: udp_socket(IPV4),
            other: udp_socket(IPV4),
            ipv6: udp_socket(IPV6),
            relayed: None,
            seen: Vec::new(),
        }
    }

    /// Goes on as a client whom the server does not know.
    pub(crate) fn anew(&mut self) -> &mut Self {
        let another = self.client.another(self.server);
        self.goes_on_by(another)
    }

    /// The same, from here on over TCP.
    pub(crate) fn anew_by_tcp(&mut self) -> &mut Self {
        self.goes_on_by(Pipe::tcp(self.server))
    }

    /// Goes on by another connection, under the nonce that the server gave to the last one.
    pub(crate) fn beside(&mut self) -> &mut Self {
        let another = self.client.another(self.server);
        self.former.push(std::mem::replace(&mut self.client, another));
        self
    }

    fn goes_on_by(&mut self, pipe: Pipe) -> &mut Self {
        self.former.push(std::mem::replace(&mut self.client, pipe));
        self.nonce.clear();
        self.relayed = None;
        self
    }

    pub(crate) fn server(&self) -> SocketAddr {
        self.server
    }

    /// The address of a peer.
    pub(crate) fn one(&self) -> SocketAddr {
        self.one.local_addr().unwrap()
    }

    pub(crate) fn other(&self) -> SocketAddr {
        self.other.local_addr().unwrap()
    }

    pub(crate) fn ipv6(&self) -> SocketAddr {
        self.ipv6.local_addr().unwrap()
    }

    fn peer(&self, address: SocketAddr) -> &UdpSocket {
        let peers = [&self.one, &self.other, &self.ipv6];
        peers.into_iter().find(|peer| is_at(peer, address)).expect("a peer of this talk")
    }

    /// Does as a new client what must not take as long as coturn keeps what has ended; what took longer is done again.
    pub(crate) fn at_once(&mut self, steps: impl Fn(&mut Self)) {
        let before = self.seen.len();
        for _ in 0..TRIES_MAX {
            self.seen.truncate(before);
            let begun = Instant::now();
            steps(self.anew());
            if begun.elapsed() < KEPT {
                return;
            }
        }
    }

    /// Asks, and notes what is answered. A request with credentials has all the time it takes: coturn has another thread look up
    /// whose they are.
    pub(crate) fn ask(&mut self, step: &'static str, ask: Ask) -> Option<Reader> {
        if ask.signer.is_some() && self.nonce.is_empty() {
            self.learn_nonce();
        }
        let bytes = self.write(&ask);
        let answer = self.exchange(&bytes, if ask.signer.is_some() { PATIENCE } else { ON_ITS_WAY });
        let seen = self.describe(&ask, answer.as_ref());
        self.seen.push((step, seen));
        answer
    }

    /// Asks for what makes a connection another one: behind the answer there are no messages any more.
    pub(crate) fn ask_at_last(&mut self, step: &'static str, ask: Ask) {
        let bytes = self.write(&ask);
        self.client.send(&bytes);
        let answer = self.client.receive(PATIENCE).as_deref().and_then(Reader::read);
        let seen = self.describe(&ask, answer.as_ref());
        self.seen.push((step, seen));
    }

    /// An allocation that a script builds on.
    pub(crate) fn allocate(&mut self) -> &mut Self {
        self.ask("allocate", allocate());
        self
    }

    /// Sends bytes that are no request as this test writes them.
    pub(crate) fn ask_raw(&mut self, step: &'static str, bytes: &[u8]) {
        let answer = self.exchange(bytes, ON_ITS_WAY);
        let seen = self.describe(&binding(), answer.as_ref());
        self.seen.push((step, seen));
    }

    /// The bytes of a request, under a transaction of its own.
    pub(crate) fn write(&mut self, ask: &Ask) -> Vec<u8> {
        self.transactions += u64::from(!ask.is_repeated);
        let mut nonce = self.nonce.clone();
        if ask.has_stale_nonce {
            nonce.reverse();
        }
        let challenge = Challenge { realm: &self.realm, nonce: &nonce, key: key_of };
        ask.bytes(transaction(b"talk", self.transactions), &challenge)
    }

    /// Sends bytes that are to be relayed, and notes what the peer gets of them.
    pub(crate) fn relay(&mut self, step: &'static str, bytes: &[u8], to: SocketAddr) {
        let answer = self.exchange(bytes, Duration::ZERO);
        let mut seen = self.describe(&binding(), answer.as_ref());
        let got = match receive(self.peer(to), ON_ITS_WAY) {
            Some((got, from)) if Some(from) == self.relayed => text(&got),
            Some((got, _)) => format!("{} from elsewhere than the relay", text(&got)),
            None => NOTHING.to_owned(),
        };
        seen.insert(RELAYED.to_owned(), got);
        self.seen.push((step, seen));
    }

    /// Has a peer send to the relay, and notes what the client gets.
    pub(crate) fn hear(&mut self, step: &'static str, from: SocketAddr, payload: &[u8]) {
        if let Some(relayed) = self.relayed {
            self.peer(from).send_to(payload, relayed).unwrap();
        }
        let mut came = self.all_that_comes();
        if came.is_empty() {
            came.extend(self.client.receive(ON_ITS_WAY));
        }
        let told: Vec<String> = came.iter().map(|bytes| self.describe_data(bytes, from)).collect();
        let got = if told.is_empty() { NOTHING.to_owned() } else { told.join(", ") };
        self.seen.push((step, Seen::from([(RELAYED.to_owned(), got)])));
    }

    /// Notes what the script itself worked out.
    pub(crate) fn note(&mut self, step: &'static str, field: &str, value: impl ToString) {
        self.seen.push((step, Seen::from([(field.to_owned(), value.to_string())])));
    }

    fn learn_nonce(&mut self) {
        let bytes = self.write(&allocate().unsigned());
        let answer =
            self.exchange(&bytes, ON_ITS_WAY).expect("whoever shows no credentials is told what to show");
        self.realm = answer.get(attribute::REALM).unwrap().to_vec();
        self.nonce = answer.get(attribute::NONCE).unwrap().to_vec();
    }

    /// Sends, and gives what came back under the same transaction.
    fn exchange(&mut self, bytes: &[u8], grace: Duration) -> Option<Reader> {
        self.client.send(bytes);
        let answer =
            |came: &[u8]| Reader::read(came).filter(|answer| bytes.get(8..20) == Some(answer.transaction()));
        let in_turn = self.all_that_comes().iter().find_map(|came| answer(came));
        in_turn.or_else(|| self.client.receive(grace).and_then(|came| answer(&came)))
    }

    /// All that the server has for the client. It does in turn what it is asked, so the answer to a request that comes behind says
    /// that there is no more; and the second of them that it has sent everything, for what is gathered in a turn of its loop leaves
    /// before the next turn.
    fn all_that_comes(&mut self) -> Vec<Vec<u8>> {
        let mut came = Vec::new();
        for _ in 0..2 {
            self.fences += 1;
            let fence = Writer::new(method::BINDING, transaction(b"wall", self.fences)).0;
            self.client.send(&fence);
            loop {
                let Some(message) = self.client.receive(PATIENCE) else {
                    assert!(self.client.is_closed(), "a server does not answer a Binding request");
                    return came;
                };
                if message.get(8..20) == fence.get(8..20) {
                    break;
                }
                came.push(message);
            }
        }
        came
    }

    fn describe(&mut self, ask: &Ask, answer: Option<&Reader>) -> Seen {
        let mut seen = Seen::new();
        let outcome = match answer {
            None => NOTHING.to_owned(),
            Some(answer) if answer.kind() == ask.kind | method::SUCCESS => "success".to_owned(),
            Some(answer) if answer.kind() == ask.kind | method::ERROR => {
                answer.get(attribute::ERROR_CODE).map_or(0, Reader::code).to_string()
            }
            Some(answer) => format!("a message of type {:#06x}", answer.kind()),
        };
        seen.insert(OUTCOME.to_owned(), outcome);
        if self.client.is_closed() {
            seen.insert("connection".to_owned(), "closed".to_owned());
        }
        for (at, kind, value) in answer.iter().flat_map(|answer| &answer.attributes) {
            let told = self.describe_attribute(ask, answer.unwrap(), (*at, *kind, value));
            let field = seen.entry(name_of(*kind)).or_default();
            *field = if field.is_empty() { told } else { format!("{field}, {told}") };
        }
        seen
    }

    /// The value of an attribute where it follows from what was asked, else that it is there.
    fn describe_attribute(
        &mut self,
        ask: &Ask,
        answer: &Reader,
        (at, kind, value): (usize, u16, &[u8]),
    ) -> String {
        match kind {
            attribute::ERROR_CODE => Reader::code(value).to_string(),
            attribute::ADDRESS_ERROR => format!("{} for family {}", Reader::code(value), value[0]),
            // What is left of it, or all of it again: the clock has its part in that.
            attribute::LIFETIME if ask.is_repeated => "given".to_owned(),
            attribute::LIFETIME => u32::from_be_bytes(value.try_into().unwrap()).to_string(),
            attribute::REALM => text(value),
            attribute::UNKNOWN_ATTRIBUTES => {
                let kinds = value.chunks_exact(2).map(|kind| name_of(u16::from_be_bytes([kind[0], kind[1]])));
                kinds.collect::<Vec<_>>().join(" ")
            }
            attribute::XOR_MAPPED_ADDRESS => {
                let address = answer.address(value);
                if self.client.is_at(address) { "the client's".to_owned() } else { address.to_string() }
            }
            attribute::RELAYED_ADDRESS => {
                let address = answer.address(value);
                self.relayed = Some(address);
                let parity = if address.port().is_multiple_of(2) { " even" } else { " odd" };
                let is_told = ask.has(attribute::EVEN_PORT);
                format!("{}{}", address.ip(), if is_told { parity } else { "" })
            }
            attribute::INTEGRITY => {
                let is_right =
                    answer.is_signed(at, value, &key_of(ask.signer.unwrap_or(ANNA), REALM.as_bytes()));
                if is_right { "right" } else { "wrong" }.to_owned()
            }
            attribute::FINGERPRINT => {
                if answer.is_fingerprinted(at, value) { "right" } else { "wrong" }.to_owned()
            }
            _ => "given".to_owned(),
        }
    }

    /// What came unasked: channel data or a Data indication.
    fn describe_data(&self, bytes: &[u8], from: SocketAddr) -> String {
        if bytes[0] >> 6 == 1 {
            let number = u16::from_be_bytes([bytes[0], bytes[1]]);
            let len = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
            return format!("{} on channel {number:#06x}", text(&bytes[4..4 + len]));
        }
        let Some(reader) = Reader::read(bytes) else { return "what is no STUN".to_owned() };
        let peer = reader.get(attribute::PEER_ADDRESS).map(|value| reader.address(value));
        let data = reader.get(attribute::DATA).map_or_else(|| "no data".to_owned(), text);
        let is_data = reader.kind() == method::DATA | method::INDICATION;
        let what = if is_data { "a Data indication" } else { "another message" };
        format!("{data} in {what}{}", if peer == Some(from) { "" } else { " with another peer" })
    }
}

fn transaction(name: &[u8; 4], number: u64) -> Transaction {
    let mut transaction = [0; 12];
    transaction[..4].copy_from_slice(name);
    transaction[4..].copy_from_slice(&number.to_be_bytes());
    transaction
}

fn key_of(account: Account, realm: &[u8]) -> [u8; 16] {
    wire::key(account.user, realm, account.password)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn is_at(socket: &UdpSocket, address: SocketAddr) -> bool {
    socket.local_addr().unwrap() == address
}
