//! Rooms at their door: commands in, requests and events out, a model of a worker as judge.

mod coming_and_going;
mod invariants;
mod meshing;
mod mixing;
mod model;
mod moderating;
mod moving;
mod publishing;
mod random_commands;
mod stage;
mod steps;
mod subscribing;
mod workers;
