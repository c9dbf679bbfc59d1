//! The name of a collection on the command line.

use crate::collection::CollectionId;

pub fn parse_collection_id(text: &str) -> Result<CollectionId, String> {
    CollectionId::new(text).map_err(|e| match e {
        crate::error::Error::Invalid(invalid) => invalid.message,
        other => other.to_string(),
    })
}
