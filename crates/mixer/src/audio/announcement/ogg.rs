//! Opus in Ogg (RFC 3533, RFC 7845): pages to packets.

use motet_rtp::payload::opus;

use super::AnnouncementError;

/// A checked file: its packets, one behind the other.
#[derive(Debug)]
pub(super) struct OpusFile {
    packets: Vec<u8>,
    /// Where each packet ends.
    ends: Vec<u32>,
    pub(super) channels: usize,
    /// Samples at 48 kHz to leave out at the beginning.
    pub(super) skip: usize,
    /// Samples per channel to play after those.
    pub(super) samples: u64,
    /// The factor that the file asks for.
    pub(super) gain: f32,
}

impl OpusFile {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, AnnouncementError> {
        let mut reader = Reader::default();
        let mut rest = bytes;
        while !rest.is_empty() && !reader.has_ended {
            rest = reader.page(rest)?;
        }
        reader.finish()
    }

    pub(super) fn packet(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.packets.get(start..end)
    }
}

/// What `OpusHead` says.
#[derive(Clone, Copy, Debug)]
struct Head {
    channels: usize,
    skip: usize,
    gain: f32,
}

#[derive(Debug, Default)]
struct Reader {
    serial: Option<u32>,
    head: Option<Head>,
    has_tags: bool,
    packets: Vec<u8>,
    ends: Vec<u32>,
    /// Where the packet that is being put together begins.
    begun: usize,
    samples: u64,
    granule: u64,
    has_ended: bool,
}

impl Reader {
    const LAST_PAGE: u8 = 4;
    /// A page that completes no packet has no position.
    const NO_GRANULE: u64 = u64::MAX;

    /// Reads one page; gives what follows it.
    fn page<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], AnnouncementError> {
        let broken = AnnouncementError::Malformed("an Ogg page is cut off or damaged");
        let header: &[u8; 27] = bytes.first_chunk().ok_or(broken)?;
        if !header.starts_with(b"OggS\0") {
            return Err(broken);
        }
        let table = bytes.get(27..27 + usize::from(header[26])).ok_or(broken)?;
        let body_start = 27 + table.len();
        let body_len: usize = table.iter().map(|len| usize::from(*len)).sum();
        let page = bytes.get(..body_start + body_len).ok_or(broken)?;
        let number =
            |place: usize| header[place..place + 4].iter().rfold(0, |n, byte| n << 8 | u32::from(*byte));
        if checksum(page) != number(22) {
            return Err(broken);
        }
        let serial = number(14);
        // Another stream beside this one, a picture perhaps.
        if *self.serial.get_or_insert(serial) == serial {
            self.segments(table, &page[body_start..])?;
            let granule = u64::from(number(10)) << 32 | u64::from(number(6));
            if granule != Self::NO_GRANULE {
                self.granule = granule;
            }
            self.has_ended = header[5] & Self::LAST_PAGE != 0;
        }
        Ok(&bytes[page.len()..])
    }

    fn segments(&mut self, table: &[u8], mut body: &[u8]) -> Result<(), AnnouncementError> {
        for len in table {
            let (segment, rest) = body.split_at(usize::from(*len));
            self.packets.extend_from_slice(segment);
            body = rest;
            // A full segment is continued by the next one.
            if *len < 255 {
                self.complete()?;
            }
        }
        Ok(())
    }

    fn complete(&mut self) -> Result<(), AnnouncementError> {
        let packet = &self.packets[self.begun..];
        if self.head.is_none() {
            self.head = Some(read_head(packet)?);
        } else if !self.has_tags {
            self.has_tags = true;
        } else {
            let malformed = AnnouncementError::Malformed("a packet is no Opus packet");
            self.samples += u64::from(opus::parse(packet).map_err(|_| malformed)?.samples());
            self.ends.push(self.packets.len() as u32);
            self.begun = self.packets.len();
            return Ok(());
        }
        self.packets.truncate(self.begun);
        Ok(())
    }

    fn finish(mut self) -> Result<OpusFile, AnnouncementError> {
        self.packets.truncate(self.begun);
        let head = self.head.ok_or(AnnouncementError::Malformed("there is no Opus header"))?;
        // The last page's position says where the sound ends within its last packet.
        let end = if self.granule == 0 { self.samples } else { self.samples.min(self.granule) };
        let samples = end.saturating_sub(head.skip as u64);
        if samples == 0 {
            return Err(AnnouncementError::Empty);
        }
        let Head { channels, skip, gain } = head;
        Ok(OpusFile { packets: self.packets, ends: self.ends, channels, skip, samples, gain })
    }
}

/// RFC 7845 section 5.1.
fn read_head(packet: &[u8]) -> Result<Head, AnnouncementError> {
    let Some(b"OpusHead") = packet.first_chunk() else {
        return Err(AnnouncementError::Unsupported("Ogg with anything but Opus"));
    };
    let head: &[u8; 19] =
        packet.first_chunk().ok_or(AnnouncementError::Malformed("the Opus header is cut off"))?;
    let [version, channels, family] = [head[8], head[9], head[18]];
    // The upper four bits are the incompatible part of the version.
    if version >> 4 != 0 {
        return Err(AnnouncementError::Unsupported("this version of Ogg Opus"));
    }
    if family != 0 || !(1..=2).contains(&channels) {
        return Err(AnnouncementError::Unsupported("more than two channels"));
    }
    let gain_db = f32::from(i16::from_le_bytes([head[16], head[17]])) / 256.0;
    Ok(Head {
        channels: usize::from(channels),
        skip: usize::from(u16::from_le_bytes([head[10], head[11]])),
        gain: 10.0_f32.powf(gain_db.clamp(-60.0, 20.0) / 20.0),
    })
}

/// CRC-32 with the polynomial 0x04c11db7, most significant bit first, over the page with its checksum taken as zero.
fn checksum(page: &[u8]) -> u32 {
    page.iter().enumerate().fold(0, |crc, (place, byte)| {
        let byte = if (22..26).contains(&place) { 0 } else { *byte };
        crc << 8 ^ CHECKSUMS[usize::from((crc >> 24) as u8 ^ byte)]
    })
}

const CHECKSUMS: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = (index as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};
