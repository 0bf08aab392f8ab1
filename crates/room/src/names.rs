//! Names that people choose: of rooms, of themselves, and the identity that a token gives them. Checked once, here.

use std::fmt;

use crate::error::RoomError;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The longest, in bytes of UTF-8.
            pub const BYTES_MAX: usize = $max;

            /// Outer white space is cut off.
            ///
            /// # Errors
            /// [`RoomError::BadName`] when empty, too long, or with control or direction-changing characters.
            pub fn new(text: &str) -> Result<Self, RoomError> {
                check($what, text, Self::BYTES_MAX).map(|text| Self(text.to_owned()))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

name!(/// The name of a room, the same for all who mean it.
    RoomName, "room", 128);
name!(/// What a participant is called; several may be called the same.
    ParticipantName, "name", 128);
name!(/// Who a participant is, by its token. A second join of one identity takes the first one's place.
    Identity, "identity", 256);

fn check<'a>(what: &'static str, text: &'a str, bytes_max: usize) -> Result<&'a str, RoomError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(RoomError::BadName { what, why: "is empty" });
    }
    if text.len() > bytes_max {
        return Err(RoomError::BadName { what, why: "is too long" });
    }
    // The star means every room in a token's grants.
    if text == "*" {
        return Err(RoomError::BadName { what, why: "cannot be a lone star" });
    }
    if text.chars().any(|c| c.is_control() || changes_direction(c)) {
        return Err(RoomError::BadName { what, why: "has control characters" });
    }
    Ok(text)
}

/// Characters that make a name read as another by turning the text around it (Unicode TR 36 section 2.5).
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_in_any_script_and_loses_outer_space() {
        assert_eq!(RoomName::new("  Café 東京 ").unwrap().as_str(), "Café 東京");
    }

    #[test]
    fn a_name_that_is_empty_long_or_deceiving_is_refused() {
        let refused = |text: &str| matches!(RoomName::new(text), Err(RoomError::BadName { .. }));
        assert!(refused(" "));
        assert!(refused(&"x".repeat(129)));
        assert!(refused("a\nb"));
        assert!(refused("ab\u{202e}cd"));
        assert!(refused("*"));
    }
}
