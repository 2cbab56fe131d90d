/// Defines, for the contract's types in a module, the functions that reduce them to this crate's: `folded`, `asked`, `declared` and
/// `scopes`.
///
/// ```ignore
/// wardline_questions::for_contract!(crate::types);
/// ```
#[macro_export]
macro_rules! for_contract {
    ($($types:ident)::+) => {
        use $($types)::+ as types;

        /// Folds a question's names as Windows compares them. Questions with the same meaning become equal.
        pub fn folded(question: &types::Question) -> types::Question {
            use types::Question;
            use $crate::names::{folded_key, folded_name, folded_path};
            match question {
                Question::RegistryValue(value) => Question::RegistryValue(types::RegistryValueName {
                    key: folded_key(&value.key),
                    name: folded_name(&value.name),
                }),
                Question::RegistryKey(key) => Question::RegistryKey(folded_key(key)),
                Question::File(path) => Question::File(folded_path(path)),
                Question::FileVersion(path) => Question::FileVersion(folded_path(path)),
                Question::Directory(path) => Question::Directory(folded_path(path)),
                Question::Text(range) => Question::Text(types::TextRange {
                    path: folded_path(&range.path),
                    offset: range.offset,
                    length: range.length,
                }),
                Question::Service(name) => Question::Service(folded_name(name)),
                Question::RegistryPermissions(key) => Question::RegistryPermissions(folded_key(key)),
                Question::FilePermissions(path) => Question::FilePermissions(folded_path(path)),
                Question::System
                | Question::Services
                | Question::Accounts
                | Question::Groups
                | Question::Shares
                | Question::Volumes
                | Question::AuditPolicy
                | Question::PasswordPolicy
                | Question::Profiles => question.clone(),
            }
        }

        /// Reduces a question to what decides whether a plugin may ask it.
        pub fn asked(question: &types::Question) -> $crate::Asked<'_> {
            use types::Question;
            use $crate::{Asked, Whole};
            match question {
                Question::RegistryValue(value) => Asked::RegistryValue { key: &value.key, name: &value.name },
                Question::RegistryKey(key) => Asked::RegistryKey(key),
                Question::File(path) => Asked::File(path),
                Question::FileVersion(path) => Asked::FileVersion(path),
                Question::Directory(path) => Asked::Directory(path),
                Question::Text(range) => Asked::Text(&range.path),
                Question::RegistryPermissions(key) => Asked::RegistryPermissions(key),
                Question::FilePermissions(path) => Asked::FilePermissions(path),
                Question::System => Asked::Whole(Whole::System),
                Question::Service(_) | Question::Services => Asked::Whole(Whole::Services),
                Question::Accounts => Asked::Whole(Whole::Accounts),
                Question::Groups => Asked::Whole(Whole::Groups),
                Question::Shares => Asked::Whole(Whole::Shares),
                Question::Volumes => Asked::Whole(Whole::Volumes),
                Question::AuditPolicy => Asked::Whole(Whole::AuditPolicy),
                Question::PasswordPolicy => Asked::Whole(Whole::PasswordPolicy),
                Question::Profiles => Asked::Whole(Whole::Profiles),
            }
        }

        /// Reduces a declared scope to this form.
        pub fn declared(scope: &types::Scope) -> $crate::Declared<'_> {
            use types::Scope;
            use $crate::{Declared, Whole};
            match scope {
                Scope::Registry(pattern) => Declared::Registry(pattern),
                Scope::File(pattern) => Declared::File(pattern),
                Scope::Text(pattern) => Declared::Text(pattern),
                Scope::Updates => Declared::Updates,
                Scope::System => Declared::Whole(Whole::System),
                Scope::Services => Declared::Whole(Whole::Services),
                Scope::Accounts => Declared::Whole(Whole::Accounts),
                Scope::Groups => Declared::Whole(Whole::Groups),
                Scope::Shares => Declared::Whole(Whole::Shares),
                Scope::Volumes => Declared::Whole(Whole::Volumes),
                Scope::AuditPolicy => Declared::Whole(Whole::AuditPolicy),
                Scope::PasswordPolicy => Declared::Whole(Whole::PasswordPolicy),
                Scope::Profiles => Declared::Whole(Whole::Profiles),
                Scope::Permissions => Declared::Whole(Whole::Permissions),
            }
        }

        /// The scopes that a plugin declared, given the updates that it is prepared with.
        pub fn scopes<'u>(
            scopes: &[types::Scope],
            updates: impl IntoIterator<Item = &'u types::Update>,
        ) -> $crate::Scopes {
            let mut allowed = $crate::Scopes::new(scopes.iter().map(declared));
            for update in updates {
                update.files.iter().for_each(|test| allowed.name_file(&test.path));
                update.registry.iter().for_each(|test| allowed.name_value(&test.key, &test.name));
            }
            allowed
        }
    };
}
