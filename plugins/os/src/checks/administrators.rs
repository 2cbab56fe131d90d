//! MBSA 122: the number of individual accounts that may administer the machine.
//!
//! Groups among the members are listed but not counted, as in MBSA. A member that includes everyone who can log on is worse
//! than any number of accounts. A member that may be an account or a group makes the number a lower bound. So does a list
//! without the machine's built-in Administrator (RID 500): that account cannot be removed from the group, so the list is not
//! the one that Windows wrote. Windows gives a logon the RID in the account's record, so an account whose record carries
//! another's RID secretly has that account's rights. Each of these accounts, and each hidden one, is a separate finding under
//! its name.

use wardline_plugin::accounts::{ADMINISTRATORS, lacks_built_in_administrator, machine_sid};
use wardline_plugin::prelude::*;
use wardline_plugin::words::domain_and_rid;

use crate::principal::{Kind, principal};
use crate::release::keeps_accounts_in_directory;
use crate::wording::{counted, listed, with_remedies, with_table};

const MOST: Setting<u32> = Setting::new(
    "most-administrators",
    "The maximum number of individual accounts in the local group Administrators.",
    2,
);

/// The maximum number of accounts with a finding of their own; a target may have tens of thousands.
const MAX_TAMPERED: usize = 100;

/// Implementing least-privilege administrative models.
const ARTICLE: &str = "https://learn.microsoft.com/windows-server/identity/ad-ds/plan/security-best-practices/\
                       implementing-least-privilege-administrative-models";

pub(crate) struct Administrators;

impl Check for Administrators {
    const INFO: CheckInfo =
        CheckInfo::new("administrators", "Administrators").mbsa(122).columns(&["Member", "SID", "Kind"]).explanation(
            "Every account that can administer the machine is one more whose password gives full control of the \
             machine.",
        );
    const ASKS: &'static [Asks] = &[Asks::System, Asks::Accounts, Asks::Groups];
    const SETTINGS: &'static [&'static dyn DeclaredSetting] = &[&MOST];

    async fn run(cx: Context<'_>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        let most = cx.setting(MOST)? as usize;
        let system = evidence.system().await.required()?;
        if keeps_accounts_in_directory(&system) {
            return Ok(Finding::not_performed(
                "A domain controller's own account database does not contain the domain's groups, so its administrators \
                 were not checked.",
            )
            .because(&system));
        }
        let (groups, accounts) = join(evidence.groups(), evidence.accounts()).await;
        let known_accounts = accounts.known().map(Vec::as_slice).filter(|accounts| !accounts.is_empty());
        let mut judged = Judged::default();
        match accounts.clone().required() {
            Ok(accounts) => judged.accounts(&accounts),
            Err(unable) => judged.say(
                Grade::UnableToScan,
                format!("Whether an account has another account's rights could not be determined: {}.", unable.reason),
            ),
        }
        match groups.clone().required() {
            Ok(groups) => judged.groups(&groups, known_accounts, most),
            Err(unable) => judged.say(
                Grade::UnableToScan,
                format!("The members of the group Administrators could not be determined: {}.", unable.reason),
            ),
        }
        let finding = Finding::new(judged.grade(), judged.summary());
        let finding = with_table(finding, judged.rows).because(&groups).because(&accounts).because(&system);
        Ok(with_remedies(finding, judged.remedies))
    }
}

/// Returns the accounts whose records were changed to hide their rights, each with a finding.
///
/// Returns none for a domain controller, whose stored accounts are those of its repair mode.
pub(crate) async fn tampered_accounts(evidence: &Evidence) -> Vec<CheckedFinding> {
    let system = evidence.system().await;
    if system.known().is_none_or(keeps_accounts_in_directory) {
        return Vec::new();
    }
    let accounts = evidence.accounts().await;
    let listed = accounts.known().map(Vec::as_slice).unwrap_or_default();
    let tampered = listed.iter().filter(|account| is_tampered(account)).take(MAX_TAMPERED);
    let found = tampered.map(|account| CheckedFinding {
        check: Administrators::INFO.id,
        subject: Some(account.name.clone()),
        finding: as_tampered(account, listed).because(&accounts),
    });
    found.collect()
}

fn is_tampered(account: &Account) -> bool {
    account.foreign_rid().is_some() || account.is_hidden()
}

fn as_tampered(account: &Account, accounts: &[Account]) -> Finding {
    let mut sentences = Vec::new();
    let mut rows = Vec::new();
    let shown = |words: String| [account.name.clone(), format!("RID {}", account.rid), words];
    if let Some(rid) = account.foreign_rid() {
        let of_rid = accounts.iter().find(|other| other.rid == rid);
        let whose = of_rid.map_or_else(String::new, |other| format!(" of the account \"{}\"", other.name));
        sentences.push(format!(
            "The account \"{}\" (RID {}) carries the RID {rid}{whose}: anyone who logs on with it has that account's \
             rights.",
            account.name, account.rid
        ));
        rows.push(shown(format!("account that carries the RID {rid}")));
    }
    if account.is_hidden() {
        sentences
            .push(format!("The account \"{}\" (RID {}) is hidden from Windows' own tools.", account.name, account.rid));
        rows.push(shown("hidden account".to_owned()));
    }
    let finding = Finding::critical(sentences.join(" ")).mend(investigate(account));
    rows.into_iter().fold(finding, |finding, row| finding.row(row, Grade::Critical))
}

/// The partial results.
#[derive(Default)]
struct Judged {
    said: Vec<(Grade, String)>,
    rows: Vec<([String; 3], Grade)>,
    remedies: Vec<Remedy>,
}

impl Judged {
    fn say(&mut self, grade: Grade, sentence: String) {
        self.said.push((grade, sentence));
    }

    /// Returns the most severe grade. A fact that is not known is less severe than a fault, but more severe than a pass.
    fn grade(&self) -> Grade {
        let said = |grade| self.said.iter().any(|(said, _)| *said == grade);
        let gravest_first = [Grade::Critical, Grade::NonCritical, Grade::UnableToScan];
        gravest_first.into_iter().find(|grade| said(*grade)).unwrap_or(Grade::Passed)
    }

    fn summary(&self) -> String {
        self.said.iter().map(|(_, sentence)| sentence.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Judges whether each account has its own rights. An account with a fault has a separate finding.
    fn accounts(&mut self, accounts: &[Account]) {
        if accounts.is_empty() {
            let sentence = "Whether an account has another account's rights could not be determined: no accounts are \
                            listed, but every Windows installation has some.";
            return self.say(Grade::UnableToScan, sentence.to_owned());
        }
        let tampered = accounts.iter().filter(|account| is_tampered(account)).count();
        if tampered > 0 {
            let verb = if tampered == 1 { "is" } else { "are" };
            self.say(
                Grade::Critical,
                format!(
                    "{} {verb} hidden or given another account's rights: more accounts can administer the machine than \
                     the group lists.",
                    counted(tampered, "account")
                ),
            );
        }
        if let Some(damage) = crate::accounts::damage(accounts) {
            self.say(Grade::UnableToScan, format!("The rights of some accounts could not be determined: {damage}"));
        }
    }

    /// Judges the members of the group Administrators.
    fn groups(&mut self, groups: &[Group], accounts: Option<&[Account]>, most: usize) {
        let Some(group) = groups.iter().find(|group| group.sid == ADMINISTRATORS) else {
            return self.say(
                Grade::UnableToScan,
                "There is no group Administrators, but every Windows installation has one.".to_owned(),
            );
        };
        let listed_members: Vec<&GroupMember> = group.members.iter().filter(|member| !member.is_unreadable()).collect();
        let incomplete = group.may_have_more_members();
        if listed_members.is_empty() && !incomplete {
            let reason =
                "has no members, but the built-in Administrator is always one: the list is not what Windows wrote";
            return self.say(Grade::UnableToScan, format!("The group {} {reason}.", group.name));
        }
        let local = Local { groups, accounts, machine: machine_sid(groups) };
        let lacks_built_in = lacks_built_in_administrator(group, local.machine);
        let members: Vec<(&GroupMember, Kind, &str)> = listed_members
            .into_iter()
            .map(|member| {
                let (kind, words) = local.kind(member);
                (member, kind, words)
            })
            .collect();
        let of = |wanted: Kind| -> Vec<&str> {
            members.iter().filter(|(_, kind, _)| *kind == wanted).map(|(member, ..)| shown(member)).collect()
        };
        let (everybody, individuals, unknown) = (of(Kind::Everybody), of(Kind::Account), of(Kind::Unknown));
        if !everybody.is_empty() {
            let names = listed(&everybody);
            let verb = if everybody.len() == 1 { "is" } else { "are" };
            self.say(
                Grade::Critical,
                format!(
                    "{names} {verb} in the group {}: more people can administer the machine than anyone chose.",
                    group.name
                ),
            );
            self.remedies.push(
                Remedy::manual(format!("Remove {names} from the group {}.", group.name))
                    .undo(Operation::ManualStep(format!("Add {names} to the group {} again.", group.name)))
                    .risk("People and programs that rely on administrator rights lose them.")
                    .article(ARTICLE),
            );
        }
        let gap = match (incomplete, lacks_built_in) {
            (true, _) => Some("the list of members is damaged"),
            (false, true) => Some("the list of members lacks the built-in Administrator, which is always a member"),
            (false, false) => None,
        };
        self.count(group, &individuals, &unknown, gap, most);
        let too_many = individuals.len() > most;
        self.rows.extend(members.iter().map(|(member, kind, words)| {
            let grade = match kind {
                Kind::Everybody => Grade::Critical,
                Kind::Account if too_many => Grade::NonCritical,
                Kind::Account => Grade::Passed,
                Kind::Group | Kind::Service | Kind::Nobody | Kind::Unknown => Grade::Informational,
            };
            ([shown(member), member.sid.as_str(), words].map(str::to_owned), grade)
        }));
        if let Some(gap) = gap {
            let cells = ["(unreadable)", "", gap].map(str::to_owned);
            self.rows.push((cells, Grade::UnableToScan));
        }
        if too_many {
            self.remedies.push(remove(&group.name, individuals.len() - most));
        }
    }

    /// `gap` says why there may be more members than those listed.
    fn count(&mut self, group: &Group, individuals: &[&str], unknown: &[&str], gap: Option<&str>, most: usize) {
        let group = &group.name;
        let known = individuals.len();
        let number = match (gap.is_some(), unknown.len()) {
            (true, _) => format!("At least {}", counted(known, "individual account")),
            (false, 0) => counted(known, "individual account"),
            (false, unknown) => format!("{known} to {} individual accounts", known + unknown),
        };
        let names = if individuals.is_empty() { String::new() } else { format!(": {}", listed(individuals)) };
        let may_be = match unknown {
            [] => String::new(),
            unknown => format!(" {} may be accounts or groups: {}.", unknown.len(), listed(unknown)),
        };
        let damaged = gap.map(|gap| format!(" There may be more: {gap}.")).unwrap_or_default();
        if known > most {
            self.say(
                Grade::NonCritical,
                format!("{number} in the group {group}, more than the maximum of {most}{names}.{may_be}{damaged}"),
            );
        } else if gap.is_some() || known + unknown.len() > most {
            self.say(
                Grade::UnableToScan,
                format!(
                    "Whether more than {most} individual accounts are in the group {group} could not be determined. \
                     {number} found{names}.{may_be}{damaged}"
                ),
            );
        } else if known + unknown.len() == 0 {
            self.say(Grade::Passed, format!("The group {group} contains no individual accounts."));
        } else {
            self.say(Grade::Passed, format!("{number} in the group {group}{names}.{may_be}"));
        }
    }
}

/// The known accounts and groups of the machine.
struct Local<'a> {
    groups: &'a [Group],
    /// `None` if they cannot be read.
    accounts: Option<&'a [Account]>,
    machine: Option<&'a str>,
}

impl Local<'_> {
    fn kind(&self, member: &GroupMember) -> (Kind, &'static str) {
        let by_sid = principal(&member.sid);
        let Some((domain, rid)) = domain_and_rid(&member.sid).filter(|_| by_sid.0 == Kind::Unknown) else {
            return by_sid;
        };
        if self.groups.iter().any(|group| group.sid == member.sid) {
            (Kind::Group, "group")
        } else if member.name.is_some() || (self.machine == Some(domain) && self.has_account(rid)) {
            // Only the machine's own accounts have known names.
            (Kind::Account, "account")
        } else if self.machine == Some(domain) && self.lacks_account(rid) {
            (Kind::Nobody, "deleted account or group of this machine")
        } else {
            by_sid
        }
    }

    fn has_account(&self, rid: u32) -> bool {
        self.accounts.is_some_and(|accounts| accounts.iter().any(|account| account.rid == rid))
    }

    /// Whether the machine certainly has no account with this RID.
    fn lacks_account(&self, rid: u32) -> bool {
        self.accounts.is_some_and(|accounts| accounts.iter().all(|account| account.rid != rid && account.rid != 0))
    }
}

fn shown(member: &GroupMember) -> &str {
    member.name.as_deref().unwrap_or(&member.sid)
}

/// A person has to find out what else was changed.
fn investigate(account: &Account) -> Remedy {
    Remedy::manual(format!(
        "Disable the account \"{}\" (RID {}), and treat this machine as compromised: find out who changed its account \
         database and what else was changed, or reinstall it.",
        account.name, account.rid
    ))
    .risk("Anyone who uses the account can no longer log on.")
}

/// A person has to decide which of them to keep.
fn remove(group: &str, too_many: usize) -> Remedy {
    Remedy::manual(format!(
        "Remove {} from the group {group}: those that do not need to administer this machine.",
        counted(too_many, "account")
    ))
    .undo(Operation::ManualStep(format!("Add the removed accounts to the group {group} again.")))
    .risk(
        "Services, scheduled tasks and people that use these accounts lose their rights; keep one that is known to \
         work.",
    )
    .article(ARTICLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Os;
    use crate::checks::tests::{account, actions_of};
    use crate::product::tests::machine;
    use wardline_plugin::testing::{Bench, Run};

    const ID: &str = Administrators::INFO.id;

    const MACHINE: &str = "S-1-5-21-1-2-3";
    const DOMAIN: &str = "S-1-5-21-7-8-9";

    fn member(domain: &str, rid: u32, name: Option<&str>) -> GroupMember {
        GroupMember { sid: format!("{domain}-{rid}"), name: name.map(str::to_owned) }
    }

    fn bench(version: &str, role: Role, members: Vec<GroupMember>) -> Bench {
        let group = |name: &str, rid, sid: String, members| Group { name: name.to_owned(), rid, sid, members };
        let groups = vec![
            group("Administratoren", 544, ADMINISTRATORS.to_owned(), members),
            group("Operators", 1010, format!("{MACHINE}-1010"), vec![]),
        ];
        Bench::new()
            .fact(Question::System, Fact::System(machine(version, 2195, 2, role, &[])))
            .fact(Question::Groups, Fact::Groups(groups))
            .fact(Question::Accounts, Fact::Accounts(local_accounts()))
    }

    fn local_accounts() -> Vec<Account> {
        [("Administrator", 500), ("Guest", 501), ("scott", 1000), ("tiger", 1001)]
            .map(|(name, rid)| account(name, rid))
            .to_vec()
    }

    fn administrator() -> GroupMember {
        member(MACHINE, 500, Some("Administrator"))
    }

    #[test]
    fn individual_accounts_are_counted() {
        let scott = || member(MACHINE, 1000, Some("scott"));
        let tiger = || member(MACHINE, 1001, Some("tiger"));
        let domain_admins = || member(DOMAIN, 512, None);
        let someone = |rid| member(DOMAIN, rid, None);
        let entra = |number| member("S-1-12-1-1-2-3", number, None);
        for (members, grade) in [
            // The built-in Administrator cannot be removed, so a list without members is not the one that Windows wrote.
            (vec![], Grade::UnableToScan),
            (vec![administrator()], Grade::Passed),
            (vec![administrator(), scott()], Grade::Passed),
            (vec![administrator(), scott(), tiger()], Grade::NonCritical),
            (vec![administrator(), scott(), domain_admins()], Grade::Passed),
            (vec![administrator(), scott(), member(MACHINE, 1010, Some("Operators"))], Grade::Passed),
            // Not a group that an administrator chose: everyone who logs on is an administrator.
            (vec![administrator(), scott(), member("S-1-5", 4, Some("INTERACTIVE"))], Grade::Critical),
            (vec![administrator(), member("S-1-1", 0, Some("Everyone"))], Grade::Critical),
            (vec![administrator(), member("S-1-5", 11, Some("Authenticated Users"))], Grade::Critical),
            (vec![administrator(), member(DOMAIN, 513, None)], Grade::Critical),
            (vec![administrator(), scott(), tiger(), member("S-1-1", 0, Some("Everyone"))], Grade::Critical),
            (vec![administrator(), scott(), member("S-1-5-80-1-2-3-4", 5, None)], Grade::Passed),
            (vec![administrator(), scott(), member("S-1-5", 18, Some("SYSTEM"))], Grade::Passed),
            // Entra accounts, groups and roles share one kind of SID.
            (vec![administrator(), entra(1)], Grade::Passed),
            (vec![administrator(), entra(1), entra(2)], Grade::UnableToScan),
            (vec![administrator(), scott(), tiger(), entra(1)], Grade::NonCritical),
            // From an unknown authority.
            (vec![administrator(), scott(), member("S-1-99", 1, None)], Grade::UnableToScan),
            // Deleted: the machine has no account with this RID.
            (vec![administrator(), scott(), member(MACHINE, 1007, None)], Grade::Passed),
            (vec![administrator(), scott(), member(MACHINE, 503, None)], Grade::NonCritical),
            (vec![administrator(), scott(), member(MACHINE, 1001, None)], Grade::NonCritical),
            (vec![administrator(), someone(1104)], Grade::Passed),
            (vec![administrator(), someone(1104), someone(1105)], Grade::UnableToScan),
            (vec![administrator(), scott(), tiger(), someone(1104)], Grade::NonCritical),
            (vec![administrator(), scott(), member(DOMAIN, 500, None)], Grade::NonCritical),
        ] {
            let run = bench("5.0", Role::Server, members.clone()).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{members:?}: {}", finding.summary);
            assert_eq!(finding.rows.len(), members.len());
            let actions = actions_of(&run, ID).len();
            assert_eq!(actions > 0, matches!(grade, Grade::NonCritical | Grade::Critical), "{members:?}");
        }
    }

    /// "The Administrator account can never be deleted or removed from the Administrators group, but it can be renamed or
    /// disabled" ("User and computer accounts" in the documentation of Windows Server 2003).
    #[test]
    fn a_list_without_the_built_in_administrator_is_a_lower_bound() {
        let scott = || member(MACHINE, 1000, Some("scott"));
        let tiger = || member(MACHINE, 1001, Some("tiger"));
        let third = || member(MACHINE, 1002, Some("third"));
        for (members, grade) in [
            (vec![member(DOMAIN, 512, None)], Grade::UnableToScan),
            (vec![member(MACHINE, 1007, None)], Grade::UnableToScan),
            (vec![scott()], Grade::UnableToScan),
            (vec![scott(), member(DOMAIN, 500, None)], Grade::UnableToScan),
            (vec![scott(), tiger(), third()], Grade::NonCritical),
            (vec![member("S-1-1", 0, Some("Everyone"))], Grade::Critical),
            (vec![member(MACHINE, 500, Some("renamed"))], Grade::Passed),
            (vec![member(MACHINE, 500, None)], Grade::Passed),
        ] {
            let run = bench("5.0", Role::Server, members.clone()).run::<Os>();
            let finding = run.check(ID);
            assert_eq!(finding.grade, grade, "{members:?}: {}", finding.summary);
            let said = finding.summary.contains("lacks the built-in Administrator");
            assert_eq!(said, !members.iter().any(|member| member.sid.ends_with("-3-500")), "{}", finding.summary);
        }
        // If the machine's SID is not known, any built-in Administrator may be its own, but there has to be one.
        let group = |members| Group { name: "Administrators".into(), rid: 544, sid: ADMINISTRATORS.into(), members };
        for (members, grade) in [
            (vec![member(DOMAIN, 512, None)], Grade::UnableToScan),
            (vec![member("S-1-5", 18, Some("SYSTEM"))], Grade::UnableToScan),
            (vec![member(DOMAIN, 1104, None)], Grade::UnableToScan),
            (vec![member(MACHINE, 500, None), member(DOMAIN, 512, None)], Grade::Passed),
        ] {
            let groups = Fact::Groups(vec![group(members.clone())]);
            let run = bench("5.0", Role::Server, vec![]).fact(Question::Groups, groups).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{members:?}: {}", run.check(ID).summary);
        }
    }

    #[test]
    fn a_number_that_may_be_higher_is_given_as_such() {
        let entra = member("S-1-12-1-1-2-3", 4, None);
        let run = bench("10.0", Role::Workstation, vec![administrator(), entra]).run::<Os>();
        let summary = &run.check(ID).summary;
        assert!(summary.contains("1 to 2 individual accounts") && summary.contains("S-1-12-1-1-2-3-4"), "{summary}");
    }

    #[test]
    fn a_damaged_list_is_a_lower_bound() {
        let unreadable = || GroupMember { sid: String::new(), name: Some("(unreadable)".to_owned()) };
        let scott = member(MACHINE, 1000, Some("scott"));
        let tiger = member(MACHINE, 1001, Some("tiger"));
        for (members, grade) in [
            (vec![unreadable()], Grade::UnableToScan),
            (vec![administrator(), unreadable()], Grade::UnableToScan),
            (vec![administrator(), scott, tiger, unreadable()], Grade::NonCritical),
        ] {
            let run = bench("5.0", Role::Server, members).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{}", run.check(ID).summary);
            assert!(run.check(ID).summary.contains("At least"), "{}", run.check(ID).summary);
        }
    }

    /// Returns the finding about the group, and the one about an account.
    fn findings<'r>(run: &'r Run, account: &str) -> (&'r CheckFinding, Option<&'r CheckFinding>) {
        let of = |subject: Option<&str>| {
            let mut findings = run.assessment.checks.iter().filter(|finding| finding.check == ID);
            findings.find(|finding| finding.subject.as_deref() == subject)
        };
        (of(None).expect("a finding about the group"), of(Some(account)))
    }

    #[test]
    fn an_account_with_the_rights_of_another_is_a_finding_of_its_own() {
        for (comment, group_grade, group_words, of_its_own) in [
            (
                "(tampered: carries RID 500)",
                Grade::Critical,
                "1 account is hidden or given another account's rights",
                Some("carries the RID 500 of the account \"Administrator\""),
            ),
            ("(tampered: carries RID 1000)", Grade::Critical, "1 account", Some("of the account \"scott\"")),
            ("(tampered: carries RID 4000)", Grade::Critical, "1 account", Some("carries the RID 4000: anyone who")),
            ("(tampered: hidden) x", Grade::Critical, "1 account is hidden", Some("is hidden")),
            (
                "(tampered: carries RID 500) (unreadable: V is missing)",
                Grade::Critical,
                "could not be read",
                Some("carries the RID 500"),
            ),
            ("(unreadable: F is missing)", Grade::UnableToScan, "tiger (F is missing)", None),
            ("((tampered: hidden)", Grade::Passed, "1 individual account", None),
        ] {
            let mut accounts = local_accounts();
            accounts[3].comment = comment.to_owned();
            let bench = bench("5.0", Role::Server, vec![administrator()]);
            let run = bench.fact(Question::Accounts, Fact::Accounts(accounts.clone())).run::<Os>();
            let (group, own) = findings(&run, "tiger");
            assert_eq!(group.grade, group_grade, "{comment}: {}", group.summary);
            assert!(group.summary.contains(group_words), "{comment}: {}", group.summary);
            assert_eq!(own.is_some(), of_its_own.is_some(), "{comment}");
            if let (Some(own), Some(words)) = (own, of_its_own) {
                assert!(own.grade == Grade::Critical && own.summary.contains(words), "{comment}: {}", own.summary);
                assert_eq!(own.evidence.len(), 1);
            }
            assert_eq!(actions_of(&run, ID).len(), usize::from(of_its_own.is_some()), "{comment}");
        }
    }

    #[test]
    fn every_tampered_account_is_named() {
        let mut accounts = local_accounts();
        accounts[1].comment = "(tampered: carries RID 500) (tampered: hidden)".to_owned();
        accounts[2].comment = "(tampered: hidden)".to_owned();
        for (version, role, named) in [
            ("4.0", Role::DomainController, true),
            ("5.0", Role::Server, true),
            // Its accounts are its domain's, and hosts do not distinguish them from those stored for its repair mode.
            ("5.0", Role::DomainController, false),
        ] {
            let bench = bench(version, role, vec![administrator()]);
            let run = bench.fact(Question::Accounts, Fact::Accounts(accounts.clone())).run::<Os>();
            for account in ["Guest", "scott"] {
                assert_eq!(findings(&run, account).1.is_some(), named, "{version} {account}");
            }
            assert_eq!(findings(&run, "Guest").1.map_or(0, |finding| finding.rows.len()), if named { 2 } else { 0 });
        }
    }

    /// A list without accounts is not the one that Windows wrote, so no member of the group is known to be a deleted account.
    #[test]
    fn without_accounts_no_member_is_taken_for_a_deleted_account() {
        let nameless = |rid| member(MACHINE, rid, None);
        let members = vec![nameless(500), nameless(1000), nameless(1001), nameless(1002)];
        let run = bench("5.0", Role::Server, members).fact(Question::Accounts, Fact::Accounts(vec![])).run::<Os>();
        let finding = run.check(ID);
        assert_eq!(finding.grade, Grade::UnableToScan, "{}", finding.summary);
        assert!(finding.summary.contains("no accounts are listed"), "{}", finding.summary);
        assert!(finding.summary.contains("1 to 4 individual accounts"), "{}", finding.summary);
    }

    #[test]
    fn what_was_found_counts_though_the_rest_cannot_be_read() {
        let too_many = [500, 1000, 1001].map(|rid| member(MACHINE, rid, Some("somebody"))).to_vec();
        for (members, accounts, grade) in [
            (vec![administrator()], Answer::Unreadable("damaged".to_owned()), Grade::UnableToScan),
            (too_many, Answer::Unreadable("damaged".to_owned()), Grade::NonCritical),
        ] {
            let run = bench("5.0", Role::Server, members).answer(Question::Accounts, accounts).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{}", run.check(ID).summary);
        }
        let mut accounts = local_accounts();
        accounts[1].comment = "(tampered: carries RID 500)".to_owned();
        let run = bench("5.0", Role::Server, vec![])
            .answer(Question::Groups, Answer::Unreadable("damaged".to_owned()))
            .fact(Question::Accounts, Fact::Accounts(accounts))
            .run::<Os>();
        let (group, own) = findings(&run, "Guest");
        assert_eq!(group.grade, Grade::Critical, "{}", group.summary);
        assert!(own.is_some_and(|own| own.grade == Grade::Critical));
    }

    #[test]
    fn the_operator_says_how_many() {
        let members = vec![member(MACHINE, 500, Some("Administrator")), member(MACHINE, 1000, Some("scott"))];
        for (setting, grade) in [
            (SettingValue::Number(1), Grade::NonCritical),
            (SettingValue::Number(2), Grade::Passed),
            (SettingValue::Number(-1), Grade::UnableToScan),
            (SettingValue::Flag(true), Grade::UnableToScan),
        ] {
            let run = bench("5.0", Role::Server, members.clone()).setting(MOST.name, setting.clone()).run::<Os>();
            assert_eq!(run.check(ID).grade, grade, "{setting:?}");
        }
    }

    #[test]
    fn domain_controllers_differ_by_version() {
        for (version, grade) in [("4.0", Grade::Passed), ("5.0", Grade::NotPerformed)] {
            assert_eq!(
                bench(version, Role::DomainController, vec![administrator()]).run::<Os>().check(ID).grade,
                grade,
                "{version}"
            );
        }
    }

    #[test]
    fn unread_groups_are_never_passed() {
        let read = bench("5.0", Role::Server, vec![administrator()]);
        for answer in [
            Answer::Unreadable("damaged".to_owned()),
            Answer::Unsupported,
            Answer::Absent,
            Answer::Known(Fact::Groups(vec![])),
        ] {
            let run = read.clone().answer(Question::Groups, answer).run::<Os>();
            assert_eq!(run.check(ID).grade, Grade::UnableToScan);
        }
    }
}
