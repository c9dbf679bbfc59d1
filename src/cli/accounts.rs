//! Accounts from the command line: who may sign in, and which tokens tools hold.

use super::args::{Holder, Role, TokenAction, UserAction};
use super::say::{line, output};
use crate::access::{self, Viewer};
use crate::atlas::{Accounts, Shelf};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::filter::closest;
use jiff::Timestamp;
use std::io::BufRead;
use std::path::Path;

/// Does what was asked about users.
pub fn users(action: &UserAction) -> Result<()> {
    match action {
        UserAction::Add { holder, name, password } => {
            let accounts = beside(&holder.plan)?;
            let user = viewer(holder, name)?;
            let (word, made) = password_of(password.password_stdin)?;
            accounts.add_user(&user, &word)?;
            line(&format!("'{}' is {} now and can sign in.", holder.login, article(user.role())));
            tell(made, &word);
        }
        UserAction::Password { login, plan, password } => {
            let accounts = beside(plan)?;
            let (word, made) = password_of(password.password_stdin)?;
            accounts.set_password(login, &word)?;
            line(&format!("'{login}' has a new password and is signed out everywhere."));
            tell(made, &word);
        }
        UserAction::Remove { login, plan } => {
            beside(plan)?.remove_user(login)?;
            line(&format!("'{login}' cannot sign in any more. What they did stays in the history."));
        }
        UserAction::List { plan } => {
            for user in beside(plan)?.users()? {
                output(&row(&user, user.name()));
            }
        }
    }
    Ok(())
}

/// Does what was asked about tokens.
pub fn tokens(action: &TokenAction) -> Result<()> {
    match action {
        TokenAction::Add { holder, days } => {
            let secret = beside(&holder.plan)?.add_token(&viewer(holder, "")?, *days)?;
            line(&format!(
                "A token named '{}' for {days} days. It is shown this once; send it as Authorization: Bearer.",
                holder.login
            ));
            output(&secret);
        }
        TokenAction::Revoke { name, plan } => {
            beside(plan)?.revoke(name)?;
            line(&format!("The token '{name}' opens nothing any more."));
        }
        TokenAction::List { plan } => {
            let now = Timestamp::now().as_second();
            for token in beside(plan)?.tokens()? {
                let day = Timestamp::from_second(token.expires_s).map(|t| t.to_string()).unwrap_or_default();
                let word = if token.expires_s > now { "until" } else { "ended" };
                output(&row(&token.viewer, &format!("{word} {}", day.get(..10).unwrap_or_default())));
            }
        }
    }
    Ok(())
}

/// The accounts of a plan that is there.
fn beside(plan: &Path) -> Result<Accounts> {
    if !plan.is_file() {
        return Err(Error::NotFound(format!("There is no plan {}. Say which one with --plan.", plan.display())));
    }
    Accounts::beside(plan)
}

fn viewer(holder: &Holder, name: &str) -> Result<Viewer> {
    let known = cities(&holder.plan)?;
    for city in &holder.cities {
        if !known.is_empty() && !known.contains(city) {
            let hint = closest(city, known.iter().map(String::as_str))
                .map_or_else(|| format!("It has: {}.", known.join(", ")), |near| format!("Did you mean '{near}'?"));
            return Err(Error::invalid(
                "city",
                format!("There is no city '{city}' in {}. {hint}", holder.plan.display()),
            ));
        }
    }
    Ok(Viewer::new(&holder.login, name, holder.role.of(), holder.cities.iter().map(String::as_str)))
}

/// The ids of the plan's cities.
pub fn cities(plan: &Path) -> Result<Vec<String>> {
    let shelf = Shelf::open_read_only(plan)?;
    let id = CollectionId::new("cities")?;
    let mut found = vec![];
    if shelf.collections()?.iter().any(|c| c.id == id) {
        shelf.scan(&id, &mut |city| {
            found.push(city.id.to_string());
            Ok(())
        })?;
    }
    Ok(found)
}

/// A password, and whether it was made here.
fn password_of(from_stdin: bool) -> Result<(String, bool)> {
    if !from_stdin {
        return Ok((access::fresh_password()?, true));
    }
    let mut word = String::new();
    std::io::stdin().lock().read_line(&mut word).map_err(Error::internal)?;
    Ok((word.trim_end_matches(['\r', '\n']).to_owned(), false))
}

/// A password that was made here is shown, this once.
fn tell(made: bool, word: &str) {
    if made {
        line("The password, shown this once:");
        output(word);
    }
}

fn row(viewer: &Viewer, rest: &str) -> String {
    let cities = if viewer.cities().is_empty() { "-".to_owned() } else { viewer.cities().join(",") };
    format!("{}\t{}\t{cities}\t{rest}", viewer.login().unwrap_or_default(), viewer.role()).trim_end().to_owned()
}

fn article(role: access::Role) -> String {
    let article = if matches!(role, access::Role::Editor | access::Role::Admin) { "an" } else { "a" };
    format!("{article} {role}")
}

impl Role {
    fn of(self) -> access::Role {
        match self {
            Self::Viewer => access::Role::Viewer,
            Self::Contributor => access::Role::Contributor,
            Self::Editor => access::Role::Editor,
            Self::Admin => access::Role::Admin,
        }
    }
}
