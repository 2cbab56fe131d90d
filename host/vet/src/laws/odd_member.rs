//! An unreadable member of a list hides neither itself nor the others.

use wardline_contract::compare::Names;
use wardline_contract::names::folded;
use wardline_contract::{
    Account, Answer, CheckFinding, DirectoryEntry, DirectoryInfo, Examination, Fact, Grade, Group, Outcome,
    PasswordQuality, Permissions, Question, RegistryData, RegistryKey, ServiceInfo, ServiceStart, Share, UpdateStatus,
};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, spread};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// The maximum number of list members tried per target.
const MAX_MEMBERS: usize = 40;

/// With one member of a list made unreadable, a check that this member could fail is not passed, and a check that other members
/// fail still fails.
///
/// The host hands out a list with such a member and marks it: an account by its comment, a group member by its name, a value by
/// its type without data, a list that ends early as truncated. The expected result follows from other variations of the same
/// list.
///
/// * *Could fail*: the check fails on the unmodified list and not without the member, or it fails with the member made as weak
///   as possible. With the member unreadable it is then not passed.
/// * *Others fail*: the check fails on the unmodified list, and without the member. With the member unreadable it still fails.
/// * No update that was missing or not reported becomes installed.
///
/// A service asked for by name is a list of one. A check that fails without it may fail because it is absent, so *others fail*
/// means here that the check fails with the weak service, too.
#[derive(Clone, Copy, Debug)]
pub struct OddMember;

impl Law for OddMember {
    fn name(&self) -> &'static str {
        "odd-member-hides-nothing"
    }

    fn explanation(&self) -> &'static str {
        "If one member of a list, such as an account or a value, cannot be read, the plugin does not call it good and still \
         judges the others. Otherwise one damaged record would hide itself, or all the rest."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        // Built only for the places tried: each is a list of its own, and a folder may have thousands of entries.
        let members: Vec<Member> =
            spread(places(&plain), MAX_MEMBERS).into_iter().filter_map(|place| Member::at(&plain, place)).collect();
        if members.is_empty() {
            return attempt.not_tried();
        }
        for member in members {
            let of = |answer: &Answer| {
                attempt.converse(&|question| match folded(question) == member.question {
                    true => answer.clone(),
                    false => target.answer(question),
                })
            };
            let with = |fact: Fact| of(&Answer::Known(fact));
            let odd = with(member.odd.clone());
            if odd.outcome != Outcome::Ok {
                // Covered by another law.
                continue;
            }
            let without = of(&member.without);
            let weak: Vec<Examination> = member.weak.iter().cloned().map(&with).collect();
            if let Some(what) = hidden(&plain, &odd, &without, &weak, member.others, &attempt.names) {
                let what = format!("With {} unreadable, {what}.", member.words);
                return attempt.broken(what, vec![attempt.case(plain.clone()), attempt.case(odd)]);
            }
        }
        attempt.kept()
    }
}

/// The index of the exchange whose answer holds a list, and the index of a member in it.
type Place = (usize, usize);

/// All members of all lists in a conversation's answers.
fn places(plain: &Examination) -> Vec<Place> {
    let mut seen = std::collections::HashSet::new();
    let mut places = Vec::new();
    for (exchange, (question, answer)) in plain.exchanges.iter().enumerate() {
        if let Answer::Known(fact) = answer
            && seen.insert(folded(question))
        {
            places.extend((0..members_of(fact)).map(|at| (exchange, at)));
        }
    }
    places
}

/// One member of one list, and the variations of the list.
struct Member {
    /// The folded question that the list answers.
    question: Question,
    words: String,
    /// The list with the member unreadable.
    odd: Fact,
    /// The list without the member; absent if the member is the whole answer.
    without: Answer,
    /// Whether the list can have other members.
    others: bool,
    /// The lists with the member as weak as possible.
    weak: Vec<Fact>,
}

impl Member {
    fn at(plain: &Examination, (exchange, at): Place) -> Option<Member> {
        let (question, answer) = plain.exchanges.get(exchange)?;
        let Answer::Known(fact) = answer else { return None };
        let (name, odd, without, weak) = variations(fact, at)?;
        let of_question = wardline_report::question_in_words(question);
        let words = format!("{:?} in the answer to {of_question}", words::short(&name));
        let others = without != Answer::Absent;
        Some(Member { question: folded(question), words, odd, without, others, weak })
    }
}

/// The number of members in a fact's lists.
fn members_of(fact: &Fact) -> usize {
    match fact {
        Fact::Accounts(list) => list.len(),
        Fact::Services(list) => list.len(),
        Fact::Service(_) => 1,
        Fact::Shares(list) => list.len(),
        Fact::Groups(groups) => groups.iter().map(|group| group.members.len()).sum(),
        Fact::RegistryKey(key) => key.values.len() + key.subkeys.len(),
        Fact::Directory(directory) => directory.entries.len(),
        _ => 0,
    }
}

/// A member's name, and the list with it unreadable, without it, and with it as weak as possible.
type Variations = (String, Fact, Answer, Vec<Fact>);

fn variations(fact: &Fact, at: usize) -> Option<Variations> {
    match fact {
        Fact::Accounts(list) => changed(list, at, Fact::Accounts, |account| {
            (account.name.clone(), odd_account(account), vec![weak_account(account)])
        }),
        Fact::Services(list) => changed(list, at, Fact::Services, |service| {
            (service.name.clone(), odd_service(service), weak_services(service).to_vec())
        }),
        Fact::Service(service) => Some((
            service.name.clone(),
            Fact::Service(odd_service(service)),
            Answer::Absent,
            weak_services(service).map(Fact::Service).to_vec(),
        )),
        Fact::Shares(list) => {
            changed(list, at, Fact::Shares, |share| (share.name.clone(), odd_share(share), vec![open_share(share)]))
        }
        Fact::Groups(groups) => of_groups(groups, at),
        Fact::RegistryKey(key) => of_key(key, at),
        Fact::Directory(directory) => of_directory(directory, at),
        _ => None,
    }
}

/// The variations of a list whose members each define their unreadable and weak forms.
fn changed<T: Clone>(
    list: &[T],
    at: usize,
    fact: impl Fn(Vec<T>) -> Fact,
    varied: impl Fn(&T) -> (String, T, Vec<T>),
) -> Option<Variations> {
    let (name, odd, weak) = varied(list.get(at)?);
    let with = |member: Option<T>| {
        let before = list.iter().take(at).cloned();
        let after = list.iter().skip(at + 1).cloned();
        fact(before.chain(member).chain(after).collect())
    };
    let weak = weak.into_iter().map(|weak| with(Some(weak))).collect();
    Some((name, with(Some(odd)), Answer::Known(with(None)), weak))
}

/// An account as the host hands it out if its record is damaged: every flag has the value that is worse for the machine.
fn odd_account(account: &Account) -> Account {
    Account {
        full_name: String::new(),
        comment: "(unreadable: fault injection)".to_owned(),
        disabled: false,
        locked: false,
        password_never_expires: true,
        password_not_required: true,
        password: PasswordQuality::Unknown,
        last_logon: None,
        password_set: None,
        ..account.clone()
    }
}

fn weak_account(account: &Account) -> Account {
    Account {
        disabled: false,
        locked: false,
        password_never_expires: true,
        password_not_required: true,
        password: PasswordQuality::Blank,
        ..account.clone()
    }
}

fn odd_service(service: &ServiceInfo) -> ServiceInfo {
    ServiceInfo { display_name: None, start: ServiceStart::Unknown, account: None, image_path: None, ..service.clone() }
}

/// The weak forms: a service that should not run and does, or one that should and does not.
fn weak_services(service: &ServiceInfo) -> [ServiceInfo; 2] {
    let runs =
        ServiceInfo { start: ServiceStart::Automatic, account: Some("LocalSystem".to_owned()), ..service.clone() };
    [runs, ServiceInfo { start: ServiceStart::Disabled, ..service.clone() }]
}

/// A share as the host hands it out if it cannot read it: without a list of permissions, so access is open to everyone.
fn odd_share(share: &Share) -> Share {
    Share {
        path: String::new(),
        remark: Some("(unreadable: fault injection)".to_owned()),
        permissions: Some(Permissions { owner: None, access: None }),
        ..share.clone()
    }
}

fn open_share(share: &Share) -> Share {
    Share { permissions: Some(Permissions { owner: None, access: None }), ..share.clone() }
}

/// A group member that cannot be read has a placeholder for its name, and no SID.
fn of_groups(groups: &[Group], mut at: usize) -> Option<Variations> {
    for (place, group) in groups.iter().enumerate() {
        if at >= group.members.len() {
            at -= group.members.len();
            continue;
        }
        let with = |members| {
            let mut groups = groups.to_vec();
            if let Some(group) = groups.get_mut(place) {
                group.members = members;
            }
            Fact::Groups(groups)
        };
        return changed(&group.members, at, with, |member| {
            let mut odd = member.clone();
            odd.name = Some("(unreadable)".to_owned());
            odd.sid = String::new();
            (format!("{} of {}", member.name.as_deref().unwrap_or(&member.sid), group.name), odd, Vec::new())
        });
    }
    None
}

fn of_key(key: &RegistryKey, at: usize) -> Option<Variations> {
    let Some(subkey) = at.checked_sub(key.values.len()) else {
        let with = |values| Fact::RegistryKey(RegistryKey { values, ..key.clone() });
        return changed(&key.values, at, with, |value| {
            let with = |data| {
                let mut value = value.clone();
                value.data = data;
                value
            };
            let weak = [0, 1, u32::MAX].map(|number| with(RegistryData::Dword(number))).to_vec();
            (value.name.clone(), with(RegistryData::Other(type_of(&value.data))), weak)
        });
    };
    cut(&key.subkeys, subkey, String::clone, |subkeys, truncated| {
        Fact::RegistryKey(RegistryKey { subkeys, truncated, ..key.clone() })
    })
}

/// The registry's number for a value's type. A value whose data is not handed out still carries it.
fn type_of(data: &RegistryData) -> u32 {
    match data {
        RegistryData::None => 0,
        RegistryData::Text(_) => 1,
        RegistryData::ExpandText(_) => 2,
        RegistryData::Binary(_) => 3,
        RegistryData::Dword(_) => 4,
        RegistryData::MultiText(_) => 7,
        RegistryData::Qword(_) => 11,
        RegistryData::Other(number) => *number,
    }
}

fn of_directory(directory: &DirectoryInfo, at: usize) -> Option<Variations> {
    let name = |entry: &DirectoryEntry| entry.name.clone();
    cut(&directory.entries, at, name, |entries, truncated| Fact::Directory(DirectoryInfo { entries, truncated }))
}

/// The variations of a list that has no form for an unreadable member and is marked as truncated instead.
fn cut<T: Clone>(
    list: &[T],
    at: usize,
    name: impl Fn(&T) -> String,
    fact: impl Fn(Vec<T>, bool) -> Fact,
) -> Option<Variations> {
    let name = name(list.get(at)?);
    let rest: Vec<T> = list.iter().take(at).chain(list.iter().skip(at + 1)).cloned().collect();
    Some((name, fact(rest.clone(), true), Answer::Known(fact(rest, false)), Vec::new()))
}

/// Finds a check that is called good although the member was not seen, or not failed although other members fail it.
///
/// If the list has no `others`, a check that fails without the member may fail because it is absent.
fn hidden(
    plain: &Examination,
    odd: &Examination,
    without: &Examination,
    weak: &[Examination],
    others: bool,
    names: &Names<'_>,
) -> Option<String> {
    let findings = |examination: &'_ Examination, like: &CheckFinding| -> Vec<Grade> {
        let same = examination.assessment.checks.iter();
        same.filter(|it| (&it.check, &it.subject) == (&like.check, &like.subject)).map(|it| it.grade).collect()
    };
    let fails = |grades: &[Grade]| {
        grades.iter().any(|grade| matches!(grade, Grade::Critical | Grade::NonCritical | Grade::BestPractice))
    };
    let is_unable =
        |check: &str| odd.assessment.checks.iter().any(|it| it.check == check && it.grade == Grade::UnableToScan);
    for finding in &odd.assessment.checks {
        // A finding next to it that is unable to scan keeps the check from being taken for passed.
        if finding.grade != Grade::Passed || is_unable(&finding.check) {
            continue;
        }
        let (as_it_is, rest) = (findings(plain, finding), findings(without, finding));
        if fails(&as_it_is) {
            return Some(format!("{} is passed; with the member readable, it failed", words::check(finding)));
        }
        if !(others && fails(&rest)) && weak.iter().any(|weak| fails(&findings(weak, finding))) {
            return Some(format!("{} is passed, but fails if the member is weak", words::check(finding)));
        }
    }
    for finding in without.assessment.checks.iter().filter(|finding| fails(&[finding.grade])) {
        let fails_in = |examination: &Examination| fails(&findings(examination, finding));
        if fails_in(plain) && (others || weak.iter().all(fails_in)) && !fails_in(odd) {
            return Some(format!("{} no longer fails, although it fails without the member", words::check(finding)));
        }
    }
    odd.assessment.updates.iter().filter(|finding| finding.status == UpdateStatus::Installed).find_map(|finding| {
        let earlier = plain.assessment.updates.iter().find(|other| {
            (other.update, &other.product, &other.subject) == (finding.update, &finding.product, &finding.subject)
        });
        (earlier.is_none_or(|earlier| earlier.status == UpdateStatus::Missing))
            .then(|| format!("{} is installed; with the member readable, it was not", words::update(finding, names)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::Assessment;

    fn examination(grades: &[Grade]) -> Examination {
        let check = |grade: &Grade| CheckFinding {
            check: "it".into(),
            subject: None,
            grade: *grade,
            summary: String::new(),
            rows: vec![],
            evidence: vec![],
        };
        let checks = grades.iter().map(check).collect();
        let assessment = Assessment { products: vec![], checks, updates: vec![] };
        Examination { assessment, ..Examination::nothing(Outcome::Ok, None) }
    }

    #[test]
    fn what_could_fail_is_not_passed_and_what_others_fail_still_fails() {
        use Grade::*;
        for (what, plain, odd, without, weak, kept) in [
            ("it was the weak one", &[Critical][..], &[UnableToScan][..], &[Passed][..], &[][..], true),
            ("and is passed over", &[Critical], &[Passed], &[Passed], &[], false),
            ("said beside the others", &[Critical], &[Passed, UnableToScan], &[Passed], &[], true),
            ("it could be weak", &[Passed], &[UnableToScan], &[Passed], &[Critical], true),
            ("and is passed over", &[Passed], &[Passed], &[Passed], &[Critical], false),
            ("it could not", &[Passed], &[Passed], &[Passed], &[Passed], true),
            ("another one is weak", &[Critical], &[Critical], &[Critical], &[Critical], true),
            ("and is hidden", &[Critical], &[UnableToScan], &[Critical], &[Critical], false),
            ("and is lost", &[Critical], &[], &[Critical], &[], false),
            ("it protects: without it the check fails", &[Passed], &[UnableToScan], &[Critical], &[Critical], true),
        ] {
            let weak: Vec<_> = weak.iter().map(|grade| examination(&[*grade])).collect();
            let found =
                hidden(&examination(plain), &examination(odd), &examination(without), &weak, true, &Names::default());
            assert_eq!(found.is_none(), kept, "{what}: {found:?}");
        }
    }

    #[test]
    fn a_single_answer_has_no_others() {
        use Grade::*;
        for (what, plain, odd, without, weak, kept) in [
            ("it could be weak, and is passed over", Passed, Passed, NonCritical, Critical, false),
            ("it has to be there, no more", Passed, Passed, NonCritical, Passed, true),
            ("that it is absent fails, not something else", Critical, UnableToScan, Critical, Passed, true),
            ("something else fails", Critical, UnableToScan, Critical, Critical, false),
        ] {
            let [plain, odd, without, weak] = [plain, odd, without, weak].map(|grade| examination(&[grade]));
            let found = hidden(&plain, &odd, &without, &[weak], false, &Names::default());
            assert_eq!(found.is_none(), kept, "{what}: {found:?}");
        }
    }

    #[test]
    fn a_service_asked_for_by_name_is_a_list_of_one() {
        let service = ServiceInfo {
            name: "wuauserv".into(),
            display_name: None,
            start: ServiceStart::Disabled,
            account: None,
            image_path: None,
            driver: false,
        };
        let fact = Fact::Service(service);
        assert_eq!(members_of(&fact), 1);
        let (name, odd, without, weak) = variations(&fact, 0).expect("one member");
        let start = |fact: &Fact| match fact {
            Fact::Service(service) => service.start,
            _ => panic!("{fact:?}"),
        };
        assert_eq!((name.as_str(), start(&odd), without), ("wuauserv", ServiceStart::Unknown, Answer::Absent));
        assert_eq!(weak.iter().map(start).collect::<Vec<_>>(), [ServiceStart::Automatic, ServiceStart::Disabled]);
    }

    #[test]
    fn a_share_is_made_unreadable_and_open() {
        let share = Share { name: "data".into(), path: r"C:\data".into(), remark: None, permissions: None };
        let fact = Fact::Shares(vec![share.clone(), Share { name: "other".into(), ..share.clone() }]);
        assert_eq!(members_of(&fact), 2);
        let (name, odd, without, weak) = variations(&fact, 1).expect("a second member");
        let first = |fact: &Fact| match fact {
            Fact::Shares(shares) => (shares.first().cloned(), shares.get(1).cloned()),
            _ => panic!("{fact:?}"),
        };
        assert_eq!((name.as_str(), without), ("other", Answer::Known(Fact::Shares(vec![share.clone()]))));
        let (kept, odd) = first(&odd);
        assert_eq!(kept, Some(share));
        let odd = odd.expect("the odd one");
        assert_eq!((odd.path.as_str(), odd.remark.as_deref()), ("", Some("(unreadable: fault injection)")));
        let open = Some(Permissions { owner: None, access: None });
        assert_eq!(odd.permissions, open);
        let weak = weak.first().and_then(|weak| first(weak).1).expect("the weak one");
        assert_eq!((weak.path.as_str(), weak.remark, weak.permissions), (r"C:\data", None, open));
    }

    #[test]
    fn each_member_of_a_list_is_made_odd_once() {
        let key = RegistryKey {
            values: vec![wardline_contract::RegistryValue { name: "v".into(), data: RegistryData::Dword(5) }],
            subkeys: vec!["a".into(), "b".into()],
            truncated: false,
            last_written: 0,
        };
        let key = Fact::RegistryKey(key);
        let names: Vec<_> =
            (0..=members_of(&key)).filter_map(|at| variations(&key, at)).map(|(name, ..)| name).collect();
        assert_eq!(names, ["v", "a", "b"]);
        let entries = vec![DirectoryEntry { name: "a".into(), directory: false }];
        let directory = Fact::Directory(DirectoryInfo { entries, truncated: false });
        let (_, odd, without, weak) = variations(&directory, 0).expect("one member");
        let empty = |truncated| Fact::Directory(DirectoryInfo { entries: vec![], truncated });
        assert_eq!((odd, without, weak.len()), (empty(true), Answer::Known(empty(false)), 0));
    }
}
