//! Audio: 16-bit and floating-point samples, payloads of one RTP packet.
