//! Elements of a header extension in either form of RFC 8285 section 4.

use crate::wire::Reader;

/// The limits of the one-byte form, and how both forms are named on the wire.
pub(crate) struct OneByteForm;

impl OneByteForm {
    /// "Defined by profile" of the one-byte form (RFC 8285 section 4.2).
    pub(crate) const PROFILE: u16 = 0xbede;
    /// "Defined by profile" of the two-byte form; its low four bits are the application's (RFC 8285 section 4.3).
    pub(crate) const TWO_BYTE_PROFILE: u16 = 0x1000;

    const ID_MAX: u8 = 14;
    const LEN_MAX: usize = 16;

    pub(crate) const fn fits(id: u8, len: usize) -> bool {
        id <= Self::ID_MAX && 1 <= len && len <= Self::LEN_MAX
    }
}

/// The elements of one header extension: each its id, 1 to 255, and its data. Padding is passed over. An element that
/// is longer than what is left ends the iteration, and so does the reserved id 15 of the one-byte form.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    form: Form,
    reader: Reader<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    OneByte,
    TwoByte,
}

impl<'a> Elements<'a> {
    /// `profile` is the extension's first 16 bits, `data` what its length covers. A profile of neither form has no
    /// elements.
    pub fn new(profile: u16, data: &'a [u8]) -> Self {
        let (form, data) = match profile {
            OneByteForm::PROFILE => (Form::OneByte, data),
            _ if profile & 0xfff0 == OneByteForm::TWO_BYTE_PROFILE => (Form::TwoByte, data),
            _ => (Form::OneByte, &[][..]),
        };
        Self { form, reader: Reader::new(data) }
    }

    fn one_byte_element(&mut self, first: u8) -> Option<(u8, &'a [u8])> {
        let (id, len) = (first >> 4, usize::from(first & 0x0f) + 1);
        // 15 is reserved; 0 with a length is neither padding nor an element (RFC 8285 section 4.2).
        if id == 15 || id == 0 {
            return None;
        }
        Some((id, self.reader.bytes(len)?))
    }

    fn two_byte_element(&mut self, id: u8) -> Option<(u8, &'a [u8])> {
        let len = self.reader.u8()?;
        Some((id, self.reader.bytes(usize::from(len))?))
    }
}

impl Default for Elements<'_> {
    fn default() -> Self {
        Self { form: Form::OneByte, reader: Reader::new(&[]) }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let first = loop {
            match self.reader.u8()? {
                0 => continue,
                first => break first,
            }
        };
        let element = match self.form {
            Form::OneByte => self.one_byte_element(first),
            Form::TwoByte => self.two_byte_element(first),
        };
        if element.is_none() {
            *self = Self::default();
        }
        element
    }
}

impl std::iter::FusedIterator for Elements<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(profile: u16, data: &[u8]) -> Vec<(u8, Vec<u8>)> {
        Elements::new(profile, data).map(|(id, data)| (id, data.to_vec())).collect()
    }

    #[test]
    fn the_one_byte_example_of_rfc_8285_is_read() {
        // Section 4.2: an element of 1 byte, one of 2, two bytes of padding, one of 4.
        let data = [0x10, 0xa1, 0x21, 0xb1, 0xb2, 0, 0, 0x33, 0xc1, 0xc2, 0xc3, 0xc4];
        let expected = vec![(1, vec![0xa1]), (2, vec![0xb1, 0xb2]), (3, vec![0xc1, 0xc2, 0xc3, 0xc4])];
        assert_eq!(collect(0xbede, &data), expected);
    }

    #[test]
    fn the_two_byte_example_of_rfc_8285_is_read() {
        // Section 4.3: an element of 0 bytes, one of 1, a byte of padding, one of 4.
        let data = [1, 0, 2, 1, 0xb1, 0, 3, 4, 0xc1, 0xc2, 0xc3, 0xc4];
        let expected = vec![(1, vec![]), (2, vec![0xb1]), (3, vec![0xc1, 0xc2, 0xc3, 0xc4])];
        assert_eq!(collect(0x1000, &data), expected);
        assert_eq!(collect(0x100f, &data), expected, "the low four bits are the application's");
    }

    #[test]
    fn the_reserved_id_ends_the_one_byte_form() {
        assert_eq!(collect(0xbede, &[0x10, 7, 0xf0, 8, 0x20, 9]), vec![(1, vec![7])]);
        assert_eq!(collect(0x1000, &[15, 1, 8, 2, 1, 9]), vec![(15, vec![8]), (2, vec![9])]);
    }

    #[test]
    fn id_zero_with_a_length_ends_the_one_byte_form() {
        assert_eq!(collect(0xbede, &[0x10, 7, 0x01, 8, 9, 0x20, 9]), vec![(1, vec![7])]);
    }

    #[test]
    fn an_element_longer_than_the_extension_is_not_given_out() {
        assert_eq!(collect(0xbede, &[0x10, 7, 0x2f, 8]), vec![(1, vec![7])]);
        assert_eq!(collect(0x1000, &[1, 1, 7, 2, 200, 9]), vec![(1, vec![7])]);
        assert_eq!(collect(0x1000, &[1, 1, 7, 2]), vec![(1, vec![7])]);
    }

    #[test]
    fn a_profile_of_neither_form_has_no_elements() {
        assert_eq!(collect(0xabac, &[0x10, 7, 0, 0]), vec![]);
    }
}
