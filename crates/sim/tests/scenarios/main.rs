//! Scenarios of whole workers: one behaviour a file.

mod call;

mod a_forged_fingerprint_gets_no_media;
mod a_peer_that_vanishes_is_told;
mod a_resumed_consumer_starts_at_a_keyframe;
mod a_roaming_peer_keeps_its_media;
mod an_ice_restart_keeps_media_flowing;
mod anything_may_happen;
mod feedback_tells_a_sender_how_much_it_may_send;
mod floods_are_dropped_and_counted;
mod keyframe_requests_are_merged_and_paced;
mod loss_is_repaired_by_retransmission;
mod media_arrives_as_it_was_sent;
mod one_seed_is_one_history;
mod reordering_and_duplication_do_no_harm;
mod reports_keep_voice_and_picture_in_step;
mod rooms_of_many;
mod tcp_carries_media_where_udp_does_not;
mod who_speaks_is_told;
