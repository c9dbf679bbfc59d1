//! Viewers: the principals of all requests, with their role and their cities.

use crate::change::{AccountId, ChangeAuthor};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What a viewer may do; each role may do more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessRole {
    /// Has no account; sees what is public.
    Visitor,
    /// Sees what partners see, and what is internal to their cities.
    Viewer,
    /// Adds features in their cities, and changes those that they created.
    Contributor,
    /// Changes everything in their cities.
    Editor,
    Admin,
}

/// The principal of a request. Two viewers with equal rights can still be two people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    login: Option<Arc<str>>,
    name: Arc<str>,
    role: AccessRole,
    /// The ids of the cities, sorted.
    cities: Arc<[Box<str>]>,
    account: Option<ViewerAccount>,
}

/// The account or token of a viewer, whatever its login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerAccount {
    pub id: AccountId,
    /// When it was created, in seconds since 1970; 0 when that was not recorded yet.
    pub since_s: i64,
}

/// A token that a tool sends instead of a password: the viewer that it stands for, and its expiry (seconds since 1970).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub viewer: Viewer,
    pub expires_s: i64,
}

impl Viewer {
    /// A viewer without an account.
    #[must_use]
    pub fn visitor() -> Self {
        Self { login: None, name: "".into(), role: AccessRole::Visitor, cities: Arc::new([]), account: None }
    }

    /// A viewer with an account, or a token.
    #[must_use]
    pub fn new<'a>(login: &str, name: &str, role: AccessRole, cities: impl IntoIterator<Item = &'a str>) -> Self {
        let mut cities: Vec<Box<str>> = cities.into_iter().map(Box::from).collect();
        cities.sort_unstable();
        cities.dedup();
        Self { login: Some(login.into()), name: name.into(), role, cities: cities.into(), account: None }
    }

    /// The same viewer with an account.
    #[must_use]
    pub fn with_account(self, account: ViewerAccount) -> Self {
        Self { account: Some(account), ..self }
    }

    /// `None` for a visitor, and before the account is stored.
    #[must_use]
    pub fn account(&self) -> Option<&ViewerAccount> {
        self.account.as_ref()
    }

    /// The viewer as the author of a change.
    #[must_use]
    pub fn as_author(&self) -> ChangeAuthor {
        let name = self.login().unwrap_or("a visitor").to_owned();
        ChangeAuthor { name, account: self.account.as_ref().map(|account| account.id.clone()) }
    }

    /// `None` for a visitor.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// The display name; may be empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn role(&self) -> AccessRole {
        self.role
    }

    /// The ids of the viewer's cities, sorted.
    #[must_use]
    pub fn cities(&self) -> &[Box<str>] {
        &self.cities
    }

    #[must_use]
    pub fn belongs_to_city(&self, city: &str) -> bool {
        self.cities.binary_search_by(|c| (**c).cmp(city)).is_ok()
    }
}

impl AccessRole {
    pub const ALL: [Self; 5] = [Self::Visitor, Self::Viewer, Self::Contributor, Self::Editor, Self::Admin];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Viewer => "viewer",
            Self::Contributor => "contributor",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for AccessRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AccessRole {
    type Err = String;

    /// Parses the roles that an account can have.
    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .filter(|r| *r != Self::Visitor)
            .find(|r| r.name() == name)
            .ok_or_else(|| format!("There is no role '{name}'. Use viewer, contributor, editor or admin."))
    }
}
