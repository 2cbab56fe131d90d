//! Lines that make Windows' Task Scheduler, cron or systemd run a command regularly.

use std::path::Path;
use std::str::FromStr;

use crate::quoting;

/// The maximum number of characters of a command that `schtasks` takes.
const LONGEST_TASK: usize = 261;

/// How often a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Every so many hours: a number that divides 24.
    Hours(u8),
    Daily,
    /// On Sundays.
    Weekly,
    /// On the first of each month.
    Monthly,
}

/// The text is not an interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected daily, weekly, monthly, or hours that divide a day: 1h, 2h, 3h, 4h, 6h, 8h, 12h")]
pub struct BadInterval;

impl FromStr for Interval {
    type Err = BadInterval;

    fn from_str(text: &str) -> Result<Self, BadInterval> {
        match text {
            "hourly" => Ok(Interval::Hours(1)),
            "daily" => Ok(Interval::Daily),
            "weekly" => Ok(Interval::Weekly),
            "monthly" => Ok(Interval::Monthly),
            other => {
                let hours = other.strip_suffix('h').and_then(|hours| hours.parse::<u8>().ok());
                hours.filter(|hours| [1, 2, 3, 4, 6, 8, 12].contains(hours)).map(Interval::Hours).ok_or(BadInterval)
            }
        }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Interval::Hours(1) => formatter.write_str("every hour"),
            Interval::Hours(hours) => write!(formatter, "every {hours} hours"),
            Interval::Daily => formatter.write_str("daily"),
            Interval::Weekly => formatter.write_str("on Sundays"),
            Interval::Monthly => formatter.write_str("on the first of each month"),
        }
    }
}

/// A time of the day, by the clock of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

/// The text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time of the day, such as 02:30")]
pub struct BadTime;

impl FromStr for TimeOfDay {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let (hour, minute) = text.split_once(':').ok_or(BadTime)?;
        let number = |text: &str, below: u8| {
            let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && *number < below).ok_or(BadTime)
        };
        Ok(TimeOfDay { hour: number(hour, 24)?, minute: number(minute, 60)? })
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// A program that runs commands regularly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    TaskScheduler,
    Cron,
    Systemd,
}

impl Scheduler {
    pub const ALL: [Scheduler; 3] = [Scheduler::TaskScheduler, Scheduler::Cron, Scheduler::Systemd];

    /// The name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Scheduler::TaskScheduler => "task-scheduler",
            Scheduler::Cron => "cron",
            Scheduler::Systemd => "systemd",
        }
    }
}

/// A command to run.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// For the names of tasks and units.
    pub name: &'a str,
    pub interval: Interval,
    pub at: TimeOfDay,
    /// The working folder, absolute.
    pub folder: &'a Path,
    /// The program and its arguments.
    pub command: &'a [String],
}

/// A word has a line end or a NUL in it, which no schedule can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a control character in `{0}`: schedules cannot hold it")]
pub struct Unprintable(String);

/// Returns the lines for a scheduler.
///
/// # Errors
///
/// If the command cannot be written in one line.
pub fn lines(scheduler: Scheduler, entry: &Entry<'_>) -> Result<String, Unprintable> {
    let folder = entry.folder.display().to_string();
    let words = entry.command.iter().chain([&folder]);
    if let Some(word) = words.into_iter().find(|word| word.contains(char::is_control)) {
        return Err(Unprintable(word.escape_debug().collect()));
    }
    Ok(match scheduler {
        Scheduler::TaskScheduler => task(entry, &folder),
        Scheduler::Cron => cron(entry, &folder),
        Scheduler::Systemd => systemd(entry, &folder),
    })
}

fn joined(entry: &Entry<'_>, quote: fn(&str) -> String) -> String {
    entry.command.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// Source: Microsoft's reference of `schtasks create`.
fn task(entry: &Entry<'_>, folder: &str) -> String {
    let often = match entry.interval {
        Interval::Hours(hours) => format!("/SC HOURLY /MO {hours}"),
        Interval::Daily => "/SC DAILY".to_owned(),
        Interval::Weekly => "/SC WEEKLY /D SUN".to_owned(),
        Interval::Monthly => "/SC MONTHLY /D 1".to_owned(),
    };
    let run = format!("cmd /c cd /d {} && {}", quoting::windows(folder), joined(entry, quoting::windows));
    let remark = match run.chars().count() > LONGEST_TASK {
        true => format!(
            "rem schtasks takes no command of more than {LONGEST_TASK} characters: put the part after /TR into a .cmd file\n"
        ),
        false => String::new(),
    };
    let name = quoting::windows(&format!("wardline patrol {}", entry.name));
    format!("{remark}schtasks /Create /TN {name} {often} /ST {} /TR \"{}\"\n", entry.at, run.replace('"', "\\\""))
}

/// Source: crontab(5).
fn cron(entry: &Entry<'_>, folder: &str) -> String {
    let TimeOfDay { hour, minute } = entry.at;
    let when = match entry.interval {
        Interval::Hours(hours) => format!("{minute} {}-23/{hours} * * *", hour % hours.max(1)),
        Interval::Daily => format!("{minute} {hour} * * *"),
        Interval::Weekly => format!("{minute} {hour} * * 0"),
        Interval::Monthly => format!("{minute} {hour} 1 * *"),
    };
    format!("{when} cd {} && {}\n", quoting::cron(folder), joined(entry, quoting::cron))
}

/// Source: systemd.timer(5) and systemd.time(7).
fn systemd(entry: &Entry<'_>, folder: &str) -> String {
    let TimeOfDay { hour, minute } = entry.at;
    let when = match entry.interval {
        Interval::Hours(hours) => format!("*-*-* {:02}/{hours}:{minute:02}:00", hour % hours.max(1)),
        Interval::Daily => format!("*-*-* {hour:02}:{minute:02}:00"),
        Interval::Weekly => format!("Sun *-*-* {hour:02}:{minute:02}:00"),
        Interval::Monthly => format!("*-*-01 {hour:02}:{minute:02}:00"),
    };
    let kept =
        |character: char| if character.is_ascii_alphanumeric() || "-_".contains(character) { character } else { '-' };
    let unit = format!("wardline-patrol-{}", entry.name.chars().map(kept).collect::<String>());
    let what = entry.name.replace('%', "%%");
    // A path is not quoted here, but specifiers are resolved (systemd.exec(5)).
    let folder = folder.replace('%', "%%");
    format!(
        "# /etc/systemd/system/{unit}.service\n[Unit]\nDescription=wardline patrol of {what}\n\n[Service]\nType=oneshot\n\
         WorkingDirectory={folder}\nExecStart={}\n\n# /etc/systemd/system/{unit}.timer\n[Unit]\nDescription=wardline patrol of \
         {what}, {}\n\n[Timer]\nOnCalendar={when}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        joined(entry, quoting::systemd),
        entry.interval,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(scheduler: Scheduler, interval: &str, folder: &str, words: &[&str]) -> String {
        let command: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (interval, at) = (interval.parse().unwrap(), "02:30".parse().unwrap());
        let entry = Entry { name: "File&Print", interval, at, folder: Path::new(folder), command: &command };
        lines(scheduler, &entry).unwrap()
    }

    #[test]
    fn each_scheduler_is_told_in_its_words() {
        let words = ["/usr/bin/wardline", "patrol", "File&Print.txt", "--evidence=/mnt/e v"];
        for (interval, expected) in [
            ("1h", "30 0-23/1 * * *"),
            ("6h", "30 2-23/6 * * *"),
            ("daily", "30 2 * * *"),
            ("weekly", "30 2 * * 0"),
            ("monthly", "30 2 1 * *"),
        ] {
            assert_eq!(
                printed(Scheduler::Cron, interval, "/srv/100%", &words),
                format!(
                    r"{expected} cd '/srv/100\%' && /usr/bin/wardline patrol 'File&Print.txt' '--evidence=/mnt/e v'{}",
                    "\n"
                )
            );
        }
        let words = [r"C:\Program Files\wardline.exe", "patrol", "File&Print.txt"];
        for (interval, expected) in [
            ("6h", "/SC HOURLY /MO 6"),
            ("daily", "/SC DAILY"),
            ("weekly", "/SC WEEKLY /D SUN"),
            ("monthly", "/SC MONTHLY /D 1"),
        ] {
            assert_eq!(
                printed(Scheduler::TaskScheduler, interval, r"C:\patrol", &words),
                format!(
                    r#"schtasks /Create /TN "wardline patrol File&Print" {expected} /ST 02:30 /TR "cmd /c cd /d C:\patrol && \"C:\Program Files\wardline.exe\" patrol \"File&Print.txt\""{}"#,
                    "\n"
                )
            );
        }
        let long = "x".repeat(300);
        assert!(
            printed(Scheduler::TaskScheduler, "daily", r"C:\", &[&long]).starts_with("rem schtasks takes no command")
        );
        for (interval, expected) in [
            ("6h", "OnCalendar=*-*-* 02/6:30:00\n"),
            ("daily", "OnCalendar=*-*-* 02:30:00\n"),
            ("weekly", "OnCalendar=Sun *-*-* 02:30:00\n"),
            ("monthly", "OnCalendar=*-*-01 02:30:00\n"),
        ] {
            let text = printed(Scheduler::Systemd, interval, "/srv/100%", &["/usr/bin/wardline", "patrol", "a b%.txt"]);
            assert!(text.contains(expected), "{text}");
            assert!(text.contains("ExecStart=/usr/bin/wardline patrol \"a b%%.txt\"\n"), "{text}");
            assert!(
                text.contains("WorkingDirectory=/srv/100%%\n") && text.contains("wardline-patrol-File-Print.timer")
            );
        }
    }

    #[test]
    fn intervals_and_times_that_do_not_exist_are_refused() {
        for bad in ["", "h", "0h", "5h", "24h", "-1h", "yearly", "Daily"] {
            assert_eq!(bad.parse::<Interval>(), Err(BadInterval), "{bad}");
        }
        assert_eq!("hourly".parse(), Ok(Interval::Hours(1)));
        for bad in ["", "2", "24:00", "2:60", "02:5x", "002:00", "+2:00"] {
            assert_eq!(bad.parse::<TimeOfDay>(), Err(BadTime), "{bad}");
        }
        assert_eq!("2:05".parse::<TimeOfDay>().unwrap().to_string(), "02:05");
    }

    #[test]
    fn a_word_that_would_end_the_line_is_refused() {
        let command = ["wardline".to_owned(), "a\nb".to_owned()];
        let (interval, at) = (Interval::Daily, "02:00".parse().unwrap());
        let entry = Entry { name: "a", interval, at, folder: Path::new("/"), command: &command };
        for scheduler in Scheduler::ALL {
            assert_eq!(lines(scheduler, &entry), Err(Unprintable("a\\nb".to_owned())));
        }
    }
}
