//! One target: the questions to ask, and the findings that follow from the answers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::course::{Course, Entry, Plan};
use super::index::{Index, SubjectId};
use super::plans::{Plans, rows_that_apply};
use super::reason;
use super::records::{InstalledUpdates, RecordedNames, UpdateRecord};
use super::restart::{AfterRestart, PendingRenames, Restart};
use super::serviced::{self, Judged, Serviced};
use super::supersedence::Supersedence;
use super::verdict::{Found, Tally, Wanted};
use super::{Build, Installed, JudgeOptions, same_name};
use crate::contract::exports::wardline::check::types::{Answer, Change, Question, Update, UpdateFinding, UpdateStatus};

/// The updates that concern the products of one target. Created by [`Judge::case`](super::Judge::case).
#[derive(Debug)]
pub struct Case<'j> {
    index: &'j Index,
    supersedence: &'j Supersedence,
    options: JudgeOptions,
    products: Vec<(Installed, Cow<'j, Plan>)>,
    /// The records that could change a verdict.
    records: BTreeSet<UpdateRecord>,
    questions: Vec<Question>,
    /// Indices into `questions`, by the file asked about; sorted.
    files: Vec<(FileKey, u32)>,
    /// Indices into `questions`, by the registry value asked about; sorted.
    registry: Vec<(SubjectId, u32)>,
}

/// A file and, if its path begins with a variable of an installed product, that product's index plus one.
type FileKey = (u32, SubjectId);

impl<'j> Case<'j> {
    pub(super) fn new(index: &'j Index, plans: &'j Plans, products: &[Installed], options: JudgeOptions) -> Case<'j> {
        let mut case = Case {
            index,
            supersedence: &plans.supersedence,
            options,
            products: Vec::with_capacity(products.len()),
            records: BTreeSet::new(),
            questions: Vec::new(),
            files: Vec::new(),
            registry: Vec::new(),
        };
        for installed in products {
            let twice = |(other, _): &(Installed, _)| {
                same_name(&other.product, &installed.product) && other.subject == installed.subject
            };
            if !case.products.iter().any(twice) {
                let plan = plans.find(index, &installed.product, installed.service_pack);
                case.products.push((installed.clone(), plan));
            }
        }
        case.ask();
        case.records = case.records_that_matter();
        case
    }

    /// The questions to ask, each once: for a file's version, or the file with its checksum if the checksum counts, and for
    /// registry values. Superseded and included updates need no questions.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Judges every update that concerns the products: by product, and within each product in the catalog's order.
    ///
    /// The answers are in the order of [`questions`](Case::questions); a missing one counts as not known. In the findings,
    /// evidence is numbered from `first_question_number`, the number that the conversation assigned to the first of these
    /// questions.
    pub fn decide(&self, answers: &[Answer], first_question_number: u32) -> Vec<UpdateFinding> {
        self.decide_after(answers, first_question_number, &AfterRestart::default())
    }

    /// The questions for the updates that the products' [records](Installed::record) contain. Empty if no record could change
    /// a verdict.
    pub fn record_questions(&self) -> Vec<Question> {
        self.records.iter().map(|record| record.question()).collect()
    }

    /// Takes the answers to [`record_questions`](Case::record_questions), which the conversation numbered from
    /// `first_question_number`, and returns the recorded updates that the catalog contains.
    pub fn recorded(&self, answers: &[Answer], first_question_number: u32) -> RecordedNames {
        RecordedNames::new(self.index, &self.records, answers, first_question_number)
    }

    fn records_that_matter(&self) -> BTreeSet<UpdateRecord> {
        let none = InstalledUpdates::default();
        let groups = self.groups();
        let asking =
            groups.iter().filter(|group| Serviced::new(self.index, self.supersedence, group, &none).needs_record());
        asking.flatten().filter_map(|(_, installed, _)| installed.record).collect()
    }

    /// Returns the products that rules 11 to 22 judge; several names of one product together.
    fn groups(&self) -> Vec<Vec<(usize, &Installed, &Plan)>> {
        let mut groups: Vec<Vec<(usize, &Installed, &Plan)>> = Vec::new();
        for (place, (installed, plan)) in self.products.iter().enumerate() {
            if !is_serviced(installed) {
                continue;
            }
            let same = groups.iter_mut().find(|group| {
                group.iter().any(|(_, other, _)| {
                    (&other.branch, &other.subject, &other.build)
                        == (&installed.branch, &installed.subject, &installed.build)
                })
            });
            match same {
                Some(group) => group.push((place, installed, plan)),
                None => groups.push(vec![(place, installed, plan)]),
            }
        }
        groups
    }

    /// Returns the files of this case that the next restart changes, as far as `pending` reveals. `windows` is
    /// `system-info.windows-folder`; without it, paths that begin with its variable are not known.
    pub fn restart(&self, pending: &PendingRenames, windows: Option<&str>) -> Restart {
        let files = (0..).zip(&self.questions).filter_map(|(place, question)| match question {
            Question::File(path) | Question::FileVersion(path) => Some((place, path.as_str())),
            _ => None,
        });
        Restart::new(pending, files, windows.filter(|folder| !folder.is_empty()))
    }

    /// Like [`decide`](Case::decide), for a target on which files wait for a restart (rule 9).
    pub fn decide_after(
        &self,
        answers: &[Answer],
        first_question_number: u32,
        restart: &AfterRestart,
    ) -> Vec<UpdateFinding> {
        self.decide_with(answers, first_question_number, restart, &InstalledUpdates::default())
    }

    /// Like [`decide_after`](Case::decide_after), for a target whose record of installed updates was read (rule 13).
    pub fn decide_with(
        &self,
        answers: &[Answer],
        first_question_number: u32,
        restart: &AfterRestart,
        record: &InstalledUpdates,
    ) -> Vec<UpdateFinding> {
        let mut serviced: BTreeMap<(usize, usize), Judged> = BTreeMap::new();
        for group in self.groups() {
            serviced.extend(Serviced::new(self.index, self.supersedence, &group, record).judge());
        }
        let mut findings = Vec::with_capacity(self.products.iter().map(|(_, plan)| plan.entries.len()).sum());
        for (place, (installed, plan)) in (1..).zip(&self.products) {
            for (at, entry) in plan.entries.iter().enumerate() {
                let update = &self.index.updates[entry.update as usize];
                let row = &update.applies_to[entry.row as usize];
                let mut superseded_by = None;
                let (status, reason, tests) = match entry.course {
                    course if is_serviced(installed) && serviced::concerns(update, course) => {
                        // Another name of the product has it already.
                        let Some(judged) = serviced.remove(&(place as usize - 1, at)) else { continue };
                        superseded_by = judged.superseded_by;
                        (judged.status, judged.reason, judged.tests)
                    }
                    Course::Judge => {
                        let found = |place: Option<u32>| Found {
                            answer: place.and_then(|place| answers.get(place as usize)),
                            evidence: place.map(|place| first_question_number.saturating_add(place)),
                            waiting: place.and_then(|place| restart.at(place)),
                        };
                        self.judge(place, installed, plan, entry, update, &found).conclude()
                    }
                    Course::Included(by) => {
                        let pack = update.applies_to[by as usize].included_in.as_ref();
                        (UpdateStatus::Included, reason::included(pack), Vec::new())
                    }
                    Course::Superseded(at, by) => {
                        let bulletin = &update.superseded_by[at as usize].bulletin;
                        superseded_by = Some(bulletin.clone());
                        let course = by.and_then(|by| plan.course(by));
                        (UpdateStatus::Superseded, reason::superseded(bulletin, course), Vec::new())
                    }
                    Course::ServicePackUnknown => {
                        (UpdateStatus::UnableToScan, reason::service_pack_unknown(&row.product.name), Vec::new())
                    }
                };
                findings.push(UpdateFinding {
                    update: update.number,
                    product: row.product.name.clone(),
                    subject: installed.subject.clone(),
                    status,
                    reason,
                    tests,
                    superseded_by,
                });
            }
        }
        findings
    }

    fn ask(&mut self) {
        let mut files: Vec<(FileKey, bool)> = Vec::new();
        for (place, (installed, plan)) in (1..).zip(&self.products) {
            for entry in plan.entries.iter().filter(|entry| entry.course == Course::Judge) {
                let update = &self.index.updates[entry.update as usize];
                let checksums = self.options.checksums_count(update);
                for (at, test) in update.files.iter().enumerate() {
                    let wanted = Wanted::of(test, checksums);
                    if wanted != Wanted::Nothing {
                        files.push((self.file_key(place, installed, entry.update, at), wanted == Wanted::Checksum));
                    }
                }
                if self.options.registry {
                    for (at, test) in update.registry.iter().enumerate() {
                        if test.change != Change::Unsupported {
                            self.registry.push((self.index.registry_id(entry.update, at), 0));
                        }
                    }
                }
            }
        }

        // Of the entries for one file, the one that needs the checksum sorts first and is kept.
        files.sort_unstable_by_key(|&(key, checksum)| (key, !checksum));
        files.dedup_by_key(|entry| entry.0);
        let mut by_path: BTreeMap<String, u32> = BTreeMap::new();
        for (key, checksum) in files {
            let mut path = self.index.path(key.1).to_owned();
            let next = self.questions.len() as u32;
            let place = match key.0.checked_sub(1).and_then(|place| self.products.get(place as usize)) {
                Some((installed, _)) => {
                    match substitution(installed, &path) {
                        Some((None, _)) => continue,
                        Some((Some(folder), rest)) => path = format!("{}{rest}", folder.trim_end_matches('\\')),
                        None => {}
                    }
                    *by_path.entry(path.to_ascii_lowercase()).or_insert(next)
                }
                None => next,
            };
            self.files.push((key, place));
            if place == next {
                self.questions.push(if checksum { Question::File(path) } else { Question::FileVersion(path) });
            } else if checksum && let Some(question) = self.questions.get_mut(place as usize) {
                *question = Question::File(path);
            }
        }

        self.registry.sort_unstable();
        self.registry.dedup();
        for (id, place) in &mut self.registry {
            *place = self.questions.len() as u32;
            self.questions.push(self.index.registry_question(*id));
        }
    }

    fn file_key(&self, product: u32, installed: &Installed, update: u32, file: usize) -> FileKey {
        let id = self.index.file_id(update, file);
        let substituted = !installed.paths.is_empty() && substitution(installed, self.index.path(id)).is_some();
        (if substituted { product } else { 0 }, id)
    }

    /// Applies rules 3 to 10. `found` returns the answer to a question.
    fn judge<'a>(
        &self,
        product: u32,
        installed: &Installed,
        plan: &Plan,
        entry: &Entry,
        update: &'a Update,
        found: &dyn Fn(Option<u32>) -> Found<'a>,
    ) -> Tally {
        let mut tally = Tally::default();
        if update.applies_to.iter().any(|row| row.fixed_build.is_some()) {
            let rows = plan.product.into_iter();
            let rows = rows.flat_map(|it| rows_that_apply(self.index, entry.update, it, installed.service_pack));
            for (at, row) in rows {
                if let Some(fixed) = &row.fixed_build {
                    tally.build(at, fixed, installed.build.as_ref());
                }
            }
        }
        for (at, test) in update.registry.iter().enumerate() {
            let place = place_of(&self.registry, &self.index.registry_id(entry.update, at));
            tally.registry(at as u32, test, self.options.registry, found(place));
        }
        let checksums = self.options.checksums_count(update);
        for (at, test) in update.files.iter().enumerate() {
            let key = self.file_key(product, installed, entry.update, at);
            let carried = |version| {
                let others = self.index.carriers(key.1, version).filter(|other| *other != entry.update);
                let mut products = others.flat_map(|other| self.index.products.of(other));
                products.any(|product| plan.product == Some(*product))
            };
            tally.file(at as u32, test, checksums, &carried, found(place_of(&self.files, &key)));
        }
        tally
    }
}

/// Whether rules 11 to 22 judge the product's updates.
fn is_serviced(installed: &Installed) -> bool {
    installed.branch.is_some() || installed.record.is_some()
}

fn place_of<K: Ord>(places: &[(K, u32)], key: &K) -> Option<u32> {
    let found = places.binary_search_by(|entry| entry.0.cmp(key)).ok()?;
    Some(places[found].1)
}

/// Returns the folder that the variable at the start of the path names, if known, and the rest of the path.
fn substitution<'p>(installed: &'p Installed, path: &'p str) -> Option<(Option<&'p str>, &'p str)> {
    installed.paths.iter().find_map(|known| {
        let (variable, rest) = path.split_at_checked(known.variable.len())?;
        let whole = rest.is_empty() || rest.starts_with('\\');
        (whole && !variable.is_empty() && variable.eq_ignore_ascii_case(&known.variable))
            .then_some((known.folder.as_deref(), rest))
    })
}

impl Build {
    pub(super) fn evidence(build: Option<&Build>) -> Option<u32> {
        build.and_then(|build| build.evidence)
    }
}
