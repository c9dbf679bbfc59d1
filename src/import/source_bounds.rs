//! What reading a file may use when a request waits for it: bytes, as they are unpacked, and the budget of the request.

use crate::work_budget::WorkBudget;
use std::io::{Error, ErrorKind, Read, Result};

/// What reading a file may use.
#[derive(Debug, Clone)]
pub struct SourceBounds {
    pub work: WorkBudget,
    /// The most bytes that it may unpack to.
    pub unpacked_bytes: u64,
    /// The most bytes that a workbook, which is held in memory, may unpack to.
    pub workbook_bytes: u64,
}

impl SourceBounds {
    /// A reader that ends in an error where the bounds do.
    pub fn bound<R: Read>(&self, input: R) -> BoundedReader<R> {
        BoundedReader { input, bounds: self.clone(), read: 0 }
    }
}

/// Reads within bounds.
pub struct BoundedReader<R> {
    input: R,
    bounds: SourceBounds,
    read: u64,
}

impl<R: Read> Read for BoundedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.bounds.work.check().map_err(Error::other)?;
        let bytes = self.input.read(buffer)?;
        self.read += bytes as u64;
        if self.read > self.bounds.unpacked_bytes {
            let most = self.bounds.unpacked_bytes >> 20;
            let message = format!("It unpacks to more than {most} MB. Import it by the command line");
            return Err(Error::new(ErrorKind::FileTooLarge, message));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_ends_at_the_bound_and_with_the_budget() {
        let bounds = SourceBounds { work: WorkBudget::unlimited(), unpacked_bytes: 1 << 20, workbook_bytes: 0 };
        let mut all = vec![];
        assert!(bounds.bound(std::io::repeat(7).take(1 << 20)).read_to_end(&mut all).is_ok());
        let error = bounds.bound(std::io::repeat(7)).read_to_end(&mut all).unwrap_err();
        assert!(error.to_string().contains("more than 1 MB"), "{error}");
    }
}
