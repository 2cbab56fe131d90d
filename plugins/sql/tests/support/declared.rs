//! Whether what was asked is what the plugin declares: anything else is denied outside of a test.

use wardline_plugin::prelude::*;
use wardline_plugin::testing::Run;

/// The questions that no declared scope covers. What updates name is asked by the judge, which is tested where it is.
pub(crate) fn undeclared<C: Checker>(run: &Run) -> Vec<&Question> {
    let scopes = C::describe().scopes;
    let covers = |scope: &Scope, question: &Question| match (scope, question) {
        (Scope::Registry(pattern), Question::RegistryKey(key)) => matches(pattern, key),
        (Scope::Registry(pattern), Question::RegistryValue(value)) => matches(pattern, &value.key),
        (Scope::File(pattern), Question::File(path) | Question::FileVersion(path) | Question::Directory(path)) => {
            matches(pattern, path)
        }
        (Scope::Text(pattern), Question::Text(range)) => matches(pattern, &range.path),
        (Scope::System, Question::System) => true,
        (Scope::Services, Question::Service(_) | Question::Services) => true,
        (Scope::Groups, Question::Groups) => true,
        (Scope::Accounts, Question::Accounts) => true,
        // Whether permissions may be asked about at all is a scope of its own beside the one of the key or folder.
        (Scope::Registry(pattern), Question::RegistryPermissions(key)) => {
            scopes.contains(&Scope::Permissions) && matches(pattern, key)
        }
        (Scope::File(pattern), Question::FilePermissions(path)) => {
            scopes.contains(&Scope::Permissions) && matches(pattern, path)
        }
        _ => false,
    };
    let questions = run.exchanges.iter().map(|(question, _)| question);
    questions.filter(|question| !scopes.iter().any(|scope| covers(scope, question))).collect()
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.to_lowercase(), path.to_lowercase());
    components_match(&pattern.split('\\').collect::<Vec<_>>(), &path.split('\\').collect::<Vec<_>>())
}

fn components_match(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|depth| components_match(rest, &path[depth..])),
        ([first, rest @ ..], [component, below @ ..]) => {
            let same = match first.split_once('*') {
                Some((start, end)) => component.starts_with(start) && component.ends_with(end),
                None => first == component,
            };
            same && components_match(rest, below)
        }
        _ => false,
    }
}
