//! Who may change what.

use super::policy::Policy;
use super::viewer::{Role, Viewer};
use crate::error::{Error, Result};
use crate::feature::{Feature, Value};

impl Policy {
    /// Whether this viewer may make `after` out of `before`: `None` before is a new feature, `None` after its end. `is_own` says
    /// whether they made the feature that is there; it is asked only when that matters.
    ///
    /// # Errors
    /// [`Error::Denied`] saying who could.
    pub fn may_edit(
        &self,
        viewer: &Viewer,
        before: Option<&Feature>,
        after: Option<&Feature>,
        is_own: impl FnOnce() -> Result<bool>,
    ) -> Result<()> {
        let id = &self.collection.id;
        match viewer.role() {
            Role::Admin => return Ok(()),
            Role::Visitor => return denied("Changing the plan needs an account. Sign in, or send a token.".into()),
            Role::Viewer => return denied(format!("'{}' may look, not change. An editor can.", login(viewer))),
            Role::Contributor | Role::Editor if self.admins_only => {
                return denied(format!("'{id}' belongs to all cities together. Only admins change it."));
            }
            Role::Contributor | Role::Editor => {}
        }
        for feature in [before, after].into_iter().flatten() {
            self.in_own_city(viewer, feature)?;
        }
        if viewer.role() == Role::Contributor
            && let Some(feature) = before
            && !is_own()?
        {
            let message = format!(
                "'{}' was made by somebody else. Contributors change what they made themselves; an editor of the city can change it.",
                feature.id
            );
            return denied(message);
        }
        Ok(())
    }

    /// Whether this viewer may add features at all; each must still pass [`Policy::may_edit`].
    #[must_use]
    pub fn may_add(&self, viewer: &Viewer) -> bool {
        match viewer.role() {
            Role::Admin => true,
            Role::Contributor | Role::Editor => !self.admins_only,
            Role::Visitor | Role::Viewer => false,
        }
    }

    fn in_own_city(&self, viewer: &Viewer, feature: &Feature) -> Result<()> {
        let Some(field) = self.city else { return Ok(()) };
        let own = || viewer.cities().join(", ");
        match feature.values.get(field) {
            Some(Value::Text(city)) if viewer.is_of(city) => Ok(()),
            Some(Value::Text(city)) => denied(format!(
                "'{}' belongs to '{city}', and '{}' may change what belongs to: {}.",
                feature.id,
                login(viewer),
                own()
            )),
            _ => denied(format!(
                "'{}' names no city. Say in '{}' which one of: {}.",
                feature.id,
                self.collection.fields[field].name,
                own()
            )),
        }
    }
}

fn login(viewer: &Viewer) -> &str {
    viewer.login().unwrap_or("a visitor")
}

fn denied(message: String) -> Result<()> {
    Err(Error::Denied(message))
}
