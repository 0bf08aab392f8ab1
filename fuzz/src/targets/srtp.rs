//! SRTP and SRTCP: what is not authentic is refused, and what is protected comes back as it was.

use motet_rtp::{RtpView, SeqNo};
use motet_srtp::{MasterKey, Profile, Protector, SrtpError, Unprotector};

/// Takes the first byte as the profile and the rest as a packet, protected and not.
pub fn srtp(data: &[u8]) {
    let Some((choice, packet)) = data.split_first() else { return };
    let profile = [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80][usize::from(choice % 3)];
    let master = MasterKey::new(profile, &vec![0x0f; profile.key_len()], &vec![0xf0; profile.salt_len()])
        .expect("key and salt are of the profile's lengths");
    let unprotector = || Unprotector::new(profile, &master).expect("the master key is the profile's");

    if let Ok(unprotected) = unprotector().unprotect_rtp(&mut packet.to_vec()) {
        assert_eq!(unprotected.len + profile.rtp_overhead(), packet.len());
    }
    if let Ok(len) = unprotector().unprotect_rtcp(&mut packet.to_vec()) {
        assert_eq!(len + profile.rtcp_overhead(), packet.len());
    }

    let mut protector = Protector::new(profile, &master).expect("the master key is the profile's");
    there_and_back(&mut protector, &mut unprotector(), packet);
    let mut sealed = vec![0; packet.len() + profile.rtcp_overhead()];
    if let Ok(len) = protector.protect_rtcp(packet, &mut sealed) {
        assert_eq!(len, sealed.len());
        let mut unprotector = unprotector();
        let mut opened = sealed.clone();
        assert_eq!(unprotector.unprotect_rtcp(&mut opened), Ok(packet.len()));
        assert_eq!(opened[..packet.len()], *packet);
        assert_eq!(unprotector.unprotect_rtcp(&mut sealed), Err(SrtpError::Replayed));
    }
}

fn there_and_back(protector: &mut Protector, unprotector: &mut Unprotector, packet: &[u8]) {
    let Ok(view) = RtpView::parse(packet) else { return };
    let index = SeqNo(u64::from(view.seq()));
    let (header, payload) = packet.split_at(view.header_len());
    let mut sealed = vec![0; packet.len() + protector.profile().rtp_overhead()];
    let len = protector.protect_rtp(index, header, payload, &mut sealed);
    assert_eq!(len, Ok(sealed.len()), "what the parser takes can be protected");
    let mut opened = sealed.clone();
    let unprotected = unprotector.unprotect_rtp(&mut opened).expect("it is authentic");
    assert_eq!((unprotected.index, &opened[..unprotected.len]), (index, packet));
    assert_eq!(unprotector.unprotect_rtp(&mut sealed), Err(SrtpError::Replayed));
}
