//! Checks that register themselves: each is one item that has its description, its questions and its code.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use crate::context::Context;
use crate::contract::exports::wardline::check::types::{CheckDescription, Scope};
use crate::evidence::Unable;
use crate::finding::{CheckedFinding, Finding};
use crate::setting::DeclaredSetting;

/// One check of a plugin: everything that the host and its users learn about it, and its code.
///
/// `Subject` is the object that the check examines, if there is one besides the target: the plugin, a parsed configuration, an
/// installed instance. A [`Suite`] collects the checks of one subject.
///
/// ```
/// use wardline_plugin::prelude::*;
///
/// struct TelnetService;
///
/// impl Check for TelnetService {
///     const INFO: CheckInfo = CheckInfo::new("telnet-service", "Telnet service")
///         .explanation("Passwords cross the network in clear text.");
///     const ASKS: &'static [Asks] = &[Asks::Services];
///
///     async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
///         let service = cx.evidence.service("TlntSvr").await.optional()?;
///         Ok(match &*service {
///             Some(_) => Finding::critical("There is a telnet service."),
///             None => Finding::passed("There is no telnet service."),
///         }
///         .because(&service))
///     }
/// }
///
/// const CHECKS: Suite = suite![TelnetService];
/// ```
pub trait Check<Subject: 'static = ()>: 'static {
    /// The check's id, title and explanation.
    const INFO: CheckInfo;
    /// The questions that this check may ask, in addition to those that the plugin declares. Every other question is answered
    /// `denied`.
    const ASKS: &'static [Asks] = &[];
    /// The settings that this check reads.
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[];

    /// Examines the target.
    ///
    /// # Errors
    ///
    /// The reason why the check could not be made, which the report shows as *unable to scan*.
    fn run(cx: Context<'_, Subject>) -> impl Future<Output = Result<Finding, Unable>>;
}

/// The description of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckInfo {
    /// In kebab-case, unique within the plugin.
    pub id: &'static str,
    /// The title, for people.
    pub title: &'static str,
    /// MBSA's number of the check, if MBSA made it.
    pub mbsa: Option<u32>,
    /// The headings of the finding's table.
    pub columns: &'static [&'static str],
    /// Why the check matters, in one or two sentences.
    pub explanation: &'static str,
}

impl CheckInfo {
    /// `id` is kebab-case and unique within the plugin; `title` is for people.
    pub const fn new(id: &'static str, title: &'static str) -> Self {
        CheckInfo { id, title, mbsa: None, columns: &[], explanation: "" }
    }

    /// Sets MBSA's number of the check.
    #[must_use]
    pub const fn mbsa(mut self, number: u32) -> Self {
        self.mbsa = Some(number);
        self
    }

    /// Sets the headings of the finding's table.
    #[must_use]
    pub const fn columns(mut self, columns: &'static [&'static str]) -> Self {
        self.columns = columns;
        self
    }

    /// Sets why the check matters, in one or two sentences.
    #[must_use]
    pub const fn explanation(mut self, explanation: &'static str) -> Self {
        self.explanation = explanation;
        self
    }
}

impl From<CheckInfo> for CheckDescription {
    fn from(info: CheckInfo) -> Self {
        CheckDescription {
            id: info.id.to_owned(),
            mbsa: info.mbsa,
            title: info.title.to_owned(),
            columns: info.columns.iter().map(|&column| column.to_owned()).collect(),
            explanation: info.explanation.to_owned(),
        }
    }
}

/// A kind of question that a check may ask: the contract's [`Scope`], as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Product, version, service pack, role and language.
    System,
    /// The services.
    Services,
    /// The local accounts.
    Accounts,
    /// The local groups and their members.
    Groups,
    /// The shared folders.
    Shares,
    /// The volumes and their file systems.
    Volumes,
    /// The audit policy.
    AuditPolicy,
    /// The password policy.
    PasswordPolicy,
    /// The profiles of people who have logged on.
    Profiles,
    /// The permissions of the declared registry keys and files.
    Permissions,
    /// Everything that the catalog's updates name.
    Updates,
    /// Registry keys, as a pattern: `HKLM\SOFTWARE\Microsoft\InetStp\**`.
    Registry(&'static str),
    /// Files and folders, as a pattern: `%windir%\system32\inetsrv\*`.
    File(&'static str),
    /// The contents of text files, as a pattern.
    Text(&'static str),
}

impl From<Asks> for Scope {
    fn from(asks: Asks) -> Self {
        match asks {
            Asks::System => Scope::System,
            Asks::Services => Scope::Services,
            Asks::Accounts => Scope::Accounts,
            Asks::Groups => Scope::Groups,
            Asks::Shares => Scope::Shares,
            Asks::Volumes => Scope::Volumes,
            Asks::AuditPolicy => Scope::AuditPolicy,
            Asks::PasswordPolicy => Scope::PasswordPolicy,
            Asks::Profiles => Scope::Profiles,
            Asks::Permissions => Scope::Permissions,
            Asks::Updates => Scope::Updates,
            Asks::Registry(pattern) => Scope::Registry(pattern.to_owned()),
            Asks::File(pattern) => Scope::File(pattern.to_owned()),
            Asks::Text(pattern) => Scope::Text(pattern.to_owned()),
        }
    }
}

type CheckFuture<'a> = Pin<Box<dyn Future<Output = Result<Finding, Unable>> + 'a>>;

/// A check in a [`Suite`]. [`suite!`](crate::suite) makes it.
pub struct SuiteEntry<Subject> {
    info: CheckInfo,
    asks: &'static [Asks],
    settings: &'static [&'static dyn DeclaredSetting],
    run: for<'a> fn(Context<'a, Subject>) -> CheckFuture<'a>,
}

impl<Subject> std::fmt::Debug for SuiteEntry<Subject> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.info.id)
    }
}

impl<Subject: 'static> SuiteEntry<Subject> {
    /// Returns the entry of a check.
    pub const fn of<C: Check<Subject>>() -> Self {
        fn run<'a, Subject: 'static, C: Check<Subject>>(cx: Context<'a, Subject>) -> CheckFuture<'a> {
            Box::pin(C::run(cx))
        }
        SuiteEntry { info: C::INFO, asks: C::ASKS, settings: C::SETTINGS, run: run::<Subject, C> }
    }
}

/// Checks of one subject, which run side by side. [`suite!`](crate::suite) makes it from the checks' types.
///
/// [`checks`](crate::describe::Describing::checks) adds all of them to the plugin's description, so that a plugin names each
/// check once.
pub struct Suite<Subject: 'static = ()>(&'static [SuiteEntry<Subject>]);

impl<Subject> std::fmt::Debug for Suite<Subject> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.0).finish()
    }
}

// Derived, both would require a subject that can be copied.
impl<Subject> Clone for Suite<Subject> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Subject> Copy for Suite<Subject> {}

impl<Subject> Suite<Subject> {
    /// A suite of these entries.
    pub const fn new(entries: &'static [SuiteEntry<Subject>]) -> Self {
        Suite(entries)
    }

    /// Returns the descriptions of the checks.
    pub fn infos(self) -> impl Iterator<Item = CheckInfo> {
        self.0.iter().map(|entry| entry.info)
    }

    /// Returns the questions that the checks may ask, check by check.
    pub fn asks(self) -> impl Iterator<Item = Asks> {
        self.0.iter().flat_map(|entry| entry.asks).copied()
    }

    /// Returns the settings that the checks read, check by check.
    pub fn settings(self) -> impl Iterator<Item = &'static dyn DeclaredSetting> {
        self.0.iter().flat_map(|entry| entry.settings).copied()
    }

    /// Runs all checks side by side: their first questions share one round, their second questions the next, and so on. The
    /// findings are in the order of the suite.
    pub async fn run(self, cx: Context<'_, Subject>) -> Vec<CheckedFinding> {
        side_by_side(self.0.iter().map(|entry| (entry.info, (entry.run)(cx), None)).collect()).await
    }

    /// Runs all checks as [`run`](Suite::run) does, and says in each finding which subject it is about: a SQL Server
    /// instance, a site.
    pub async fn run_about(self, name: &str, cx: Context<'_, Subject>) -> Vec<CheckedFinding> {
        let mut checked = self.run(cx).await;
        checked.iter_mut().for_each(|checked| checked.subject = Some(name.to_owned()));
        checked
    }

    /// Returns a ready finding for each check, for a target on which none of them needs to run: the product is not installed,
    /// or its configuration cannot be read.
    ///
    /// ```
    /// # use wardline_plugin::prelude::*;
    /// # fn f(checks: Suite) -> Findings {
    /// checks.conclude(|_| Finding::not_performed("IIS is not installed.")).into()
    /// # }
    /// ```
    pub fn conclude<F: Into<Finding>>(self, finding: impl Fn(CheckInfo) -> F) -> Vec<CheckedFinding> {
        self.infos().map(|info| info.found(finding(info))).collect()
    }
}

/// Runs checks that have no result yet. Not generic, and no general join: every plugin carries this code.
async fn side_by_side(mut checks: Vec<(CheckInfo, CheckFuture<'_>, Option<Finding>)>) -> Vec<CheckedFinding> {
    poll_fn(|context| {
        let mut waiting = false;
        for (_, future, found) in checks.iter_mut().filter(|(.., found)| found.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(result) => *found = Some(result.into()),
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    checks.into_iter().filter_map(|(info, _, found)| Some(info.found(found?))).collect()
}

impl CheckInfo {
    fn found(self, finding: impl Into<Finding>) -> CheckedFinding {
        CheckedFinding { check: self.id, subject: None, finding: finding.into() }
    }
}

/// Makes a [`Suite`](crate::check::Suite) of these [`Check`](crate::check::Check)s: `suite![Logging, ParentPaths]`.
#[macro_export]
macro_rules! suite {
    ($($check:ty),* $(,)?) => {
        $crate::check::Suite::new(&[$($crate::check::SuiteEntry::of::<$check>()),*])
    };
}
