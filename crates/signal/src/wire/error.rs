//! What a request that failed is answered.

use motet_room::RoomError;
use motet_sdp::SdpError;
use serde::{Serialize, Serializer};

use crate::host::Denied;

/// JSON-RPC's codes, and below them the ones of `motet.v1`: what kind of failure it is. The reason says which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// The message is no JSON.
    Parse,
    /// The message is no request.
    InvalidRequest,
    /// No such method.
    MethodNotFound,
    /// The params do not fit the method.
    InvalidParams,
    /// The server's own fault.
    Internal,
    /// Not now: before joining, after joining, without an open offer.
    State,
    /// The token does not let its bearer in.
    Denied,
    /// The rooms refuse it.
    Room,
    /// The session description is refused.
    Sdp,
}

impl Code {
    /// The number on the wire.
    pub const fn number(self) -> i32 {
        match self {
            Self::Parse => -32_700,
            Self::InvalidRequest => -32_600,
            Self::MethodNotFound => -32_601,
            Self::InvalidParams => -32_602,
            Self::Internal => -32_603,
            Self::State => -32_001,
            Self::Denied => -32_002,
            Self::Room => -32_003,
            Self::Sdp => -32_004,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.number())
    }
}

/// Why a request failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RpcError {
    /// What kind of failure.
    pub code: Code,
    /// For people.
    pub message: String,
    /// For programs.
    pub data: ErrorData,
}

/// What programs read of an error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErrorData {
    /// The stable word.
    pub reason: &'static str,
}

impl RpcError {
    pub(crate) fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: ErrorData { reason } }
    }

    /// Only where and how the text is broken: what it holds may be a secret.
    pub(crate) fn parse(error: &serde_json::Error) -> Self {
        Self::new(Code::Parse, "parseError", format!("the message is no JSON: {error}"))
    }

    pub(crate) fn invalid_request(message: &'static str) -> Self {
        Self::new(Code::InvalidRequest, "invalidRequest", message)
    }

    pub(crate) fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidParams, "invalidParams", message)
    }

    pub(crate) fn state(reason: &'static str, message: &'static str) -> Self {
        Self::new(Code::State, reason, message)
    }

    pub(crate) fn internal() -> Self {
        Self::new(Code::Internal, "internal", "the server is at fault; its log may say more")
    }

    pub(crate) fn not_yet(what: &str) -> Self {
        Self::new(Code::Room, "notYet", format!("{what} is not there yet"))
    }
}

impl From<RoomError> for RpcError {
    fn from(error: RoomError) -> Self {
        Self::new(Code::Room, error.reason(), error.to_string())
    }
}

impl From<SdpError> for RpcError {
    fn from(error: SdpError) -> Self {
        Self::new(Code::Sdp, error.reason(), error.to_string())
    }
}

impl From<Denied> for RpcError {
    fn from(denied: Denied) -> Self {
        Self::new(Code::Denied, denied.reason, denied.message)
    }
}
