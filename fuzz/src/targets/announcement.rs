//! Recordings that strangers upload: WAV and Ogg Opus, the latter behind right checksums too. What is taken can be played.

use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_mixer::audio::{Announcement, AnnouncementId, AudioMixer, AudioSettings};
use motet_rtp::PayloadType;

/// A second of it is played.
const TURNS: u32 = 50;

/// Reads `data` as it is, and with each page's checksum made right.
pub fn announcement(data: &[u8]) {
    play(data.into());
    let mut repaired = data.to_vec();
    if repair(&mut repaired) {
        play(repaired.into());
    }
}

fn play(file: Arc<[u8]>) {
    let Ok(announcement) = Announcement::parse(file) else { return };
    assert!(announcement.duration() > Duration::ZERO);
    let now = Instant::now();
    let settings = AudioSettings::new(PayloadType::from_wire(111));
    let mut mixer = AudioMixer::new(now, settings, 1).expect("an encoder");
    mixer.play(AnnouncementId(1), announcement, 2).expect("room for one");
    for turn in 0..TURNS {
        mixer.handle_timeout(now + Duration::from_millis(20) * turn);
    }
    assert_eq!(mixer.stats().failed_frames, 0);
}

/// Whether there was a page to repair.
fn repair(file: &mut [u8]) -> bool {
    let mut place = 0;
    while let Some(header) = file.get(place..place + 27).filter(|header| header.starts_with(b"OggS")) {
        let segments = usize::from(header[26]);
        let Some(table) = file.get(place + 27..place + 27 + segments) else { break };
        let len = 27 + segments + table.iter().map(|len| usize::from(*len)).sum::<usize>();
        let Some(page) = file.get_mut(place..place + len) else { break };
        page[22..26].fill(0);
        let crc = checksum(page);
        page[22..26].copy_from_slice(&crc.to_le_bytes());
        place += len;
    }
    place > 0
}

fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |crc, byte| {
        let with_byte = crc ^ u32::from(*byte) << 24;
        (0..8).fold(with_byte, |crc, _| crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    })
}
