// Unsigned numbers at the border between the component and its JavaScript engine.
//
// componentize-qjs 0.4 reads and writes an unsigned number as if it were a signed one: 0xFFFFFFFF arrives as -1, and must leave
// as -1. A checksum or an access mask would be wrong half of the time. wardline.js calls these two for all that comes and goes;
// with an engine that does it right they change nothing.

/** What the contract has of signed numbers: times, in seconds since 1970. */
const SIGNED = new Set(["lastWritten", "modified", "lastLogon", "passwordSet"]);
/** What it has of 64-bit unsigned ones. */
const WIDE = new Set(["size", "offset", "qword"]);

/** The same answers, with all unsigned numbers as they were meant. */
export const received = (value) => each(value, (number, name) =>
  number < 0 && !SIGNED.has(name) ? number + (WIDE.has(name) ? 2 ** 64 : 2 ** 32) : number);

/** The same questions, findings or actions, with all unsigned numbers as they have to leave. */
export const sent = (value) => each(value, (number, name) =>
  number >= 2 ** 31 && number < 2 ** 32 && !WIDE.has(name) ? number | 0 : number);

/** A copy in which each number is replaced. The number of a variant bears its case's name, `qword`; else its field's. */
function each(value, replaced, name = "") {
  if (typeof value === "number") return replaced(value, name);
  if (Array.isArray(value)) return value.map((one) => each(one, replaced, name));
  // Typed arrays are of bytes, which have no sign.
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, one]) =>
    [field, each(one, replaced, field === "val" ? value.tag : field)]));
}
