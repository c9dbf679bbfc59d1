//! A collection in memory: columns under R-trees. Readers hold a snapshot and never wait for a writer. Never touches
//! the disk.
//!
//! A snapshot is a short list of tiers, oldest first. A tier is an immutable segment and the set of its dead slots. An
//! edit adds a small tier; tiers of similar size are merged, so that there are never more than a few (a log-structured
//! merge tree).

mod slot; // where a feature is
mod text_array; // strings in one buffer
mod column; // one field of all features
mod geometry_array; // geometries in flat arrays
mod world_box; // boxes in world coordinates, the Hilbert curve
mod vertex_rank; // the zoom from which a position matters
mod zoom_band; // the R-trees
mod segment; // all of this for some features
mod snapshot_tier; // a segment and its dead slots
mod snapshot; // one state of the collection
mod point_thinning; // the zoom from which a point is drawn
mod tiers; // edits and merges
mod collection_index; // the newest snapshot, and the next
mod visibility_mask; // a snapshot without what a viewer may not see
mod box_intersection; // geometry against a box, exactly
mod slot_row; // one slot as filters read it
mod select; // queries
mod position_text; // positions as decimal text
mod feature_writer; // whole features out, as GeoJSON and as values
mod feature_parts; // single parts of features out

pub use collection_index::{CollectionIndex, IndexBuilder};
pub(crate) use column::{CellValue, PropertyColumn, TextDictionary};
pub(crate) use geometry_array::{GeometryPath, PathRole};
pub(crate) use segment::IndexSegment;
pub use select::SelectionPage;
pub use slot::FeatureSlot;
pub(crate) use slot_row::SlotRow;
pub use snapshot::Snapshot;
pub(crate) use vertex_rank::FULL_DETAIL_RANK;
pub use visibility_mask::{FeatureVisibility, VisibilityMask};
pub(crate) use world_box::WorldBox;
