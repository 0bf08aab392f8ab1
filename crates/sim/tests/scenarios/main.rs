//! Scenarios of whole workers: one behaviour a file.

mod media_arrives_as_it_was_sent;
