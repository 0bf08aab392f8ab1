//! A hall: a worker with real sockets and its mixers, and guests around it, each of them two str0m machines with sockets of
//! their own, a tone to sound and a colour to show. What guests hear and see is decoded. One thread drives all guests in real
//! time.

mod busy;
mod connection;
mod guest;
mod room;
mod sight;
mod sound;

pub use busy::Busy;
pub use guest::{Guest, Taken, Wish};
pub use room::{Hall, Published, Room};
pub use sight::{Painter, Viewer, close_to, film};
pub use sound::{Listener, Singer, loudness};
