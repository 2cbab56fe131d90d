//! One member of a list that cannot be read hides neither itself nor the others.

use super::attempt::{Attempt, spread};
use super::words;
use crate::contract::{
    Account, Answer, CheckFinding, DirectoryInfo, Fact, Grade, Group, PasswordQuality, Question, RegistryData,
    RegistryKey, ServiceInfo, ServiceStart, UpdateStatus,
};
use crate::evidence::Source as _;
use crate::evidence::names::folded;
use crate::evidence::recording::Recording;
use crate::sandbox::{Examination, Outcome};
use crate::vet::{Law, Subject, Trial};

/// Members of one target's lists that are tried.
const MOST_MEMBERS: usize = 40;

/// With one member of a list made unreadable, no check is passed that this member could fail, and those that other members fail
/// still fail.
///
/// The host hands out a list with such a member and marks it: an account by its comment, a member of a group by its name, a value by its
/// type without data, a list that ends early as truncated. What then must hold is told by other variations of the same
/// list.
///
/// * *Could fail*: the check fails on the list as it is and not without the member, or it fails with the member made as weak as
///   it can be. With the member unreadable it is then not passed.
/// * *Others fail*: the check fails without the member. With the member unreadable it still fails.
/// * No update that was not installed becomes so.
#[derive(Clone, Copy, Debug)]
pub struct OddMember;

impl Law for OddMember {
    fn name(&self) -> &'static str {
        "odd-member-hides-nothing"
    }

    fn explanation(&self) -> &'static str {
        "Where one member of a list cannot be read, an account or a value, say, the plugin does not call good what it could not \
         see, and still judges the others. One damaged record would otherwise hide itself, or all the rest."
    }

    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(subject, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let members = spread(members(&plain), MOST_MEMBERS);
        if members.is_empty() {
            return attempt.not_tried();
        }
        for member in members {
            let with = |fact: Fact| {
                attempt.converse(&|question| match folded(question) == member.question {
                    true => Answer::Known(fact.clone()),
                    false => target.answer(question),
                })
            };
            let odd = with(member.odd.clone());
            if odd.outcome != Outcome::Ok {
                // Another law's.
                continue;
            }
            let without = with(member.without.clone());
            let weak: Vec<Examination> = member.weak.iter().cloned().map(&with).collect();
            if let Some(what) = hidden(&plain, &odd, &without, &weak) {
                let what = format!("With {} unreadable, {what}.", member.words);
                return attempt.broken(what, vec![attempt.case(plain), attempt.case(odd)]);
            }
        }
        attempt.kept()
    }
}

/// One member of one list, and the lists that differ by it.
struct Member {
    /// The folded question that the list answers.
    question: Question,
    words: String,
    /// The list with the member unreadable.
    odd: Fact,
    without: Fact,
    /// With the member as weak as it can be.
    weak: Vec<Fact>,
}

/// All members of all lists that a conversation was told.
fn members(plain: &Examination) -> Vec<Member> {
    let mut seen = std::collections::HashSet::new();
    let mut members = Vec::new();
    for (question, answer) in &plain.exchanges {
        let question = folded(question);
        if let Answer::Known(fact) = answer
            && seen.insert(question.clone())
        {
            let of_question = crate::report::question_in_words(&question);
            members.extend(of_fact(fact).into_iter().map(|(name, odd, without, weak)| Member {
                question: question.clone(),
                words: format!("{:?} in the answer to {of_question}", words::short(&name)),
                odd,
                without,
                weak,
            }));
        }
    }
    members
}

/// A member's name, and the lists with it unreadable, without it, and with it as weak as can be.
type Variations = (String, Fact, Fact, Vec<Fact>);

fn of_fact(fact: &Fact) -> Vec<Variations> {
    match fact {
        Fact::Accounts(list) => each(list, Fact::Accounts, |account| {
            (account.name.clone(), odd_account(account), vec![weak_account(account)])
        }),
        Fact::Services(list) => each(list, Fact::Services, |service| {
            (service.name.clone(), odd_service(service), vec![weak_service(service)])
        }),
        Fact::Groups(groups) => of_groups(groups),
        Fact::RegistryKey(key) => of_key(key),
        Fact::Directory(directory) => of_directory(directory),
        _ => Vec::new(),
    }
}

fn each<T: Clone>(
    list: &[T],
    fact: impl Fn(Vec<T>) -> Fact,
    varied: impl Fn(&T) -> (String, T, Vec<T>),
) -> Vec<Variations> {
    let replaced = |at: usize, by: T| {
        let mut list = list.to_vec();
        if let Some(place) = list.get_mut(at) {
            *place = by;
        }
        fact(list)
    };
    list.iter()
        .enumerate()
        .map(|(at, member)| {
            let (name, odd, weak) = varied(member);
            let mut without = list.to_vec();
            without.remove(at);
            let weak = weak.into_iter().map(|weak| replaced(at, weak)).collect();
            (name, replaced(at, odd), fact(without), weak)
        })
        .collect()
}

/// As the host hands out an account whose record is damaged: every flag has the value that is worse for the machine.
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

fn weak_service(service: &ServiceInfo) -> ServiceInfo {
    ServiceInfo { start: ServiceStart::Automatic, account: Some("LocalSystem".to_owned()), ..service.clone() }
}

/// A group's member that cannot be read has a mark for its name, and no SID.
fn of_groups(groups: &[Group]) -> Vec<Variations> {
    let with = |at: usize, members: Vec<_>| {
        let mut groups = groups.to_vec();
        if let Some(group) = groups.get_mut(at) {
            group.members = members;
        }
        Fact::Groups(groups)
    };
    let mut all = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let of_group = each(
            &group.members,
            |members| with(at, members),
            |member| {
                let mut odd = member.clone();
                odd.name = Some("(unreadable)".to_owned());
                odd.sid = String::new();
                (format!("{} of {}", member.name.as_deref().unwrap_or(&member.sid), group.name), odd, Vec::new())
            },
        );
        all.extend(of_group);
    }
    all
}

fn of_key(key: &RegistryKey) -> Vec<Variations> {
    let values = each(
        &key.values,
        |values| Fact::RegistryKey(RegistryKey { values, ..key.clone() }),
        |value| {
            let with = |data| {
                let mut value = value.clone();
                value.data = data;
                value
            };
            let weak = [0, 1, u32::MAX].map(|number| with(RegistryData::Dword(number))).to_vec();
            (value.name.clone(), with(RegistryData::Other(type_of(&value.data))), weak)
        },
    );
    let without =
        |subkeys: Vec<String>, truncated| Fact::RegistryKey(RegistryKey { subkeys, truncated, ..key.clone() });
    let subkeys = cut(&key.subkeys, String::clone, without);
    values.into_iter().chain(subkeys).collect()
}

/// The registry's number for a value's type; a value of that type whose data are not told bears it.
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

fn of_directory(directory: &DirectoryInfo) -> Vec<Variations> {
    cut(
        &directory.entries,
        |entry| entry.name.clone(),
        |entries, truncated| Fact::Directory(DirectoryInfo { entries, truncated }),
    )
}

/// A list that cannot hold a member that is unreadable says that it is not whole.
fn cut<T: Clone>(list: &[T], name: impl Fn(&T) -> String, fact: impl Fn(Vec<T>, bool) -> Fact) -> Vec<Variations> {
    list.iter()
        .enumerate()
        .map(|(at, member)| {
            let mut rest = list.to_vec();
            rest.remove(at);
            (name(member), fact(rest.clone(), true), fact(rest, false), Vec::new())
        })
        .collect()
}

/// What is called good although it was not seen, or not judged although it was.
fn hidden(plain: &Examination, odd: &Examination, without: &Examination, weak: &[Examination]) -> Option<String> {
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
        // What is said beside it keeps the check from being taken for passed.
        if finding.grade != Grade::Passed || is_unable(&finding.check) {
            continue;
        }
        let (as_it_is, rest) = (findings(plain, finding), findings(without, finding));
        if fails(&as_it_is) {
            return Some(format!("{} is passed; with it, it failed", words::check(finding)));
        }
        if !fails(&rest) && weak.iter().any(|weak| fails(&findings(weak, finding))) {
            return Some(format!("{} is passed, and would fail if that were weak", words::check(finding)));
        }
    }
    for finding in without.assessment.checks.iter().filter(|finding| fails(&[finding.grade])) {
        let as_it_is = findings(plain, finding);
        if fails(&as_it_is) && !fails(&findings(odd, finding)) {
            return Some(format!("{} does not fail any more, as it does by the others alone", words::check(finding)));
        }
    }
    odd.assessment.updates.iter().filter(|finding| finding.status == UpdateStatus::Installed).find_map(|finding| {
        let earlier = plain.assessment.updates.iter().find(|other| {
            (other.update, &other.product, &other.subject) == (finding.update, &finding.product, &finding.subject)
        });
        (earlier.is_none_or(|earlier| earlier.status == UpdateStatus::Missing))
            .then(|| format!("{} is installed; with it, it was not", words::update(finding)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Assessment;

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
            let found = hidden(&examination(plain), &examination(odd), &examination(without), &weak);
            assert_eq!(found.is_none(), kept, "{what}: {found:?}");
        }
    }

    #[test]
    fn each_member_of_a_list_is_made_odd_once() {
        let key = RegistryKey {
            values: vec![crate::contract::RegistryValue { name: "v".into(), data: RegistryData::Dword(5) }],
            subkeys: vec!["a".into(), "b".into()],
            truncated: false,
            last_written: 0,
        };
        let names: Vec<_> = of_fact(&Fact::RegistryKey(key)).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["v", "a", "b"]);
        let directory = DirectoryInfo {
            entries: vec![crate::contract::DirectoryEntry { name: "a".into(), directory: false }],
            truncated: false,
        };
        let [(_, odd, without, weak)] = &of_fact(&Fact::Directory(directory))[..] else { panic!("one member") };
        let empty = |truncated| Fact::Directory(DirectoryInfo { entries: vec![], truncated });
        assert_eq!((odd, without, weak.len()), (&empty(true), &empty(false), 0));
    }
}
