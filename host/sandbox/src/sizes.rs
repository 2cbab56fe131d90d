//! The approximate size of questions and answers, close enough to bound them.

use wardline_contract::names::text_length;
use wardline_contract::{Answer, Fact, Permissions, Question, RegistryData};

/// Returns the size of a question in bytes.
pub(super) fn of_question(question: &Question) -> u64 {
    (size_of::<Question>() + text_length(question)) as u64
}

/// Returns the length of the longest text in a question in bytes.
pub(super) fn longest_text(question: &Question) -> usize {
    match question {
        Question::RegistryValue(value) => value.key.len().max(value.name.len()),
        question => text_length(question),
    }
}

/// Returns the size of an answer in bytes.
pub(super) fn of_answer(answer: &Answer) -> u64 {
    let more = match answer {
        Answer::Known(fact) => of_fact(fact),
        Answer::Denied(reason) | Answer::Unreadable(reason) => reason.len(),
        Answer::Absent | Answer::Unsupported => 0,
    };
    (size_of::<Answer>() + more) as u64
}

fn of_fact(fact: &Fact) -> usize {
    match fact {
        Fact::System(system) => {
            system.product_name.len() + system.windows_folder.len() + list(&system.suites, String::len)
        }
        Fact::RegistryValue(data) => of_data(data),
        Fact::RegistryKey(key) => {
            list(&key.values, |value| value.name.len() + of_data(&value.data)) + list(&key.subkeys, String::len)
        }
        Fact::File(_) | Fact::PasswordPolicy(_) => 0,
        Fact::Directory(directory) => list(&directory.entries, |entry| entry.name.len()),
        Fact::Text(text) => text.text.len(),
        Fact::Service(service) => of_service(service),
        Fact::Services(services) => list(services, of_service),
        Fact::Accounts(accounts) => {
            list(accounts, |account| account.name.len() + account.full_name.len() + account.comment.len())
        }
        Fact::Groups(groups) => list(groups, |group| {
            let members = list(&group.members, |member| member.sid.len() + member.name.as_ref().map_or(0, String::len));
            group.name.len() + group.sid.len() + members
        }),
        Fact::Shares(shares) => list(shares, |share| {
            let permissions = share.permissions.as_ref().map_or(0, of_permissions);
            share.name.len() + share.path.len() + share.remark.as_ref().map_or(0, String::len) + permissions
        }),
        Fact::Volumes(volumes) => list(volumes, |volume| volume.drive.len()),
        Fact::AuditPolicy(policy) => list(&policy.categories, |category| category.name.len()),
        Fact::Profiles(profiles) => {
            list(profiles, |profile| profile.sid.len() + profile.path.len() + profile.name.len())
        }
        Fact::Permissions(permissions) => of_permissions(permissions),
    }
}

fn of_data(data: &RegistryData) -> usize {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => text.len(),
        RegistryData::MultiText(texts) => list(texts, String::len),
        RegistryData::Binary(bytes) => bytes.len(),
        RegistryData::None | RegistryData::Dword(_) | RegistryData::Qword(_) | RegistryData::Other(_) => 0,
    }
}

fn of_service(service: &wardline_contract::ServiceInfo) -> usize {
    let optional = [&service.display_name, &service.account, &service.image_path];
    service.name.len() + optional.into_iter().flatten().map(String::len).sum::<usize>()
}

fn of_permissions(permissions: &Permissions) -> usize {
    permissions.access.as_ref().map_or(0, |entries| list(entries, |entry| entry.sid.len()))
}

/// Returns the size of a list's elements and of the data they refer to.
fn list<T>(items: &[T], more: impl Fn(&T) -> usize) -> usize {
    size_of_val(items) + items.iter().map(more).sum::<usize>()
}
