//! Who may bring files into a collection.

use super::import_registry::owner_of;
use crate::error::Error;
use crate::http::problem::ProblemDetails;
use crate::http::request_context::RequestContext;

/// Refuses those who may change nothing in the collection; returns who an import belongs to.
///
/// # Errors
/// 403, and 404 for a collection that is not there.
pub fn check_rights(context: &RequestContext, into: &str) -> Result<String, ProblemDetails> {
    if context.app.config.read_only {
        return Err(Error::PermissionDenied("This server is read-only.".into()).into());
    }
    context.plan().may_write(into)?;
    let nobody = || Error::PermissionDenied("Only users with an account can bring in files. Sign in first.".into());
    Ok(owner_of(context.viewer()).ok_or_else(nobody)?)
}
