//! What one client may do to the others: inputs that are made to be slow or large, sent at once, cancelled at any
//! moment.

mod cancelled;
mod rings;
mod served;
mod shapes;
