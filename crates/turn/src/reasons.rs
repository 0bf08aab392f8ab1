//! Why something was dropped or refused: each reason a name that stays the same in code, statistics and metrics.

/// Defines an enum of reasons, each with its stable name, and lists them.
#[macro_export]
macro_rules! reasons {
    ($(#[$about:meta])* $visibility:vis enum $reason:ident {
        $($(#[$doc:meta])* $name:ident => $text:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visibility enum $reason {
            $($(#[$doc])* $name,)+
        }

        impl $reason {
            /// Each reason once, in the order of the enum.
            $visibility const ALL: &[$reason] = &[$(Self::$name,)+];

            /// A stable name, as metrics show it.
            $visibility const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}
