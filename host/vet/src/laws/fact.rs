//! Modifying the parts of a fact, whatever its kind.

use wardline_contract::{
    Account, AuditPolicy, DirectoryInfo, Fact, FileInfo, FileVersion, Group, PasswordPolicy, Permissions, Profile,
    RegistryData, RegistryKey, ServiceInfo, Share, SystemInfo, TextInfo, Volume,
};

/// The modification of each part of a fact. A part without a method stays as it is.
pub(super) trait Change {
    fn text(&mut self, _: &mut String) {}
    fn number<N: Number>(&mut self, _: &mut N) {}
    /// Called before the list's own items are modified.
    fn list<T: Clone>(&mut self, _: &mut Vec<T>) {}
    /// Called before its content is modified.
    fn optional<T>(&mut self, _: &mut Option<T>) {}
    /// The flag that there was more than the host hands out.
    fn truncated(&mut self, _: &mut bool) {}
}

/// A number of the contract's types.
pub(super) trait Number: Copy {
    const LEAST: Self;
    const MOST: Self;
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl Number for $number {
            const LEAST: Self = <$number>::MIN;
            const MOST: Self = <$number>::MAX;
        })*
    };
}

numbers!(u16 u32 u64 i64);

/// Modifies a fact. Every field is named here, so that a field added to the contract is not forgotten.
pub(super) fn change(fact: &mut Fact, with: &mut impl Change) {
    match fact {
        Fact::System(info) => system(info, with),
        Fact::RegistryValue(data) => registry_data(data, with),
        Fact::RegistryKey(key) => registry_key(key, with),
        Fact::File(info) => file(info, with),
        Fact::Directory(info) => directory(info, with),
        Fact::Text(TextInfo { text, size }) => {
            with.text(text);
            with.number(size);
        }
        Fact::Service(info) => service(info, with),
        Fact::Services(list) => each(list, with, service),
        Fact::Accounts(list) => each(list, with, account),
        Fact::Groups(list) => each(list, with, group),
        Fact::Shares(list) => each(list, with, share),
        Fact::Volumes(list) => each(list, with, |Volume { drive, file_system, fixed: _ }, with| {
            with.text(drive);
            optional_text(file_system, with);
        }),
        Fact::AuditPolicy(AuditPolicy { enabled: _, categories }) => {
            each(categories, with, |category, with| with.text(&mut category.name));
        }
        Fact::PasswordPolicy(policy) => password_policy(policy, with),
        Fact::Profiles(list) => each(list, with, |Profile { sid, path, name, loaded: _ }, with| {
            [sid, path, name].into_iter().for_each(|text| with.text(text));
        }),
        Fact::Permissions(info) => permissions(info, with),
    }
}

fn each<T: Clone, C: Change>(list: &mut Vec<T>, with: &mut C, item: impl Fn(&mut T, &mut C)) {
    with.list(list);
    list.iter_mut().for_each(|each| item(each, with));
}

fn optional_text(text: &mut Option<String>, with: &mut impl Change) {
    with.optional(text);
    if let Some(text) = text {
        with.text(text);
    }
}

fn optional_number<N: Number>(number: &mut Option<N>, with: &mut impl Change) {
    with.optional(number);
    if let Some(number) = number {
        with.number(number);
    }
}

fn system(info: &mut SystemInfo, with: &mut impl Change) {
    let SystemInfo {
        computer_name,
        product_name,
        version,
        build,
        revision,
        service_pack_name,
        service_pack,
        role: _,
        suites,
        architecture,
        language,
        windows_folder,
    } = info;
    [computer_name, service_pack_name, architecture].into_iter().for_each(|text| optional_text(text, with));
    [product_name, version, windows_folder].into_iter().for_each(|text| with.text(text));
    [build, service_pack].into_iter().for_each(|number| with.number(number));
    optional_number(revision, with);
    optional_number(language, with);
    each(suites, with, |suite, with| with.text(suite));
}

fn registry_data(data: &mut RegistryData, with: &mut impl Change) {
    match data {
        RegistryData::Text(text) | RegistryData::ExpandText(text) => with.text(text),
        RegistryData::MultiText(texts) => each(texts, with, |text, with| with.text(text)),
        RegistryData::Dword(number) | RegistryData::Other(number) => with.number(number),
        RegistryData::Qword(number) => with.number(number),
        RegistryData::Binary(bytes) => with.list(bytes),
        RegistryData::None => {}
    }
}

fn registry_key(key: &mut RegistryKey, with: &mut impl Change) {
    let RegistryKey { values, subkeys, truncated, last_written } = key;
    each(values, with, |value, with| {
        with.text(&mut value.name);
        registry_data(&mut value.data, with);
    });
    each(subkeys, with, |name, with| with.text(name));
    with.truncated(truncated);
    with.number(last_written);
}

fn file(info: &mut FileInfo, with: &mut impl Change) {
    let FileInfo { version, checksum, size, modified, language } = info;
    with.optional(version);
    if let Some(FileVersion { major, minor, build, revision }) = version {
        [major, minor, build, revision].into_iter().for_each(|number| with.number(number));
    }
    optional_number(checksum, with);
    with.number(size);
    optional_number(modified, with);
    optional_number(language, with);
}

fn directory(info: &mut DirectoryInfo, with: &mut impl Change) {
    let DirectoryInfo { entries, truncated } = info;
    each(entries, with, |entry, with| with.text(&mut entry.name));
    with.truncated(truncated);
}

fn service(info: &mut ServiceInfo, with: &mut impl Change) {
    let ServiceInfo { name, display_name, start: _, account, image_path, driver: _ } = info;
    with.text(name);
    [display_name, account, image_path].into_iter().for_each(|text| optional_text(text, with));
}

fn account(account: &mut Account, with: &mut impl Change) {
    let Account {
        name,
        rid,
        full_name,
        comment,
        disabled: _,
        locked: _,
        password_never_expires: _,
        password_not_required: _,
        password: _,
        last_logon,
        password_set,
    } = account;
    [name, full_name, comment].into_iter().for_each(|text| with.text(text));
    with.number(rid);
    [last_logon, password_set].into_iter().for_each(|time| optional_number(time, with));
}

fn group(group: &mut Group, with: &mut impl Change) {
    let Group { name, rid, sid, members } = group;
    [name, sid].into_iter().for_each(|text| with.text(text));
    with.number(rid);
    each(members, with, |member, with| {
        with.text(&mut member.sid);
        optional_text(&mut member.name, with);
    });
}

fn share(share: &mut Share, with: &mut impl Change) {
    let Share { name, path, remark, permissions: access } = share;
    [name, path].into_iter().for_each(|text| with.text(text));
    optional_text(remark, with);
    with.optional(access);
    if let Some(access) = access {
        permissions(access, with);
    }
}

fn permissions(info: &mut Permissions, with: &mut impl Change) {
    let Permissions { owner, access } = info;
    optional_text(owner, with);
    with.optional(access);
    if let Some(entries) = access {
        each(entries, with, |entry, with| {
            with.text(&mut entry.sid);
            with.number(&mut entry.mask);
        });
    }
}

fn password_policy(policy: &mut PasswordPolicy, with: &mut impl Change) {
    let PasswordPolicy { minimum_length, history, maximum_age, complexity: _, lockout_threshold } = policy;
    [minimum_length, history, lockout_threshold].into_iter().for_each(|number| with.number(number));
    optional_number(maximum_age, with);
}
