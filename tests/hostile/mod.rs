//! What one client may do to the others: inputs that are made to be slow or large, sent at once, cancelled at any
//! moment; bodies and connections that take memory, time or places.

mod bodies;
mod cancelled;
mod connections;
mod memory;
mod normal_client;
mod rights_first;
mod rings;
mod served;
mod shapes;
