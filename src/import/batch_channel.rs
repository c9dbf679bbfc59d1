//! Features on their way from the thread that reads to the thread that stores, in batches, with a few batches in
//! flight.

use crate::error::{Error, Result};
use crate::feature::Feature;
use geo::CoordsIter;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A batch is sent when it has this many features or positions.
const BATCH_FEATURES: usize = 512;
const BATCH_VERTICES: usize = 65_536;
const BATCHES_IN_FLIGHT: usize = 4;

/// The sending end.
pub struct BatchSender {
    sender: SyncSender<Vec<Result<Feature>>>,
    batch: Vec<Result<Feature>>,
    vertices: usize,
    disconnected: bool,
}

/// The receiving end.
pub struct FeatureReceiver {
    receiver: Receiver<Vec<Result<Feature>>>,
    batch: std::vec::IntoIter<Result<Feature>>,
}

pub fn open_channel() -> (BatchSender, FeatureReceiver) {
    let (sender, receiver) = sync_channel(BATCHES_IN_FLIGHT);
    let sender = BatchSender { sender, batch: vec![], vertices: 0, disconnected: false };
    (sender, FeatureReceiver { receiver, batch: Vec::new().into_iter() })
}

impl BatchSender {
    /// Whether the receiving end is gone.
    pub fn is_disconnected(&self) -> bool {
        self.disconnected
    }

    pub fn push(&mut self, feature: Feature) {
        self.vertices += feature.geometry.as_ref().map_or(0, CoordsIter::coords_count);
        self.batch.push(Ok(feature));
        if self.batch.len() >= BATCH_FEATURES || self.vertices >= BATCH_VERTICES {
            self.flush();
        }
    }

    /// Sends the last batch; an error behind it refuses all that was sent.
    pub fn finish(&mut self, error: Option<Error>) {
        self.batch.extend(error.map(Err));
        self.flush();
    }

    fn flush(&mut self) {
        self.vertices = 0;
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_FEATURES));
        self.disconnected |= self.sender.send(batch).is_err();
    }
}

impl Iterator for FeatureReceiver {
    type Item = Result<Feature>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.batch.next() {
                return Some(next);
            }
            self.batch = self.receiver.recv().ok()?.into_iter();
        }
    }
}
