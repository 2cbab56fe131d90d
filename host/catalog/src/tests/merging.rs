use wardline_contract::Superseding;

use super::{SAMPLE, read};
use crate::merge::merge_within;
use crate::{Catalog, merge};

fn newer() -> String {
    SAMPLE.replace("10/04/2001", "11/01/2001").replace("Title=\"First\"", "Title=\"First, newer\"")
}

/// A catalog without its second bulletin, whose package supersedes the first one's.
fn without_second() -> String {
    let begin = SAMPLE.find("<Bulletin BulletinID=\"MS01-902\"").unwrap();
    let end = SAMPLE.find("<Bulletin BulletinID=\"MS99-903\"").unwrap();
    format!("{}{}", &SAMPLE[..begin], &SAMPLE[end..])
}

fn only_second() -> String {
    let begin = SAMPLE.find("<Bulletin BulletinID=\"MS01-901\"").unwrap();
    let end = SAMPLE.find("<Bulletin BulletinID=\"MS01-902\"").unwrap();
    format!("{}{}", &SAMPLE[..begin], &SAMPLE[end..])
}

#[test]
fn one_catalog_stays_as_it_is() {
    let catalog = read(SAMPLE);
    let merged = merge(vec![catalog.clone()]);
    assert_eq!(merged.updates, catalog.updates);
    assert_eq!(merged.unsupported, catalog.unsupported);
    assert_eq!(merged.catalogs, [catalog.info]);
}

/// A catalog alone needs nothing of what several need, and must not differ by that.
#[test]
fn one_catalog_is_as_it_is_beside_one_without_updates() {
    let mut catalog = read(SAMPLE);
    catalog.dangling.clear();
    let number = catalog.updates[0].number;
    // Itself, one that there is not, and one twice.
    let others = vec![number, 7_000, 1, 1];
    let superseding = Superseding { bulletin: "MS01-099".to_owned(), updates: others, names_update: true };
    catalog.updates[0].superseded_by.push(superseding);
    let mut nothing = Catalog { updates: Vec::new(), unsupported: Vec::new(), ..catalog.clone() };
    nothing.info.digest = "another".to_owned();
    let (alone, beside) = (merge(vec![catalog.clone()]), merge(vec![catalog, nothing]));
    assert_eq!((&alone.updates, &alone.unsupported), (&beside.updates, &beside.unsupported));
    assert_eq!(alone.updates[0].superseded_by.last().unwrap().updates, [1]);
}

#[test]
fn the_same_file_twice_counts_once() {
    let merged = merge(vec![read(SAMPLE), read(SAMPLE)]);
    assert_eq!((merged.catalogs.len(), merged.repeated.len(), merged.updates.len()), (1, 1, 2));
    assert_eq!(merged.repeated_updates, 0);
}

#[test]
fn the_later_catalog_wins_whatever_the_order() {
    for order in [[SAMPLE.to_owned(), newer()], [newer(), SAMPLE.to_owned()]] {
        let merged = merge(order.iter().map(read).collect());
        assert_eq!(merged.catalogs.len(), 2);
        assert_eq!((merged.updates.len(), merged.unsupported.len(), merged.repeated_updates), (2, 1, 3));
        assert_eq!(merged.updates[0].title, "First, newer");
        assert_eq!(merged.updates[0].superseded_by[0].updates, [1]);
        let numbers: Vec<u32> = merged.updates.iter().chain(&merged.unsupported).map(|update| update.number).collect();
        assert_eq!(numbers, [0, 1, 2]);
    }
}

/// Several entries of one package in one catalog are for different products, and all of them are kept.
#[test]
fn entries_of_one_name_within_a_catalog_stay() {
    let patch_begin = SAMPLE.find("<Patch PatchName=\"Q900003").unwrap();
    let patch_end = patch_begin + SAMPLE[patch_begin..].find("</Patch>").unwrap() + "</Patch>".len();
    let patch = &SAMPLE[patch_begin..patch_end];
    let twice = SAMPLE.replace(patch, &patch.repeat(2));
    let catalog = read(&twice);
    assert_eq!(catalog.updates[0].superseded_by[0].updates, [1, 2]);
    let merged = merge(vec![read(SAMPLE), read(newer().replace(patch, &patch.repeat(2)))]);
    assert_eq!(merged.updates.len(), 3);
    assert_eq!(merged.updates[0].superseded_by[0].updates, [1, 2]);
}

#[test]
fn superseding_packages_are_found_across_catalogs() {
    let first = read(without_second());
    assert_eq!(first.unresolved.len(), 1);
    assert!(first.updates[0].superseded_by[0].updates.is_empty() && first.updates[0].superseded_by[0].names_update);
    let merged = merge(vec![first, read(only_second())]);
    assert_eq!(merged.updates.len(), 2);
    let numbers = &merged.updates[0].superseded_by[0].updates;
    assert_eq!(numbers.len(), 1);
    let superseding = merged.updates.iter().find(|update| update.number == numbers[0]).unwrap();
    assert_eq!(superseding.bulletin, "MS01-902");
}

#[test]
fn references_across_catalogs_are_bounded() {
    let patch_begin = SAMPLE.find("<Patch PatchName=\"Q900003").unwrap();
    let patch_end = patch_begin + SAMPLE[patch_begin..].find("</Patch>").unwrap() + "</Patch>".len();
    let patch = &SAMPLE[patch_begin..patch_end];
    let (first, several) = (read(without_second()), read(only_second().replace(patch, &patch.repeat(9))));
    for (room, expected) in [(100, 9), (5, 5), (0, 0)] {
        let merged = merge_within(vec![first.clone(), several.clone()], room);
        assert_eq!(merged.updates[0].superseded_by[0].updates.len(), expected, "{room}");
    }
}

/// If the superseding update is taken from another catalog, references resolve to that entry.
#[test]
fn references_follow_to_the_catalog_that_won() {
    let later = only_second().replace("10/04/2001", "12/01/2001");
    let merged = merge(vec![read(SAMPLE), read(later)]);
    assert_eq!(merged.updates.len(), 2);
    let first = merged.updates.iter().find(|update| update.bulletin == "MS01-901").unwrap();
    let second = merged.updates.iter().find(|update| update.bulletin == "MS01-902").unwrap();
    assert_eq!(first.superseded_by[0].updates, [second.number]);
}
