//! Files of the trade: every value that is written comes back, by our own import and by the programs that own the
//! formats; what a format cannot hold is told.

mod definitions;
mod oracle;
mod round_trip;
mod samples;
mod workbooks;
