//! The answer to a request, once it is there.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use motet_control::{Refusal, Response};
use tokio::sync::oneshot;

use crate::error::RequestError;

/// The answer to a request that was sent. Whether it is awaited or dropped, the request is carried out.
#[derive(Debug)]
pub struct Answer(State);

#[derive(Debug)]
enum State {
    Waiting(oneshot::Receiver<Result<Response, Refusal>>),
    /// It was not even sent.
    Failed(RequestError),
}

impl Answer {
    pub(crate) fn waiting(receiver: oneshot::Receiver<Result<Response, Refusal>>) -> Self {
        Self(State::Waiting(receiver))
    }

    pub(crate) fn failed(error: RequestError) -> Self {
        Self(State::Failed(error))
    }
}

impl Future for Answer {
    type Output = Result<Response, RequestError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Waiting(receiver) => Pin::new(receiver).poll(context).map(|answer| match answer {
                Ok(outcome) => outcome.map_err(RequestError::Refused),
                // The worker ended with the request in its mailbox or in its hands.
                Err(_) => Err(RequestError::Ended),
            }),
            State::Failed(error) => Poll::Ready(Err(error.clone())),
        }
    }
}
