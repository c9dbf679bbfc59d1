//! Who may change what.

use super::policy::Policy;
use super::viewer::{AccessRole, Viewer};
use crate::error::{Error, Result};
use crate::feature::{Feature, FieldValue};

impl Policy {
    /// Whether this viewer may make `after` out of `before`: `None` before is a new feature, `None` after its end. `is_own` says
    /// whether they made the feature that is there; it is asked only when that matters.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] saying who could.
    pub fn may_edit(
        &self,
        viewer: &Viewer,
        before: Option<&Feature>,
        after: Option<&Feature>,
        is_own: impl FnOnce() -> Result<bool>,
    ) -> Result<()> {
        let id = &self.collection.id;
        match viewer.role() {
            AccessRole::Admin => return Ok(()),
            AccessRole::Visitor => {
                return deny_edit("Changing the plan needs an account. Sign in, or send a token.".into());
            }
            AccessRole::Viewer => {
                return deny_edit(format!("'{}' may look, not change. An editor can.", login_or_visitor(viewer)));
            }
            AccessRole::Contributor | AccessRole::Editor if self.admins_only => {
                return deny_edit(format!("'{id}' belongs to all cities together. Only admins change it."));
            }
            AccessRole::Contributor | AccessRole::Editor => {}
        }
        for feature in [before, after].into_iter().flatten() {
            self.check_own_city(viewer, feature)?;
        }
        if viewer.role() == AccessRole::Contributor
            && let Some(feature) = before
            && !is_own()?
        {
            let message = format!(
                "'{}' was made by somebody else. Contributors change what they made themselves; an editor of the city can change it.",
                feature.id
            );
            return deny_edit(message);
        }
        Ok(())
    }

    /// Whether this viewer may add features at all; each must still pass [`Policy::may_edit`].
    #[must_use]
    pub fn may_add(&self, viewer: &Viewer) -> bool {
        match viewer.role() {
            AccessRole::Admin => true,
            AccessRole::Contributor | AccessRole::Editor => !self.admins_only,
            AccessRole::Visitor | AccessRole::Viewer => false,
        }
    }

    fn check_own_city(&self, viewer: &Viewer, feature: &Feature) -> Result<()> {
        let Some(field) = self.city else { return Ok(()) };
        let own = || viewer.cities().join(", ");
        match feature.values.get(field) {
            Some(FieldValue::Text(city)) if viewer.belongs_to_city(city) => Ok(()),
            Some(FieldValue::Text(city)) => deny_edit(format!(
                "'{}' belongs to '{city}', and '{}' may change what belongs to: {}.",
                feature.id,
                login_or_visitor(viewer),
                own()
            )),
            _ => deny_edit(format!(
                "'{}' names no city. Say in '{}' which one of: {}.",
                feature.id,
                self.collection.fields[field].name,
                own()
            )),
        }
    }
}

fn login_or_visitor(viewer: &Viewer) -> &str {
    viewer.login().unwrap_or("a visitor")
}

fn deny_edit(message: String) -> Result<()> {
    Err(Error::PermissionDenied(message))
}
