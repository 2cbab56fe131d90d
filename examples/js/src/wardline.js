// What makes a check read from top to bottom. A check is a generator that yields questions and ends with a finding; this file
// turns all checks of a plugin into the conversation of the contract (wit/plugin.wit). As a rule there is nothing to change in it.

import { received, sent } from "./numbers.js";

/** What came back for a question that could be answered; `because` takes it as evidence. */
export class Witness {
  constructor(number, value) {
    /** The question's number in the conversation. */
    this.number = number;
    /** The fact, as `types.wit` describes it; null where the target is known to hold no such thing. */
    this.value = value;
  }
}

/** Evidence is missing. Thrown in a check it becomes *unable to scan*, which is never taken for passed. */
export class Unable extends Error {
  constructor(reason, ...evidence) {
    super(reason);
    this.evidence = evidence;
  }
}

// ---- Questions. `const service = yield ask.service("W3SVC")` gives a Witness, or throws Unable. An array of questions
// travels in one round, and gives an array. What is asked twice travels once.

const question = (tag, val) => ({ question: val === undefined ? { tag } : { tag, val }, required: false });

/** The questions of the contract. A target that holds no such thing answers with a null `value`. */
export const ask = {
  system: () => question("system"),
  registryValue: (key, name) => question("registry-value", { key, name }),
  registryKey: (key) => question("registry-key", key),
  file: (path) => question("file", path),
  fileVersion: (path) => question("file-version", path),
  directory: (path) => question("directory", path),
  text: (path, offset, length) => question("text", { path, offset, length }),
  service: (name) => question("service", name),
  services: () => question("services"),
  accounts: () => question("accounts"),
  groups: () => question("groups"),
  shares: () => question("shares"),
  volumes: () => question("volumes"),
  auditPolicy: () => question("audit-policy"),
  passwordPolicy: () => question("password-policy"),
  profiles: () => question("profiles"),
  registryPermissions: (key) => question("registry-permissions", key),
  filePermissions: (path) => question("file-permissions", path),
};

/** The same question, where a target that holds no such thing cannot be checked. */
export const required = (asked) => ({ ...asked, required: true });

// ---- Findings.

/** What a check found: `critical("…").because(service).row(["a", "b"], "critical").mend(remedy)`. */
export class Finding {
  constructor(grade, summary) {
    Object.assign(this, { grade, summary, rows: [], evidence: [], remedies: [] });
  }

  /** Names what decided it. The host adds what was asked and answered. */
  because(...witnesses) {
    if (!witnesses.every((witness) => witness instanceof Witness)) {
      throw new TypeError("because() was given something that is no answer; was `yield` forgotten before the question?");
    }
    this.evidence.push(...witnesses.map((witness) => witness.number));
    return this;
  }

  /** Adds a line to its table: as many cells as the check has columns. */
  row(cells, grade) {
    this.rows.push({ cells, grade });
    return this;
  }

  /** Adds what mends it. */
  mend(...remedies) {
    this.remedies.push(...remedies);
    return this;
  }
}

export const critical = (summary) => new Finding("critical", summary);
export const nonCritical = (summary) => new Finding("non-critical", summary);
export const bestPractice = (summary) => new Finding("best-practice", summary);
export const passed = (summary) => new Finding("passed", summary);
export const notPerformed = (summary) => new Finding("not-performed", summary);
export const informational = (summary) => new Finding("informational", summary);

// ---- Remedies: data, which people and other tools act on.

const remedy = (operation, undo, more) => ({ operation, undo, restart: false, risk: null, article: null, ...more });

/** Sets a registry value; `before` is the data that it has now, null where there is none. `more` may say `risk`, `restart`. */
export function setRegistryValue(key, name, before, after, more) {
  // A large 64-bit number reaches JavaScript rounded. Undoing must not write a number that was never there.
  if (before?.tag === "qword" && !Number.isSafeInteger(Number(before.val))) {
    return manualStep(`Set the value ${name} of the key ${key} to ${after.val}; note down what it was.`, more);
  }
  const undo = before
    ? { tag: "set-registry-value", val: { key, name, before: after, after: before } }
    : { tag: "delete-registry-value", val: { key, name, before: after } };
  return remedy({ tag: "set-registry-value", val: { key, name, before, after } }, [undo], more);
}

/** What only a person can do. */
export const manualStep = (step, more) => remedy({ tag: "manual-step", val: step }, [], more);

// ---- Reading what came back.

/** The number of a REG_DWORD; null for data of any other type, which a program that looks for a REG_DWORD does not read. */
export const asDword = ({ tag, val }) => tag === "dword" ? Number(val) : null;

const numbers = (version) => [version.major, version.minor, version.build, version.revision];

/** Below zero where the first version is the older one, zero where they are the same. */
export function compareVersions(left, right) {
  const others = numbers(right);
  return numbers(left).map((number, place) => number - others[place]).find((difference) => difference !== 0) ?? 0;
}

export const showVersion = (version) => numbers(version).join(".");

// ---- The conversation.

/**
 * What the component exports. `checks` are of the form `{ id, title, columns, explanation, judge }`, where `judge` is a
 * generator function that is given what the conversation is about: `{ target, options, updates, setting(name) }`.
 */
export function plugin({ name, version, family = name, summary, products = [], scopes, settings = [], checks }) {
  let given = [];
  let updates = null;
  let conversation;
  const description = {
    name, version, family, summary, products, scopes, settings,
    checks: checks.map(({ id, mbsa = null, title, columns = [], explanation }) => ({ id, mbsa, title, columns, explanation })),
  };
  return {
    types: {},
    detection: {
      describe: () => description,
      prepare: (list) => { given = list; },
      detect(target, options) {
        const set = (name) => options.settings.find((setting) => setting.name === name);
        const setting = (name) => (set(name)?.value ?? settings.find((declared) => declared.name === name)?.default)?.val;
        // This engine's memory is not kept as `prepare` left it, so only who looks at the updates pays for them.
        const about = { target, options, setting, get updates() { return updates ??= received(given); } };
        conversation = new Conversation(checks, about);
        return sent(conversation.next([]));
      },
      resume: (answers) => sent(conversation.next(received(answers))),
    },
    remediation: { remediate: (findings) => sent(findings.flatMap((id) => conversation.actions(id))) },
  };
}

/** All checks side by side: what they wait for travels in one round. */
class Conversation {
  constructor(checks, about) {
    this.witnessed = new Map();
    this.unanswered = [];
    this.runs = checks.map((check) => ({ check, steps: check.judge(about), waitsFor: null, finding: null }));
  }

  next(answers) {
    this.unanswered.forEach((asked, place) => { asked.answer = answers[place]; });
    this.unanswered = [];
    for (const run of this.runs) this.advance(run);
    if (this.unanswered.length > 0) return { tag: "ask", val: this.unanswered.map((asked) => asked.question) };
    const findings = this.runs.map(({ check, finding: { grade, summary, rows, evidence } }) =>
      ({ check: check.id, subject: null, grade, summary, rows, evidence: [...new Set(evidence)] }));
    return { tag: "done", val: { products: [], checks: findings, updates: [] } };
  }

  /** Runs one check until it waits for an answer that is not there yet, or has its finding. */
  advance(run) {
    while (!run.finding) {
      try {
        const reply = run.waitsFor && this.reply(run.waitsFor);
        if (run.waitsFor && !reply) return;
        const { done, value } = reply?.unable ? run.steps.throw(reply.unable) : run.steps.next(reply?.value);
        if (done) run.finding = value;
        else run.waitsFor = value;
      } catch (error) {
        run.finding = unableToScan(error);
      }
    }
  }

  /** Asks what was not asked before. Null while answers are missing. */
  reply(asked) {
    const list = Array.isArray(asked) ? asked : [asked];
    const known = list.map((one) => this.asked(one.question));
    if (!known.every((one) => one.answer)) return null;
    try {
      const witnesses = list.map((one, place) => understood(known[place], one));
      return { value: Array.isArray(asked) ? witnesses : witnesses[0] };
    } catch (unable) {
      return { unable };
    }
  }

  asked(question) {
    const key = JSON.stringify(question);
    if (!this.witnessed.has(key)) {
      const asked = { number: this.witnessed.size, question, answer: null };
      this.witnessed.set(key, asked);
      this.unanswered.push(asked);
    }
    return this.witnessed.get(key);
  }

  actions({ tag, val }) {
    const remedies = tag === "check" ? this.runs[val].finding.remedies : [];
    return remedies.map((remedy) => ({ mends: { tag, val }, ...remedy }));
  }
}

/** The kind of fact that answers a question. */
const factOf = (tag) => ({
  "file-version": "file", "registry-permissions": "permissions", "file-permissions": "permissions",
}[tag] ?? tag);

function understood({ number, question, answer }, { required }) {
  const witness = new Witness(number, null);
  switch (answer.tag) {
    case "known":
      if (answer.val.tag !== factOf(question.tag)) throw new Unable("the answer does not fit the question", witness);
      witness.value = answer.val.val;
      return witness;
    case "absent":
      if (required) throw new Unable("the target holds no such thing", witness);
      return witness;
    case "denied": throw new Unable(`not allowed: ${answer.val}`, witness);
    case "unreadable": throw new Unable(`cannot be read: ${answer.val}`, witness);
    default: throw new Unable("this kind of target does not tell", witness);
  }
}

/** A check that ends with any other error has a mistake in it: what is told then is the error, and where it came from. */
function unableToScan(error) {
  if (error instanceof Unable) return new Finding("unable-to-scan", error.message).because(...error.evidence);
  const place = /\(?([^\s()]+:\d+(?::\d+)?)\)?/.exec(error?.stack ?? "")?.[1];
  return new Finding("unable-to-scan", `The check failed: ${error}${place ? ` at ${place}` : ""}`.slice(0, 1000));
}
