//! MBSA 118: whether each user's security zones are at least at the recommended level.
//!
//! MBSA 1.2 fails the check if a zone is below its recommended level, and shows a failure as critical. One weaker zone of one
//! user therefore makes the finding critical. `CurrentLevel` is only the displayed level; the zone's settings decide what is
//! allowed. A zone with a sufficient level, and one with a custom level (`CurrentLevel` 0), therefore pass only if no setting
//! is weaker than at the recommended level. An absent value has its default. Level and settings are `REG_DWORD`s (Q182569);
//! one of another type cannot be compared.

use wardline_plugin::evidence::{Evident, why_unknown};
use wardline_plugin::prelude::*;
use wardline_plugin::users::{self, Sentences, User, Verdict, Verdicts};

use crate::product;
use crate::url_action::{Comparison, Level, URL_ACTIONS, UrlAction, level_name};

/// The key that contains [`MACHINE_ONLY`].
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";
/// If set, the machine's zones apply and the users' zones are ignored.
const MACHINE_ONLY: &str = "Security_HKLM_only";
const ZONES: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings\Zones";

const LEVEL: &str = "CurrentLevel";
/// The name of `CurrentLevel` 0, which by itself says nothing about the settings.
const CUSTOM: &str = "custom";
const RISK: &str = "Sites in this zone that depend on permissions that are no longer allowed stop working.";
const ARTICLE: &str = "Q182569";

/// A zone, identified by its key, and the level that Microsoft recommends for it.
struct Zone {
    key: &'static str,
    name: &'static str,
    recommended: Level,
}

const RECOMMENDED: [Zone; 4] = [
    Zone { key: "1", name: "Local intranet", recommended: Level::MediumLow },
    Zone { key: "2", name: "Trusted sites", recommended: Level::Low },
    Zone { key: "3", name: "Internet", recommended: Level::Medium },
    Zone { key: "4", name: "Restricted sites", recommended: Level::High },
];

impl Zone {
    fn key_below(&self, root: &str) -> String {
        format!(r"{root}\{ZONES}\{}", self.key)
    }

    fn judge(&self, key: &str, answer: &Answer) -> Verdict {
        let found = match answer {
            // A user who has never changed a zone has the defaults, which are the recommended levels.
            Answer::Absent => return Verdict::passed("default"),
            Answer::Known(Fact::RegistryKey(found)) => found,
            Answer::Known(_) => return Verdict::unable("the answer does not fit the question"),
            silent => return Verdict::unable(why_unknown(silent).unwrap_or_default()),
        };
        let current = value(found, LEVEL);
        match current.map(|data| (data, data.as_dword())) {
            None if found.truncated => Verdict::unable("not all of the zone's values could be read"),
            None => self.judge_settings("default", key, found),
            Some((data, None)) => Verdict::unable(format!("{LEVEL} holds {}", data.instead_of("REG_DWORD"))),
            Some((_, Some(0))) => self.judge_settings(CUSTOM, key, found),
            Some((_, Some(level))) => {
                let shown = level_name(level);
                if level >= self.recommended.number() {
                    return self.judge_settings(&shown, key, found);
                }
                let raise = Remedy::set_registry_value(
                    key,
                    LEVEL,
                    current.cloned(),
                    RegistryData::Dword(self.recommended.number()),
                );
                let (weaker, _) = self.settings(found);
                // The settings are what takes effect, so both the level and the settings are corrected.
                let settings = weaker.into_iter().map(|action| self.put_right(key, found, action));
                Verdict::critical(shown, std::iter::once(raise.risk(RISK).article(ARTICLE)).chain(settings).collect())
            }
        }
    }

    /// Judges a zone by its settings, because they take effect whatever `level` is displayed. Programs set one without the
    /// other.
    fn judge_settings(&self, level: &str, key: &str, found: &RegistryKey) -> Verdict {
        let (weaker, unknown) = self.settings(found);
        let names = |actions: &[&UrlAction]| actions.iter().map(|action| action.name).collect::<Vec<_>>().join(", ");
        if !weaker.is_empty() {
            let level = format!("{level}, weaker in: {}", names(&weaker));
            let remedies = weaker.into_iter().map(|action| self.put_right(key, found, action)).collect();
            return Verdict::critical(level, remedies);
        }
        if !unknown.is_empty() {
            return Verdict::unable(format!("{level}, cannot be compared: {}", names(&unknown)));
        }
        if found.truncated {
            return Verdict::unable("not all of the zone's values could be read");
        }
        Verdict::passed(if level == CUSTOM { format!("{level}, nowhere weaker") } else { level.to_owned() })
    }

    /// Returns the settings that are weaker than recommended, and those that cannot be compared. An absent one has its
    /// default.
    fn settings(&self, found: &RegistryKey) -> (Vec<&'static UrlAction>, Vec<&'static UrlAction>) {
        let (mut weaker, mut unknown) = (Vec::new(), Vec::new());
        for action in URL_ACTIONS {
            let Some(data) = value(found, action.id) else { continue };
            match data.as_dword().map_or(Comparison::NotComparable, |number| action.compare(number, self.recommended)) {
                Comparison::AsStrict => {}
                Comparison::Weaker => weaker.push(action),
                Comparison::NotComparable => unknown.push(action),
            }
        }
        (weaker, unknown)
    }

    fn put_right(&self, key: &str, found: &RegistryKey, action: &UrlAction) -> Remedy {
        let standard = RegistryData::Dword(action.standard(self.recommended));
        Remedy::set_registry_value(key, action.id, value(found, action.id).cloned(), standard)
            .risk(RISK)
            .article(ARTICLE)
    }
}

fn value<'k>(key: &'k RegistryKey, name: &str) -> Option<&'k RegistryData> {
    key.values.iter().find(|value| value.name.eq_ignore_ascii_case(name)).map(|value| &value.data)
}

pub(crate) struct Zones;

impl<Subject: 'static> Check<Subject> for Zones {
    const INFO: CheckInfo = CheckInfo::new("ie-zones", "Internet Explorer zones")
        .mbsa(118)
        .columns(&["User", "Zone", "Level", "Recommended"])
        .explanation(
            "A zone's level determines what its sites can do: run scripts and controls, start programs, use the user's \
             logon.",
        );
    const ASKS: &'static [Asks] = &[
        Asks::Profiles,
        Asks::Registry(POLICY),
        Asks::Registry(r"HKU\*\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Zones\*"),
        Asks::Registry(r"HKLM\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Zones\*"),
    ];

    async fn run(cx: Context<'_, Subject>) -> Result<Finding, Unable> {
        let evidence = cx.evidence;
        if let Some(absence) = product::browser(evidence).await?.absence(Grade::Informational) {
            return Ok(absence);
        }
        let policy = evidence.registry_value(POLICY, MACHINE_ONLY).await.optional()?;
        let machine_only = match policy.as_ref().map(|data| (data, data.as_dword())) {
            None => false,
            Some((_, Some(number))) => number == 1,
            Some((data, None)) => {
                let held = data.instead_of("REG_DWORD");
                let reason = format!("{MACHINE_ONLY} holds {held}: whose zones apply could not be determined.");
                return Err(Unable::new(reason).because(&policy));
            }
        };
        let mut verdicts = Verdicts::default();
        verdicts.because(policy.question_number());
        let users = if machine_only {
            vec![User { name: "all users".to_owned(), root: Some("HKLM".to_owned()) }]
        } else {
            let (people, asked) = users::people(evidence).await?;
            verdicts.because(asked);
            people
        };
        let asked = users.iter().filter_map(|user| user.root.as_deref());
        let questions =
            asked.flat_map(|root| RECOMMENDED.iter().map(|zone| Question::RegistryKey(zone.key_below(root))));
        let replies = evidence.ask_all(questions.collect()).await;
        let mut answers = replies.answers.iter().zip(replies.first..);
        for user in &users {
            let Some(root) = &user.root else {
                verdicts.add_unreadable(user);
                continue;
            };
            for zone in &RECOMMENDED {
                let verdict = match answers.next() {
                    Some((answer, number)) => {
                        verdicts.because(number);
                        zone.judge(&zone.key_below(root), answer)
                    }
                    None => Verdict::unable("not answered"),
                };
                verdicts.add(user, zone.name, verdict, &level_name(zone.recommended.number()));
            }
        }
        Ok(verdicts.conclude(&SENTENCES))
    }
}

const SENTENCES: Sentences = Sentences {
    nobody: "No user has a profile on this machine.",
    passed: "All zones of all users are set to at least the recommended level.",
    failed: "Zones below the recommended level",
    unable: "The zones of some users could not be judged; all others are set to at least the recommended level.",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ie;
    use wardline_plugin::testing::{Bench, Run};

    const ID: &str = <Zones as Check>::INFO.id;
    const SCOTT: &str = "S-1-5-21-1-2-3-1001";
    const DIANA: &str = "S-1-5-21-1-2-3-1002";

    fn profile(sid: &str, name: &str, loaded: bool) -> Profile {
        Profile { sid: sid.to_owned(), path: String::new(), name: name.to_owned(), loaded }
    }

    fn bench(profiles: Vec<Profile>) -> Bench {
        Bench::new()
            .value(product::INTERNET_EXPLORER, "Version", RegistryData::Text("5.50.4807.2300".to_owned()))
            .fact(Question::FileVersion(product::MSHTML.to_owned()), Fact::File(file()))
            .fact(Question::Profiles, Fact::Profiles(profiles))
    }

    fn file() -> FileInfo {
        FileInfo { version: None, checksum: None, size: 1, modified: None, language: None }
    }

    fn scott() -> Bench {
        bench(vec![profile(SCOTT, "scott", true), profile("S-1-5-18", "SYSTEM", true)])
    }

    fn key(values: &[(&str, u32)]) -> RegistryKey {
        let values = values
            .iter()
            .map(|&(name, number)| RegistryValue { name: name.to_owned(), data: RegistryData::Dword(number) })
            .collect();
        RegistryKey { values, subkeys: vec![], truncated: false, last_written: 0 }
    }

    fn path(root: &str, zone: &str) -> String {
        format!(r"{root}\{ZONES}\{zone}")
    }

    fn zone(bench: Bench, root: &str, zone: &str, values: &[(&str, u32)]) -> Bench {
        bench.fact(Question::RegistryKey(path(root, zone)), Fact::RegistryKey(key(values)))
    }

    fn row<'r>(run: &'r Run, user: &str, zone: &str) -> &'r Row {
        let rows = &run.check(ID).rows;
        rows.iter().find(|row| row.cells[0] == user && row.cells[1] == zone).unwrap_or_else(|| panic!("{rows:?}"))
    }

    #[test]
    fn each_zone_has_its_own_recommended_level() {
        let root = format!(r"HKU\{SCOTT}");
        for (key, name, level, grade) in [
            ("1", "Local intranet", 0x10500, Grade::Passed),
            ("1", "Local intranet", 0x10000, Grade::Critical),
            ("2", "Trusted sites", 0x10000, Grade::Passed),
            ("3", "Internet", 0x11000, Grade::Passed),
            ("3", "Internet", 0x11500, Grade::Passed),
            ("3", "Internet", 0x10500, Grade::Critical),
            ("4", "Restricted sites", 0x12000, Grade::Passed),
            ("4", "Restricted sites", 0x11000, Grade::Critical),
        ] {
            let run = zone(scott(), &root, key, &[(LEVEL, level)]).run::<Ie>();
            assert_eq!(row(&run, "scott", name).grade, grade, "{name} {level:#x}");
            assert_eq!(run.check(ID).grade, grade, "{name} {level:#x}");
            assert_eq!(run.check(ID).rows.len(), 4, "the system's own profile is nobody's");
        }
    }

    #[test]
    fn a_low_level_is_raised_with_its_weaker_settings() {
        let root = format!(r"HKU\{SCOTT}");
        let values = [(LEVEL, 0x10000), ("1004", 1), ("1400", 0)];
        let run = zone(scott(), &root, "3", &values).run::<Ie>();
        let sets: Vec<_> = run
            .actions
            .iter()
            .filter_map(|action| match &action.operation {
                Operation::SetRegistryValue(set) => {
                    Some((set.key.as_str(), set.name.as_str(), &set.before, &set.after))
                }
                _ => None,
            })
            .collect();
        let key = path(&root, "3");
        let number = |number| Some(RegistryData::Dword(number));
        assert_eq!(
            sets,
            [
                (key.as_str(), LEVEL, &number(0x10000), &RegistryData::Dword(0x11000)),
                (key.as_str(), "1004", &number(1), &RegistryData::Dword(3)),
            ]
        );
    }

    #[test]
    fn levels_that_suffice_and_custom_ones_are_compared_setting_by_setting() {
        let root = format!(r"HKU\{SCOTT}");
        for (values, grade, words) in [
            (&[(LEVEL, 0x11000), ("1004", 3), ("1201", 3), ("1C00", 0x10000)][..], Grade::Passed, "medium"),
            // The standard settings of a stricter level.
            (&[(LEVEL, 0x12000), ("1004", 3), ("1200", 3), ("1A00", 0x10000), ("1C00", 0)], Grade::Passed, "high"),
            (&[(LEVEL, 0x11000), ("1004", 0), ("1201", 0)], Grade::Critical, "medium, weaker in: download unsigned"),
            // Less strict than the zone's own level, but as strict as the recommended one.
            (&[(LEVEL, 0x12000), ("1400", 0)], Grade::Passed, "high"),
            (&[(LEVEL, 0x12000), ("1201", 1)], Grade::Critical, "high, weaker in: script ActiveX controls not"),
            (&[(LEVEL, 0x11000), ("1C00", 0x80_0000)], Grade::UnableToScan, "cannot be compared: Java permissions"),
            (&[("1004", 3)], Grade::Passed, "default"),
            (&[("1004", 0)], Grade::Critical, "default, weaker in: download unsigned"),
            (&[(LEVEL, 0), ("1004", 3), ("1400", 0)], Grade::Passed, "custom, nowhere weaker"),
            (&[(LEVEL, 0)], Grade::Passed, "custom, nowhere weaker"),
            (&[(LEVEL, 0), ("1004", 1), ("1201", 0)], Grade::Critical, "download unsigned ActiveX controls, script"),
            (&[(LEVEL, 0), ("1C00", 0x80_0000)], Grade::UnableToScan, "Java permissions"),
            (&[(LEVEL, 0), ("1C00", 0x80_0000), ("1004", 0)], Grade::Critical, "download unsigned"),
            // A setting that is not compared.
            (&[(LEVEL, 0), ("2000", 0)], Grade::Passed, "nowhere weaker"),
        ] {
            let run = zone(scott(), &root, "3", values).run::<Ie>();
            let row = row(&run, "scott", "Internet");
            assert_eq!(row.grade, grade, "{values:?}");
            assert!(row.cells[2].contains(words), "{row:?}");
        }
    }

    #[test]
    fn a_profile_that_never_browsed_has_the_defaults() {
        let run = scott().run::<Ie>();
        assert_eq!(run.check(ID).grade, Grade::Passed);
        assert_eq!(row(&run, "scott", "Internet").cells, ["scott", "Internet", "default", "medium"]);
    }

    #[test]
    fn what_could_not_be_read_is_said_beside_what_is_weak() {
        let both = bench(vec![profile(SCOTT, "scott", true), profile(DIANA, "diana", false)]);
        let run = both.run::<Ie>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan);
        assert_eq!(row(&run, "diana", "all").grade, Grade::UnableToScan);
        // The host could not determine the profile's owner.
        let odd = profile("S-1-5-21-(unreadable)", "S-1-5-21-(unreadable)", false);
        let run = bench(vec![profile(SCOTT, "scott", true), odd]).run::<Ie>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan);
        assert_eq!(row(&run, "scott", "Internet").grade, Grade::Passed);

        let run = zone(both, &format!(r"HKU\{SCOTT}"), "3", &[(LEVEL, 0x10000)]).run::<Ie>();
        assert_eq!(run.check(ID).grade, Grade::Critical);
        assert!(run.check(ID).summary.contains("could not be judged"));

        let damaged = Question::RegistryKey(path(&format!(r"HKU\{SCOTT}"), "2"));
        let run = scott().answer(damaged, Answer::Unreadable("damaged".to_owned())).run::<Ie>();
        assert_eq!(run.check(ID).grade, Grade::UnableToScan);
        assert_eq!(row(&run, "scott", "Trusted sites").cells[2], "damaged");
    }

    #[test]
    fn by_policy_the_machines_zones_count() {
        let policy = |number| {
            let bench = scott().value(POLICY, "Security_HKLM_only", RegistryData::Dword(number));
            zone(bench, "HKLM", "3", &[(LEVEL, 0x10000)]).run::<Ie>()
        };
        let run = policy(1);
        assert_eq!(run.check(ID).grade, Grade::Critical);
        assert_eq!(row(&run, "all users", "Internet").grade, Grade::Critical);
        assert_eq!(policy(0).check(ID).grade, Grade::Passed);
    }

    #[test]
    fn without_browser_or_users_nothing_is_judged() {
        assert_eq!(Bench::new().run::<Ie>().check(ID).grade, Grade::NotPerformed);
        assert_eq!(bench(vec![]).run::<Ie>().check(ID).grade, Grade::NotPerformed);
    }

    /// Windows without its browser, an optional feature from Windows 7 on, keeps the key; so does a partial copy of a disk.
    #[test]
    fn a_version_without_the_browser_s_files_is_a_leftover() {
        let version = || RegistryData::Text("6.0.2800.1106".to_owned());
        let named = || Bench::new().value(product::INTERNET_EXPLORER, "Version", version());
        let file = |bench: Bench, path: &str| bench.fact(Question::FileVersion(path.to_owned()), Fact::File(file()));
        let unread = |bench: Bench, path: &str| {
            bench.answer(Question::FileVersion(path.to_owned()), Answer::Unreadable("damaged".to_owned()))
        };
        for (bench, grade, products) in [
            (named(), Grade::Informational, 0),
            (file(named(), product::MSHTML), Grade::NotPerformed, 1),
            (file(named(), product::IEXPLORE), Grade::NotPerformed, 1),
            (unread(named(), product::MSHTML), Grade::UnableToScan, 0),
            (unread(named(), product::IEXPLORE), Grade::UnableToScan, 0),
            (unread(file(named(), product::MSHTML), product::IEXPLORE), Grade::NotPerformed, 1),
        ] {
            let run = bench.fact(Question::Profiles, Fact::Profiles(vec![])).run::<Ie>();
            let finding = run.check(ID);
            assert_eq!((finding.grade, run.assessment.products.len()), (grade, products), "{finding:?}");
            assert_eq!(finding.summary.contains("leftover"), grade == Grade::Informational, "{finding:?}");
        }
    }

    #[test]
    fn unknown_is_never_passed() {
        let unreadable = Bench::new().unreadable_by_default("damaged");
        let version = RegistryData::Text("6.0.2800.1106".to_owned());
        for bench in [
            unreadable.clone(),
            unreadable.value(product::INTERNET_EXPLORER, "Version", version),
            scott().answer(Question::Profiles, Answer::Unsupported),
        ] {
            assert_eq!(bench.run::<Ie>().check(ID).grade, Grade::UnableToScan);
        }
    }
}
