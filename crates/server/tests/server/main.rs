//! A real server on free ports, asked over real sockets.

mod api;
mod api_access;
mod binary;
mod client;
mod health;
mod openapi;
mod people;
mod person;
mod stage;
mod stopping;
mod tls;
mod topologies;
mod web;
