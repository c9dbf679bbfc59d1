//! The policy of editing: who may change which features.

use super::policy::{AccessLevel, Policy};
use super::viewer::{AccessRole, Viewer};
use crate::error::{Error, Result};
use crate::feature::{Feature, FieldValue};

impl Policy {
    /// Whether this viewer may change `before` into `after`. Without `before` the feature is created, without `after`
    /// deleted. `is_own` returns whether the viewer created the feature; it is called only when the answer depends on
    /// it.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] saying who may.
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
                return deny_edit("Only users with an account can change the plan. Sign in, or send a token.".into());
            }
            AccessRole::Viewer => {
                return deny_edit(format!(
                    "'{}' may view the plan, but not change it. Ask an editor.",
                    login_or_visitor(viewer)
                ));
            }
            AccessRole::Contributor | AccessRole::Editor if self.admins_only => {
                return deny_edit(format!("'{id}' belongs to all cities. Only admins can change it."));
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
                "'{}' was created by another user. Contributors can change only features that they created. Ask an editor of the city.",
                feature.id
            );
            return deny_edit(message);
        }
        if viewer.role() == AccessRole::Contributor {
            self.check_moderation(before, after)?;
        }
        Ok(())
    }

    /// In a moderated collection, contributors add features in the first state, change those that are not published
    /// yet, and leave the state alone.
    fn check_moderation(&self, before: Option<&Feature>, after: Option<&Feature>) -> Result<()> {
        let Some(rule) = &self.visibility else { return Ok(()) };
        let (Some(first), Some(field), Some(after)) = (rule.first_state.as_deref(), rule.field, after) else {
            return Ok(());
        };
        let state = |feature: &Feature| match feature.values.get(field) {
            Some(FieldValue::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        let (was, becomes) = (before.map_or_else(|| Some(first.to_owned()), state), state(after));
        if before.is_some() && rule.level_of_value(was.as_deref()) != AccessLevel::Internal {
            return deny_edit(format!(
                "'{}' has been published, and its text was moderated as it is. Ask an editor of the city to change it.",
                after.id
            ));
        }
        if becomes == was || (before.is_none() && becomes.is_none()) {
            return Ok(());
        }
        let field = &self.collection.fields[field].name;
        deny_edit(format!(
            "Only editors move '{field}', which decides who sees '{}'. Leave it at '{}'.",
            after.id,
            was.unwrap_or_default()
        ))
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
                "'{}' belongs to '{city}', but '{}' can change only features of: {}.",
                feature.id,
                login_or_visitor(viewer),
                own()
            )),
            _ => deny_edit(format!(
                "'{}' has no city. Set '{}' to one of: {}.",
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
