//! The settings of a zone, compared with the standard levels.

use wardline_plugin::words::setting_word;

/// A standard security level. The numbers are those of `CurrentLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Low = 0x10000,
    MediumLow = 0x10500,
    Medium = 0x11000,
    High = 0x12000,
}

impl Level {
    pub(crate) fn number(self) -> u32 {
        self as u32
    }
}

/// Returns the name of a value of `CurrentLevel`.
pub(crate) fn level_name(number: u32) -> String {
    let word = setting_word(r"\Internet Settings\Zones\", "CurrentLevel", &number.to_string());
    word.map_or_else(|| format!("{number:#x}"), str::to_owned)
}

/// The order of an action's values, from weak to strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// 0 enable, 1 prompt, 3 disable.
    Permission,
    /// 1A00: 0 automatic logon, 0x20000 in the intranet only, 0x10000 prompt, 0x30000 anonymous.
    Logon,
    /// 1C00: 0x30000 low, 0x20000 medium, 0x10000 high safety, 0 no Java. Custom permissions have no rank in it.
    Java,
}

impl Scale {
    /// Returns the value's rank, higher for stricter. `None` for a value without a rank.
    fn strictness(self, value: u32) -> Option<u32> {
        let weakest_first: &[u32] = match self {
            Scale::Permission => &[0, 1, 3],
            Scale::Logon => &[0, 0x20000, 0x10000, 0x30000],
            Scale::Java => &[0x30000, 0x20000, 0x10000, 0],
        };
        weakest_first.iter().position(|&known| known == value).and_then(|place| u32::try_from(place).ok())
    }
}

/// A setting of a zone ("URL action").
#[derive(Debug)]
pub(crate) struct UrlAction {
    /// The value's name in the zone's key.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    scale: Scale,
    /// The values at the levels low, medium-low, medium and high.
    standard: [u32; 4],
}

/// The settings that are compared, from Microsoft's article Q182569, with the standard levels of Internet Explorer 5 and 6.
/// Settings that other versions grade differently, or have in addition, are not compared.
pub(crate) const URL_ACTIONS: &[UrlAction] = &[
    action("1001", "download signed ActiveX controls", Scale::Permission, [0, 1, 1, 3]),
    action("1004", "download unsigned ActiveX controls", Scale::Permission, [1, 3, 3, 3]),
    action("1200", "run ActiveX controls", Scale::Permission, [0, 0, 0, 3]),
    action("1201", "script ActiveX controls not marked as safe", Scale::Permission, [1, 3, 3, 3]),
    action("1400", "active scripting", Scale::Permission, [0, 0, 0, 3]),
    action("1402", "scripting of Java applets", Scale::Permission, [0, 0, 0, 3]),
    action("1405", "script ActiveX controls marked as safe", Scale::Permission, [0, 0, 0, 3]),
    action("1406", "access data sources across domains", Scale::Permission, [0, 1, 3, 3]),
    action("1800", "install desktop items", Scale::Permission, [0, 1, 1, 3]),
    action("1803", "download files", Scale::Permission, [0, 0, 0, 3]),
    action("1804", "launch programs in a frame", Scale::Permission, [0, 1, 1, 3]),
    action("1A00", "logon", Scale::Logon, [0, 0x20000, 0x20000, 0x10000]),
    action("1C00", "Java permissions", Scale::Java, [0x30000, 0x20000, 0x10000, 0]),
];

const fn action(id: &'static str, name: &'static str, scale: Scale, standard: [u32; 4]) -> UrlAction {
    UrlAction { id, name, scale, standard }
}

/// The comparison of a setting with a standard level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    AsStrict,
    Weaker,
    /// The scale does not contain the value.
    NotComparable,
}

impl UrlAction {
    /// Returns the value at the level.
    pub(crate) fn standard(&self, level: Level) -> u32 {
        let [low, medium_low, medium, high] = self.standard;
        match level {
            Level::Low => low,
            Level::MediumLow => medium_low,
            Level::Medium => medium,
            Level::High => high,
        }
    }

    pub(crate) fn compare(&self, value: u32, level: Level) -> Comparison {
        match (self.scale.strictness(value), self.scale.strictness(self.standard(level))) {
            (Some(found), Some(wanted)) if found < wanted => Comparison::Weaker,
            (Some(_), Some(_)) => Comparison::AsStrict,
            _ => Comparison::NotComparable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_id(id: &str) -> &'static UrlAction {
        URL_ACTIONS.iter().find(|action| action.id == id).expect("an action of the table")
    }

    #[test]
    fn each_scale_has_its_own_direction() {
        use Comparison::{AsStrict, NotComparable, Weaker};
        for (id, value, level, expected) in [
            ("1400", 0, Level::Medium, AsStrict),
            ("1400", 0, Level::High, Weaker),
            ("1400", 1, Level::High, Weaker),
            ("1400", 3, Level::High, AsStrict),
            ("1400", 2, Level::Low, NotComparable),
            ("1001", 0, Level::Medium, Weaker),
            ("1A00", 0, Level::Medium, Weaker),
            ("1A00", 0x20000, Level::High, Weaker),
            ("1A00", 0x30000, Level::High, AsStrict),
            ("1C00", 0x30000, Level::Medium, Weaker),
            ("1C00", 0, Level::Medium, AsStrict),
            ("1C00", 0x80_0000, Level::Medium, NotComparable),
        ] {
            assert_eq!(by_id(id).compare(value, level), expected, "{id} {value:#x} {level:?}");
        }
    }

    #[test]
    fn the_standard_levels_are_on_their_scales_and_ascend() {
        let levels = [Level::Low, Level::MediumLow, Level::Medium, Level::High];
        for action in URL_ACTIONS {
            for (weaker, stricter) in levels.iter().zip(&levels[1..]) {
                assert_eq!(action.compare(action.standard(*stricter), *weaker), Comparison::AsStrict, "{}", action.id);
            }
        }
    }
}
