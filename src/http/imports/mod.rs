//! Files that editors bring in: uploaded, reviewed, answered, saved as one change, forgotten. Belongs to the account
//! that uploads it; nobody else learns that it is there.

mod answer_import; // what the person says
mod import_registry; // files that are being reviewed
mod import_rights; // who may bring files in
mod save_import; // the review becomes a change
mod upload_file; // a body on its way to disk

pub use answer_import::{delete_import, get_import, get_recipe, list_imports, update_import};
pub use import_registry::ImportRegistry;
pub use save_import::commit_import;
pub use upload_file::create_import;
