//! The commands `user` and `token`.

use super::args::{PrincipalArgs, RoleArg, TokenCommand, UserCommand};
use super::console::{print_line, print_output};
use crate::access::{self, Viewer};
use crate::atlas::{AccountService, PlanFile};
use crate::collection::CollectionId;
use crate::error::count_noun;
use crate::error::{Error, Result};
use crate::suggestion::suggest_name;
use jiff::Timestamp;
use std::io::BufRead;
use std::path::Path;

/// Runs a `user` command.
pub fn run_user_command(command: &UserCommand) -> Result<()> {
    match command {
        UserCommand::Add { holder: principal, name, password } => {
            let accounts = open_accounts(&principal.plan)?;
            let user = build_viewer(principal, name)?;
            let (secret, generated) = read_password(password.password_stdin)?;
            accounts.add_user(&user, &secret)?;
            print_line(&format!("'{}' is {} now and can sign in.", principal.login, with_article(user.role())));
            show_password(generated, &secret);
        }
        UserCommand::Password { login, plan, password } => {
            let accounts = open_accounts(plan)?;
            let (secret, generated) = read_password(password.password_stdin)?;
            accounts.set_password(login, &secret)?;
            print_line(&format!("'{login}' has a new password and is signed out everywhere."));
            show_password(generated, &secret);
        }
        UserCommand::Remove { login, plan } => {
            open_accounts(plan)?.remove_user(login)?;
            print_line(&format!("Removed '{login}'. The history keeps their changes."));
        }
        UserCommand::List { plan } => {
            for user in open_accounts(plan)?.list_users()? {
                print_output(&format_row(&user, user.name()));
            }
        }
    }
    Ok(())
}

/// Runs a `token` command.
pub fn run_token_command(command: &TokenCommand) -> Result<()> {
    match command {
        TokenCommand::Add { holder: principal, days } => {
            let secret = open_accounts(&principal.plan)?.add_token(&build_viewer(principal, "")?, *days)?;
            print_line(&format!(
                "A token named '{}' for {}. It is shown only once. Send it as Authorization: Bearer.",
                principal.login,
                count_noun(u64::from(*days), "day")
            ));
            print_output(&secret);
        }
        TokenCommand::Revoke { name, plan } => {
            open_accounts(plan)?.revoke_token(name)?;
            print_line(&format!("Revoked the token '{name}'."));
        }
        TokenCommand::List { plan } => {
            let now = Timestamp::now().as_second();
            for token in open_accounts(plan)?.list_tokens()? {
                let day = Timestamp::from_second(token.expires_s).map(|t| t.to_string()).unwrap_or_default();
                let state = if token.expires_s > now { "until" } else { "expired" };
                print_output(&format_row(&token.viewer, &format!("{state} {}", day.get(..10).unwrap_or_default())));
            }
        }
    }
    Ok(())
}

/// The accounts of a plan that exists.
fn open_accounts(plan: &Path) -> Result<AccountService> {
    if !plan.is_file() {
        return Err(Error::NotFound(format!("There is no plan {}. Say which one with --plan.", plan.display())));
    }
    AccountService::beside_plan(plan)
}

fn build_viewer(principal: &PrincipalArgs, name: &str) -> Result<Viewer> {
    let known = list_city_ids(&principal.plan)?;
    for city in &principal.cities {
        if !known.is_empty() && !known.contains(city) {
            let hint = suggest_name(city, known.iter().map(String::as_str))
                .unwrap_or_else(|| format!("It has: {}.", known.join(", ")));
            return Err(Error::invalid(
                "city",
                format!("There is no city '{city}' in {}. {hint}", principal.plan.display()),
            ));
        }
    }
    Ok(Viewer::new(&principal.login, name, principal.role.to_role(), principal.cities.iter().map(String::as_str)))
}

/// The ids of the plan's cities.
pub fn list_city_ids(plan: &Path) -> Result<Vec<String>> {
    let plan_file = PlanFile::open_read_only(plan)?;
    let id = CollectionId::new("cities")?;
    let mut found = vec![];
    if plan_file.collections()?.iter().any(|c| c.id == id) {
        plan_file.scan_features(&id, &mut |city| {
            found.push(city.id.to_string());
            Ok(())
        })?;
    }
    Ok(found)
}

/// A password, and whether it was generated.
fn read_password(from_stdin: bool) -> Result<(String, bool)> {
    if !from_stdin {
        return Ok((access::generate_password()?, true));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Error::internal)?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

/// Shows a generated password; it is not stored and cannot be shown again.
fn show_password(generated: bool, secret: &str) {
    if generated {
        print_line("The password, shown only once:");
        print_output(secret);
    }
}

fn format_row(viewer: &Viewer, rest: &str) -> String {
    let cities = if viewer.cities().is_empty() { "-".to_owned() } else { viewer.cities().join(",") };
    format!("{}\t{}\t{cities}\t{rest}", viewer.login().unwrap_or_default(), viewer.role()).trim_end().to_owned()
}

fn with_article(role: access::AccessRole) -> String {
    let article = if matches!(role, access::AccessRole::Editor | access::AccessRole::Admin) { "an" } else { "a" };
    format!("{article} {role}")
}

impl RoleArg {
    fn to_role(self) -> access::AccessRole {
        match self {
            Self::Viewer => access::AccessRole::Viewer,
            Self::Contributor => access::AccessRole::Contributor,
            Self::Editor => access::AccessRole::Editor,
            Self::Admin => access::AccessRole::Admin,
        }
    }
}
