//! Identifiers of a worker's entities. The asker chooses them, unique within one worker for the worker's life.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id!(/// A routing domain of packets.
    RouterId);
id!(/// One peer's pipe.
    TransportId);
id!(/// Media into a router.
    ProducerId);
id!(/// Media out of a router.
    ConsumerId);
id!(/// A listener to audio levels.
    ObserverId);
id!(/// One room's mixer.
    MixerId);
id!(/// A participant as a mixer knows it, unique within the mixer.
    MixMember);
id!(/// An announcement, unique within its mixer.
    AnnouncementId);
