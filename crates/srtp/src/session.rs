//! The session keys of one direction, for RTP or for RTCP, whichever the profile.

use zeroize::Zeroizing;

use crate::cm::{self, Cm};
use crate::error::SrtpError;
use crate::gcm::{self, Gcm};
use crate::kdf::{Label, derive};
use crate::profile::{MasterKey, Profile};

/// Session keys, by the shape of their protection.
pub(crate) enum Session {
    Gcm(Gcm),
    Cm(Box<Cm>),
}

impl Session {
    pub(crate) fn for_rtp(profile: Profile, master: &MasterKey) -> Result<Self, SrtpError> {
        Self::derive(profile, master, [Label::RtpCipher, Label::RtpSalt, Label::RtpAuth])
    }

    pub(crate) fn for_rtcp(profile: Profile, master: &MasterKey) -> Result<Self, SrtpError> {
        Self::derive(profile, master, [Label::RtcpCipher, Label::RtcpSalt, Label::RtcpAuth])
    }

    fn derive(
        profile: Profile,
        master: &MasterKey,
        [cipher, salt, auth]: [Label; 3],
    ) -> Result<Self, SrtpError> {
        if master.key().len() != profile.key_len() || master.salt().len() != profile.salt_len() {
            return Err(SrtpError::BadKeyLength);
        }
        let mut key_bytes = Zeroizing::new([0; MasterKey::KEY_LEN_MAX]);
        let key_bytes = &mut key_bytes[..profile.key_len()];
        derive(master, cipher, key_bytes)?;
        match profile {
            Profile::AeadAes256Gcm | Profile::AeadAes128Gcm => {
                let mut salt_bytes = Zeroizing::new([0; gcm::SALT_LEN]);
                derive(master, salt, &mut *salt_bytes)?;
                Gcm::new(key_bytes, salt_bytes).map(Self::Gcm)
            }
            Profile::Aes128CmSha1_80 => {
                let mut salt_bytes = Zeroizing::new([0; cm::SALT_LEN]);
                derive(master, salt, &mut *salt_bytes)?;
                let mut auth_bytes = Zeroizing::new([0; cm::AUTH_KEY_LEN]);
                derive(master, auth, &mut *auth_bytes)?;
                Cm::new(key_bytes, salt_bytes, &*auth_bytes).map(|cm| Self::Cm(Box::new(cm)))
            }
        }
    }
}
