//! One function, of twenty-five kilobytes, whose hundreds of values all live to its end across hundreds of branches: a
//! compiler takes ten seconds to find a register for each.

use std::fmt::Write as _;

/// Locals of the function, and targets of its branch tables.
const LOCALS: usize = 400;
const BLOCKS: usize = 400;

pub(crate) fn component() -> Vec<u8> {
    let mut text = String::from("(component (core module $m (func (export \"f\") (param i32) (result i64) (local");
    text += &" i64".repeat(LOCALS);
    text.push(')');
    text += &"(block ".repeat(BLOCKS);
    let targets: String = (0..BLOCKS).map(|target| format!(" {target}")).collect();
    let _ = write!(text, "(br_table{targets} (local.get 0))");
    for block in 0..BLOCKS {
        text.push(')');
        // Each block changes some of the values and may continue at any other block.
        for step in 0..4 {
            let (to, from) = (1 + (block * 7 + step * 131) % LOCALS, 1 + (block * 13 + step * 17) % LOCALS);
            let _ = write!(
                text,
                "(local.set {to} (i64.mul (i64.add (local.get {to}) (local.get {from})) (i64.const {block})))"
            );
        }
        if block % 50 == 0 && block + 1 < BLOCKS {
            let targets: String = (0..BLOCKS - block - 1).map(|target| format!(" {target}")).collect();
            let _ = write!(text, "(br_table{targets} (i32.wrap_i64 (local.get {})))", 1 + block % LOCALS);
        }
    }
    let mut sum = String::from("(local.get 1)");
    for local in 2..=LOCALS {
        sum += &format!("(i64.add (local.get {local}))");
    }
    text += &sum;
    (text + "))" + super::EMPTY_INTERFACE + ")").into_bytes()
}
