//! The transport that a description speaks of: one for all its media sections.

use std::net::IpAddr;

use motet_control::{CandidateProtocol, DtlsParameters, DtlsRole, Fingerprint, IceCandidate, IceCredentials};
use sdp_types::{Attribute, Connection, Media};

use crate::description::{Description, Section};
use crate::error::{Checked, Fault};

/// This side of the transport, as the worker that opened it tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalTransport {
    /// Username fragment and password.
    pub ice: IceCredentials,
    /// Where peers may send to, best first.
    pub candidates: Vec<IceCandidate>,
    /// Fingerprints of this side's certificate.
    pub fingerprints: Vec<Fingerprint>,
}

/// The peer's side of the transport, as its description tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoteTransport {
    /// The peer's username fragment. Its password is not needed by an ICE-lite side, which sends no checks.
    pub ufrag: String,
    /// The peer's role and fingerprints; the same in every description of one session.
    pub dtls: DtlsParameters,
    /// True when the peer's credentials differ from those of its description before (RFC 8839 section 4.4.1.1.1).
    pub ice_restarted: bool,
}

/// What is remembered of the peer's transport between descriptions.
#[derive(Clone, Debug)]
pub(crate) struct KnownRemote {
    ice: IceCredentials,
    pub(crate) dtls: DtlsParameters,
}

/// The word after `a=setup:` (RFC 4145 section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Setup {
    Active,
    Passive,
    ActPass,
}

impl Setup {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
        }
    }
}

impl KnownRemote {
    /// Reads the peer's transport from `section`, or the session's part where the section leaves it out, and compares
    /// it with what was known: credentials may change, DTLS may not.
    pub(crate) fn read(
        description: &Description,
        section: &Section,
        before: Option<&KnownRemote>,
    ) -> Checked<(Self, RemoteTransport)> {
        if let Some(lite) = description.session.first("ice-lite") {
            return Err(Fault::unsupported(
                lite.line,
                "both sides are ICE-lite, so nobody would send checks",
            ));
        }
        let ice = read_ice(description, section)?;
        let dtls = DtlsParameters {
            role: read_role(description, section, before)?,
            fingerprints: read_fingerprints(description, section)?,
        };
        if let Some(before) = before.filter(|before| before.dtls.fingerprints != dtls.fingerprints) {
            let known = before.dtls.fingerprints.first().map(ToString::to_string).unwrap_or_default();
            let line = description.inherited(section, "fingerprint").map_or(section.line, |found| found.line);
            return Err(Fault::mismatch(line, format!("the certificate may not change; it was {known}")));
        }
        let ice_restarted = before.is_some_and(|before| before.ice != ice);
        let remote = RemoteTransport { ufrag: ice.ufrag.clone(), dtls: dtls.clone(), ice_restarted };
        Ok((Self { ice, dtls }, remote))
    }

    /// The same again, for a description that has no section left to say it.
    pub(crate) fn as_before(&self) -> RemoteTransport {
        RemoteTransport { ufrag: self.ice.ufrag.clone(), dtls: self.dtls.clone(), ice_restarted: false }
    }

    /// What this side is in an answer: the opposite of the peer.
    pub(crate) fn own_setup(&self) -> Setup {
        match self.dtls.role {
            DtlsRole::Client => Setup::Passive,
            DtlsRole::Server => Setup::Active,
        }
    }
}

fn read_ice(description: &Description, section: &Section) -> Checked<IceCredentials> {
    let read = |name: &str, len_min: usize, missing: &'static str| {
        let attribute =
            description.inherited(section, name).ok_or_else(|| Fault::malformed(section.line, missing))?;
        // RFC 8839 section 5.4 allows letters, digits, + and / only. Nothing breaks on others save the colon, which
        // parts the two fragments of a STUN username.
        let value = attribute.value.trim();
        let is_clean = value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if is_clean && (len_min..=256).contains(&value.len()) {
            Ok(value.to_owned())
        } else {
            Err(Fault::malformed(attribute.line, format!("not {len_min} to 256 ICE characters")))
        }
    };
    Ok(IceCredentials {
        ufrag: read("ice-ufrag", 4, "the section has no a=ice-ufrag")?,
        password: read("ice-pwd", 22, "the section has no a=ice-pwd")?,
    })
}

/// The peer's DTLS role: what it insists on, else client, so that it need not await anybody; the same as before where
/// there is an association already (RFC 8842 section 5.2).
fn read_role(
    description: &Description,
    section: &Section,
    before: Option<&KnownRemote>,
) -> Checked<DtlsRole> {
    let attribute = description.inherited(section, "setup");
    let wish = match attribute.map(|attribute| attribute.value.trim()) {
        // Without the attribute the describing side is active (RFC 4145 section 4).
        None | Some("active") => Some(DtlsRole::Client),
        Some("passive") => Some(DtlsRole::Server),
        Some("actpass") => None,
        Some(_) => {
            let line = attribute.map_or(section.line, |attribute| attribute.line);
            return Err(Fault::unsupported(line, "not active, passive or actpass"));
        }
    };
    match (wish, before.map(|before| before.dtls.role)) {
        (None, None) => Ok(DtlsRole::Client),
        (Some(role), None) | (None, Some(role)) => Ok(role),
        (Some(wish), Some(role)) if wish == role => Ok(role),
        (Some(_), Some(_)) => {
            let line = attribute.map_or(section.line, |attribute| attribute.line);
            Err(Fault::mismatch(line, "the DTLS roles may not change"))
        }
    }
}

/// Fingerprints of hashes that are still trusted. Others may stand beside them (RFC 8122 section 5).
fn read_fingerprints(description: &Description, section: &Section) -> Checked<Vec<Fingerprint>> {
    let has_own = section.attributes.has("fingerprint");
    let attributes = if has_own { &section.attributes } else { &description.session };
    let mut fingerprints = Vec::new();
    let mut skipped = None;
    for attribute in attributes.all("fingerprint") {
        match attribute.value.parse::<Fingerprint>() {
            Ok(fingerprint) => fingerprints.push(fingerprint),
            Err(motet_control::BadFingerprint::UnknownHash) => skipped = Some(attribute.line),
            Err(error) => return Err(Fault::malformed(attribute.line, error.to_string())),
        }
    }
    match (fingerprints.is_empty(), skipped) {
        (false, _) => Ok(fingerprints),
        (true, Some(line)) => Err(Fault::unsupported(line, "no fingerprint is sha-256, sha-384 or sha-512")),
        (true, None) => Err(Fault::malformed(section.line, "the section has no a=fingerprint")),
    }
}

impl LocalTransport {
    /// Writes what every bundled section carries. Candidates stand once, in the section that gives the bundle its
    /// transport (RFC 8843 section 10.1.3).
    pub(crate) fn write(&self, media: &mut Media, setup: Setup, with_candidates: bool) {
        let mut push = |name: &str, value: String| media.attributes.push(Attribute::with_value(name, value));
        push("ice-ufrag", self.ice.ufrag.clone());
        push("ice-pwd", self.ice.password.clone());
        for fingerprint in &self.fingerprints {
            push("fingerprint", fingerprint.to_string());
        }
        push("setup", setup.as_str().to_owned());
        if !with_candidates {
            return;
        }
        for candidate in &self.candidates {
            push("candidate", self.candidate_line(candidate));
        }
        media.attributes.push(Attribute::new("end-of-candidates"));
    }

    /// RFC 8839 section 5.1; TCP by RFC 6544 section 4.5.
    fn candidate_line(&self, candidate: &IceCandidate) -> String {
        // Same type, base address and protocol share a foundation (RFC 8445 section 5.1.1.3).
        let same = |other: &&IceCandidate| (other.ip, other.protocol) == (candidate.ip, candidate.protocol);
        let foundation = self.candidates.iter().position(|other| same(&other)).unwrap_or_default() + 1;
        let IceCandidate { protocol, ip, port, priority } = candidate;
        let (protocol, ending) = match protocol {
            CandidateProtocol::Udp => ("udp", ""),
            CandidateProtocol::Tcp => ("tcp", " tcptype passive"),
        };
        format!("{foundation} 1 {protocol} {priority} {ip} {port} typ host{ending}")
    }
}

/// The address that `c=` and `o=` name where candidates say the real ones (RFC 8840 section 4.1.1).
pub(crate) fn unspecified_connection() -> Connection {
    Connection::from_ip_addr(IpAddr::from([0, 0, 0, 0]))
}
