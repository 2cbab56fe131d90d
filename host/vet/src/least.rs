//! The least policy that covers everything a plugin was observed to need.

use wardline_contract::names::folded_key;
use wardline_contract::{Question, Scope};
use wardline_engine::policy::{PolicyEntry, PolicyLimits, grant_text, parse_grant};
use wardline_sandbox::Limits;

use crate::observation::{Asked, Observations, ScopeUse};

/// The maximum number of distinct paths that are granted individually. Beyond that, the fleet is unlikely to have shown them
/// all.
const MAX_EXACT: usize = 16;

/// The head-room factor over the observed maximum: other machines hold more than those of the fleet.
const HEAD_ROOM: u64 = 4;

/// The floor for a plugin that only reads settings. A lower limit protects nothing and would only fail on a machine unlike
/// those of the fleet.
const SETTINGS_ONLY: Floor = Floor { fuel: 10_000_000, memory: 64 << 20, rounds: 8, questions: 100, output: 1 << 20 };

/// The floor for a plugin that judges updates. Its cost grows with the catalog, and the next catalog is larger than the one the
/// plugin was observed with.
const JUDGES_UPDATES: Floor =
    Floor { fuel: 200_000_000, memory: 128 << 20, rounds: 16, questions: 20_000, output: 8 << 20 };

/// The limits that every plugin is allowed, however little it was seen to use.
struct Floor {
    fuel: u64,
    memory: u64,
    rounds: u64,
    questions: u64,
    output: u64,
}

/// Returns the least policy for what a plugin needed while observed: its declared scopes, narrowed to the questions asked under
/// them, and limits with head-room.
///
/// Unused scopes are left out. A scope that the fleet does not trigger is not granted: a person has to review it.
pub fn least(name: &str, version: &str, digest: &str, seen: &Observations) -> PolicyEntry {
    let mut grants: Vec<Scope> = Vec::new();
    for used in seen.scopes.iter().filter(|used| !used.is_unused()) {
        for grant in narrowed(used) {
            // A grant that a policy could not parse back matches no path that is ever looked up.
            if !grants.contains(&grant) && parse_grant(&grant_text(&grant)).is_ok() {
                grants.push(grant);
            }
        }
    }
    let usual = Limits::default();
    let floor = if grants.contains(&Scope::Updates) { JUDGES_UPDATES } else { SETTINGS_ONLY };
    let limit = |most: u64, least: u64, usual: u64| Some(rounded(most.saturating_mul(HEAD_ROOM)).max(least).min(usual));
    let narrow = |most: u64, least: u64, usual: u32| {
        limit(most, least, u64::from(usual)).and_then(|number| u32::try_from(number).ok())
    };
    PolicyEntry {
        name: name.to_owned(),
        version: version.to_owned(),
        digest: digest.to_owned(),
        grants,
        limits: PolicyLimits {
            fuel: limit(seen.fuel.max, floor.fuel, usual.fuel),
            memory: limit(seen.memory.max, floor.memory, usual.memory).map(|bytes| bytes.next_multiple_of(1 << 20)),
            rounds: narrow(seen.rounds.max, floor.rounds, usual.rounds),
            questions: narrow(seen.questions.max, floor.questions, usual.questions),
            output: limit(seen.bytes_out.max, floor.output, usual.output).map(|bytes| bytes.next_multiple_of(1 << 10)),
            // Machines differ in speed, and the fuel limit bounds the time anyway.
            time: None,
        },
        line: 0,
    }
}

/// Rounds up to two significant digits: a limit is not a measurement.
fn rounded(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number.div_ceil(unit).saturating_mul(unit)
}

/// The part of one declared scope that was used.
fn narrowed(used: &ScopeUse) -> Vec<Scope> {
    let (pattern, make): (&str, fn(String) -> Scope) = match &used.scope {
        Scope::Registry(pattern) => (pattern, Scope::Registry),
        Scope::File(pattern) => (pattern, Scope::File),
        Scope::Text(pattern) => (pattern, Scope::Text),
        whole => return vec![whole.clone()],
    };
    match paths(pattern, &used.asked) {
        Some(paths) => paths.into_iter().map(make).collect(),
        None => vec![used.scope.clone()],
    }
}

/// The paths to grant in place of a pattern: those that were asked for, or the folder that holds them all. None if the pattern
/// cannot be narrowed.
fn paths(pattern: &str, asked: &Asked) -> Option<Vec<String>> {
    let components: Vec<&str> = pattern.split(['\\', '/']).collect();
    let (last, above) = components.split_last()?;
    // A wildcard within the path covers names that differ between machines: a person, an instance, a folder chosen at
    // installation. The fleet's names say nothing about those on other machines.
    if !last.contains('*') || above.iter().any(|component| component.contains('*')) {
        return None;
    }
    let mut paths: Vec<String> = Vec::new();
    for path in literal(asked) {
        let path = generalize_sids(&path);
        if !paths.iter().any(|known| folded_key(known) == folded_key(&path)) {
            paths.push(path);
        }
        if paths.len() > MAX_EXACT {
            break;
        }
    }
    let complete = asked.kept.len() as u64 == asked.distinct;
    if complete && paths.len() <= MAX_EXACT {
        return Some(paths);
    }
    let folder = common_folder(asked)?;
    // Only if `**` was declared, and only if the folder is deeper than the pattern's own.
    (*last == "**" && folder.split('\\').count() > above.len()).then(|| vec![format!(r"{folder}\**")])
}

/// The paths that were asked for, except those with a wildcard: granting one would allow more than the question asked for.
fn literal(asked: &Asked) -> impl Iterator<Item = String> {
    asked.kept.iter().filter_map(path_of).filter(|path| !path.contains('*'))
}

/// The path with `\` as the separator. In a key, `/` is part of a name.
fn path_of(question: &Question) -> Option<String> {
    match question {
        Question::RegistryValue(value) => Some(value.key.clone()),
        Question::RegistryKey(key) | Question::RegistryPermissions(key) => Some(key.clone()),
        Question::Text(range) => Some(range.path.replace('/', "\\")),
        Question::File(path)
        | Question::FileVersion(path)
        | Question::Directory(path)
        | Question::FilePermissions(path) => Some(path.replace('/', "\\")),
        _ => None,
    }
}

/// Replaces every SID with `S-1-*` where Windows keeps a key or folder per user: below `HKU`, `ProfileList` and the recycle
/// bins. Anywhere else the plugin chose the name itself, so it gets no wildcard.
fn generalize_sids(path: &str) -> String {
    let mut above = "";
    let components = path.split('\\').enumerate().map(|(place, component)| {
        let hive = place == 1 && above.eq_ignore_ascii_case("HKU");
        let personal = is_sid(component) && (hive || PERSONAL.iter().any(|name| name.eq_ignore_ascii_case(above)));
        above = component;
        if personal { "S-1-*" } else { component }
    });
    components.collect::<Vec<_>>().join("\\")
}

/// Keys and folders whose children are named by user SID, as below the root `HKU`.
const PERSONAL: [&str; 3] = ["ProfileList", "$Recycle.Bin", "RECYCLER"];

/// Whether the component is a complete security identifier: `S-1-`, an authority, and at least one more number.
fn is_sid(component: &str) -> bool {
    let Some((begin, numbers)) = component.split_at_checked(4) else { return false };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    begin.eq_ignore_ascii_case("S-1-") && numbers.contains('-') && numbers.split('-').all(is_number)
}

/// The deepest folder that contains every path asked for. None if not every question was kept.
fn common_folder(asked: &Asked) -> Option<String> {
    if asked.kept.len() as u64 != asked.distinct {
        return None;
    }
    let mut common: Option<Vec<String>> = None;
    for path in literal(asked) {
        let path = generalize_sids(&path);
        let components: Vec<String> = path.split('\\').map(str::to_owned).collect();
        common = Some(match common {
            None => components,
            Some(common) => {
                let same = |(a, b): &(&String, &String)| a.to_lowercase() == b.to_lowercase();
                let length = common.iter().zip(&components).take_while(same).count();
                common.into_iter().take(length).collect()
            }
        });
    }
    common.filter(|components| !components.is_empty()).map(|components| components.join("\\"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Spread;
    use wardline_contract::RegistryValueName;

    fn key(path: impl Into<String>) -> Question {
        Question::RegistryKey(path.into())
    }

    fn used(scope: Scope, kept: Vec<Question>) -> ScopeUse {
        let distinct = kept.len() as u64;
        ScopeUse { scope, asked: Asked { questions: distinct * 3, distinct, kept } }
    }

    fn registry(pattern: &str) -> Scope {
        Scope::Registry(pattern.into())
    }

    fn grants(scope: Scope, kept: Vec<Question>) -> Vec<String> {
        narrowed(&used(scope, kept)).iter().map(grant_text).collect()
    }

    #[test]
    fn few_paths_are_granted_exactly_and_many_by_their_folder() {
        let value =
            Question::RegistryValue(RegistryValueName { key: r"hklm\software\acme\a".into(), name: "x".into() });
        assert_eq!(
            grants(
                registry(r"HKLM\SOFTWARE\**"),
                vec![key(r"HKLM\SOFTWARE\Acme\A"), value, key(r"HKLM\SOFTWARE\Acme")]
            ),
            [r"registry:HKLM\SOFTWARE\Acme\A", r"registry:HKLM\SOFTWARE\Acme"]
        );
        let many = |folder: &str| (0..40).map(|number| key(format!(r"{folder}\{number}"))).collect::<Vec<_>>();
        assert_eq!(
            grants(registry(r"HKLM\SOFTWARE\**"), many(r"HKLM\SOFTWARE\Acme\Parts")),
            [r"registry:HKLM\SOFTWARE\Acme\Parts\**"]
        );
        // No folder is deeper than the declared one.
        assert_eq!(grants(registry(r"HKLM\SOFTWARE\**"), many(r"HKLM\SOFTWARE")), [r"registry:HKLM\SOFTWARE\**"]);
        assert_eq!(grants(registry(r"HKLM\SOFTWARE\*"), many(r"HKLM\SOFTWARE")), [r"registry:HKLM\SOFTWARE\*"]);
        assert_eq!(grants(Scope::Accounts, vec![Question::Accounts]), ["accounts"]);
    }

    #[test]
    fn a_slash_is_part_of_a_keys_name() {
        assert_eq!(
            grants(registry(r"HKLM\**"), vec![key(r"HKLM\Ciphers\RC4 128/128"), key(r"HKLM\Ciphers\RC4 128\128")]),
            [r"registry:HKLM\Ciphers\RC4 128/128", r"registry:HKLM\Ciphers\RC4 128\128"]
        );
        assert_eq!(
            grants(Scope::File("**".into()), vec![Question::File("C:/a/b".into()), Question::File(r"C:\a\b".into())]),
            [r"file:C:\a\b"]
        );
    }

    #[test]
    fn names_that_differ_by_machine_stay_open() {
        let zones = r"HKU\*\Software\Zones\*";
        assert_eq!(
            grants(registry(zones), vec![key(r"HKU\S-1-5-21-7\Software\Zones\3")]),
            [format!("registry:{zones}")]
        );
        assert_eq!(
            grants(registry(r"HKU\**"), vec![key(r"HKU\S-1-5-21-7\Software\A"), key(r"HKU\S-1-5-21-8\Software\A")]),
            [r"registry:HKU\S-1-*\Software\A"]
        );
    }

    #[test]
    fn a_sid_is_a_person_only_where_windows_keeps_persons() {
        for (path, expected) in [
            (r"HKU\S-1-5-21-1-2-3-500\Software", r"HKU\S-1-*\Software"),
            (r"hku\s-1-5-18", r"hku\S-1-*"),
            (r"C:\$Recycle.Bin\S-1-5-21-7\a", r"C:\$Recycle.Bin\S-1-*\a"),
            (r"C:\RECYCLER\S-1-5-21-7", r"C:\RECYCLER\S-1-*"),
            (
                r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-20",
                r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-*",
            ),
        ] {
            assert_eq!(generalize_sids(path), expected);
        }
        for path in [
            r"HKLM\S-1-\SAM",
            r"HKLM\S-1-5-21-7\SAM",
            r"HKLM\SOFTWARE\S-1-5-21-7",
            r"HKU\S-1-",
            r"HKU\S-1-5",
            r"HKU\S-1-5-",
            r"HKU\S-1--5",
            r"HKU\S-1-5-x",
            r"HKU\S-1-5-21-7_Classes",
            r"HKU\A\S-1-5-21-7",
            r"HKLM\HKU\S-1-5-21-7",
            r"C:\S-1-5-21-7\S-1-5-21-7",
            r"S-1-5-21-7\a",
            "S-1é",
        ] {
            assert_eq!(generalize_sids(path), path);
        }
    }

    #[test]
    fn nobody_gets_more_by_asking_for_wildcards() {
        assert_eq!(
            grants(registry(r"HKLM\**"), vec![key(r"HKLM\**"), key(r"HKLM\SOFTWARE\A")]),
            [r"registry:HKLM\SOFTWARE\A"]
        );
        assert_eq!(grants(registry(r"HKLM\**"), vec![key(r"HKLM\*")]), [""; 0]);
    }

    #[test]
    fn what_was_not_kept_whole_is_not_narrowed() {
        let mut flood = used(registry(r"HKLM\SOFTWARE\**"), vec![key(r"HKLM\SOFTWARE\A")]);
        flood.asked.distinct = 9_000;
        assert_eq!(narrowed(&flood), [registry(r"HKLM\SOFTWARE\**")]);
    }

    #[test]
    fn limits_have_head_room_and_stay_below_the_usual_ones() {
        let spread = |max| Spread { max, ..Spread::default() };
        let seen = Observations {
            conversations: 1,
            outcomes: Vec::new(),
            fuel: spread(12_345_678),
            memory: spread(40 << 20),
            rounds: spread(3),
            questions: spread(20_000),
            bytes_in: spread(0),
            bytes_out: spread(1_000),
            scopes: vec![used(Scope::System, vec![Question::System]), used(Scope::Groups, Vec::new())],
            undeclared: Asked::default(),
        };
        let entry = least("acme", "1", "ff", &seen);
        assert_eq!(entry.grants, [Scope::System]);
        let expected = PolicyLimits {
            fuel: Some(50_000_000),
            memory: Some(163 << 20),
            rounds: Some(12),
            questions: Some(50_000),
            output: Some(1 << 20),
            time: None,
        };
        assert_eq!(entry.limits, expected);
        // A scan's catalog is larger than the one used for vetting.
        let judging = Observations { scopes: vec![used(Scope::Updates, vec![key("HKLM")])], ..seen };
        let limits = least("acme", "1", "ff", &judging).limits;
        assert_eq!((limits.fuel, limits.rounds, limits.output), (Some(200_000_000), Some(16), Some(8 << 20)));
    }
}
