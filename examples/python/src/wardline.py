"""What makes a check read from top to bottom.

A check is a generator that yields questions and returns a finding; this module turns all checks of a plugin into the
conversation of the contract (wit/plugin.wit). As a rule there is nothing to change in it.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Generator, Generic, Optional, TypeVar, Union

from wit_world.exports import types

Grade = types.Grade
Fact = TypeVar("Fact")


@dataclass
class Witness(Generic[Fact]):
    """What came back for a question that could be answered; `because` takes it as evidence."""

    number: int
    """The question's number in the conversation."""
    value: Fact
    """The fact, as `types.wit` describes it; None where the target is known to hold no such thing."""


class Unable(Exception):
    """Evidence is missing. Raised in a check it becomes *unable to scan*, which is never taken for passed."""

    def __init__(self, reason: str, *evidence: Witness):
        super().__init__(reason)
        self.evidence = evidence


# Questions. `service = yield ask.service("W3SVC")` gives a Witness, or raises Unable. A list of questions travels in one round,
# and gives a list. What is asked twice travels once.


@dataclass
class Ask:
    question: types.Question
    fact: type
    required: bool = False


class ask:
    """The questions of the contract. A target that holds no such thing answers with None as `value`."""

    system = staticmethod(lambda: Ask(types.Question_System(), types.Fact_System))
    registry_key = staticmethod(lambda key: Ask(types.Question_RegistryKey(key), types.Fact_RegistryKey))
    file = staticmethod(lambda path: Ask(types.Question_File(path), types.Fact_File))
    file_version = staticmethod(lambda path: Ask(types.Question_FileVersion(path), types.Fact_File))
    directory = staticmethod(lambda path: Ask(types.Question_Directory(path), types.Fact_Directory))
    service = staticmethod(lambda name: Ask(types.Question_Service(name), types.Fact_Service))
    services = staticmethod(lambda: Ask(types.Question_Services(), types.Fact_Services))
    accounts = staticmethod(lambda: Ask(types.Question_Accounts(), types.Fact_Accounts))
    groups = staticmethod(lambda: Ask(types.Question_Groups(), types.Fact_Groups))
    shares = staticmethod(lambda: Ask(types.Question_Shares(), types.Fact_Shares))
    volumes = staticmethod(lambda: Ask(types.Question_Volumes(), types.Fact_Volumes))
    audit_policy = staticmethod(lambda: Ask(types.Question_AuditPolicy(), types.Fact_AuditPolicy))
    password_policy = staticmethod(lambda: Ask(types.Question_PasswordPolicy(), types.Fact_PasswordPolicy))
    profiles = staticmethod(lambda: Ask(types.Question_Profiles(), types.Fact_Profiles))
    registry_permissions = staticmethod(lambda key: Ask(types.Question_RegistryPermissions(key), types.Fact_Permissions))
    file_permissions = staticmethod(lambda path: Ask(types.Question_FilePermissions(path), types.Fact_Permissions))

    @staticmethod
    def registry_value(key: str, name: str) -> Ask:
        return Ask(types.Question_RegistryValue(types.RegistryValueName(key, name)), types.Fact_RegistryValue)

    @staticmethod
    def text(path: str, offset: int, length: int) -> Ask:
        return Ask(types.Question_Text(types.TextRange(path, offset, length)), types.Fact_Text)


def required(asked: Ask) -> Ask:
    """The same question, where a target that holds no such thing cannot be checked."""
    return replace(asked, required=True)


@dataclass
class Remedy:
    """One thing to do, how to undo it, and what to mind: data, which people and other tools act on."""

    operation: types.Operation
    undo: list[types.Operation] = field(default_factory=list)
    restart: bool = False
    risk: Optional[str] = None
    article: Optional[str] = None


def set_registry_value(
    key: str, name: str, before: Optional[types.RegistryData], after: types.RegistryData, **more: Any
) -> Remedy:
    """Sets a registry value; `before` is the data that it has now, None where there is none."""
    if before is None:
        undo = types.Operation_DeleteRegistryValue(types.DeleteRegistryValue(key, name, after))
    else:
        undo = types.Operation_SetRegistryValue(types.SetRegistryValue(key, name, after, before))
    return Remedy(types.Operation_SetRegistryValue(types.SetRegistryValue(key, name, before, after)), [undo], **more)


def manual_step(step: str, **more: Any) -> Remedy:
    """What only a person can do."""
    return Remedy(types.Operation_ManualStep(step), **more)


@dataclass
class Finding:
    """What a check found: `critical("…").because(service).row(["a", "b"], Grade.CRITICAL).mend(remedy)`."""

    grade: types.Grade
    summary: str
    rows: list[types.Row] = field(default_factory=list)
    evidence: list[int] = field(default_factory=list)
    remedies: list[Remedy] = field(default_factory=list)

    def because(self, *witnesses: Witness) -> "Finding":
        """Names what decided it. The host adds what was asked and answered."""
        self.evidence += [witness.number for witness in witnesses if witness.number not in self.evidence]
        return self

    def row(self, cells: list[str], grade: types.Grade) -> "Finding":
        """Adds a line to its table: as many cells as the check has columns."""
        self.rows.append(types.Row(cells, grade))
        return self

    def mend(self, *remedies: Remedy) -> "Finding":
        """Adds what mends it."""
        self.remedies += remedies
        return self


def critical(summary: str) -> Finding:
    return Finding(Grade.CRITICAL, summary)


def non_critical(summary: str) -> Finding:
    return Finding(Grade.NON_CRITICAL, summary)


def best_practice(summary: str) -> Finding:
    return Finding(Grade.BEST_PRACTICE, summary)


def passed(summary: str) -> Finding:
    return Finding(Grade.PASSED, summary)


def not_performed(summary: str) -> Finding:
    return Finding(Grade.NOT_PERFORMED, summary)


def informational(summary: str) -> Finding:
    return Finding(Grade.INFORMATIONAL, summary)


def as_dword(data: types.RegistryData) -> Optional[int]:
    """The number of a REG_DWORD; None for data of any other type, which a program that looks for a REG_DWORD does not read."""
    return data.value if isinstance(data, types.RegistryData_Dword) else None


def version_numbers(version: types.FileVersion) -> tuple[int, int, int, int]:
    """The version as Python compares it."""
    return version.major, version.minor, version.build, version.revision


def show_version(version: types.FileVersion) -> str:
    return ".".join(map(str, version_numbers(version)))


@dataclass
class About:
    """What a conversation is about."""

    target: types.Target
    options: types.Options
    updates: list[types.Update]
    defaults: dict[str, types.SettingValue]

    def setting(self, name: str) -> Any:
        """What the operator set, else the default that the plugin declares."""
        values = self.defaults | {setting.name: setting.value for setting in self.options.settings}
        return values[name].value


Check = Generator[Union[Ask, list[Ask]], Any, Finding]


@dataclass
class Plugin:
    """A plugin, to which the decorator `check` adds its checks."""

    name: str
    version: str
    summary: str
    scopes: list[types.Scope]
    products: list[str] = field(default_factory=list)
    settings: list[types.SettingDescription] = field(default_factory=list)
    checks: list[tuple[types.CheckDescription, Callable[[About], Check]]] = field(default_factory=list)

    def check(self, id: str, title: str, explanation: str, columns: tuple[str, ...] = (), mbsa: Optional[int] = None):
        """Declares the generator function that it decorates as a check."""

        def add(judge: Callable[[About], Check]) -> Callable[[About], Check]:
            self.checks.append((types.CheckDescription(id, mbsa, title, list(columns), explanation), judge))
            return judge

        return add

    def exports(self) -> tuple[type, type, type]:
        """What the component exports: `Types, Detection, Remediation = plugin.exports()`."""
        plugin = self
        updates: list[types.Update] = []
        conversation: Conversation

        class Types:
            pass

        class Detection:
            def describe(self) -> types.Description:
                checks = [check for check, _ in plugin.checks]
                return types.Description(
                    plugin.name, plugin.version, plugin.name, plugin.summary,
                    checks, plugin.products, plugin.scopes, plugin.settings,
                )

            def prepare(self, given: list[types.Update]) -> None:
                updates.extend(given)

            def detect(self, target: types.Target, options: types.Options) -> types.Step:
                nonlocal conversation
                defaults = {setting.name: setting.default for setting in plugin.settings}
                conversation = Conversation(plugin.checks, About(target, options, updates, defaults))
                return conversation.go_on([])

            def resume(self, answers: list[types.Answer]) -> types.Step:
                return conversation.go_on(answers)

        class Remediation:
            def remediate(self, findings: list[types.FindingId]) -> list[types.Action]:
                return [action for finding in findings for action in conversation.actions(finding)]

        return Types, Detection, Remediation


@dataclass
class Asked:
    """A question of this conversation, with the answer once it is there."""

    number: int
    question: types.Question
    answer: Optional[types.Answer] = None

    def understood(self, ask: Ask) -> Witness:
        witness = Witness(self.number, None)
        match self.answer:
            case types.Answer_Known(fact) if isinstance(fact, ask.fact):
                return Witness(self.number, fact.value)
            case types.Answer_Known():
                raise Unable("the answer does not fit the question", witness)
            case types.Answer_Absent() if ask.required:
                raise Unable("the target holds no such thing", witness)
            case types.Answer_Absent():
                return witness
            case types.Answer_Denied(reason):
                raise Unable(f"not allowed: {reason}", witness)
            case types.Answer_Unreadable(reason):
                raise Unable(f"cannot be read: {reason}", witness)
        raise Unable("this kind of target does not tell", witness)


@dataclass
class Run:
    """One check about one target."""

    check: str
    steps: Check
    waits_for: Union[Ask, list[Ask], None] = None
    finding: Optional[Finding] = None


class Conversation:
    """All checks side by side: what they wait for travels in one round."""

    def __init__(self, checks: list[tuple[types.CheckDescription, Callable[[About], Check]]], about: About):
        self.runs = [Run(check.id, judge(about)) for check, judge in checks]
        self.asked: dict[str, Asked] = {}
        self.unanswered: list[Asked] = []

    def go_on(self, answers: list[types.Answer]) -> types.Step:
        for asked, answer in zip(self.unanswered, answers):
            asked.answer = answer
        self.unanswered = []
        findings = [self.finding_of(run) for run in self.runs]
        if self.unanswered:
            return types.Step_Ask([asked.question for asked in self.unanswered])
        checks = [
            types.CheckFinding(run.check, None, found.grade, found.summary, found.rows, found.evidence)
            for run, found in zip(self.runs, findings)
            if found
        ]
        return types.Step_Done(types.Assessment([], checks, []))

    def finding_of(self, run: Run) -> Optional[Finding]:
        """Runs a check until it has its finding, or waits for an answer that is not there yet."""
        while run.finding is None:
            try:
                if run.waits_for is None:
                    run.waits_for = next(run.steps)
                    continue
                asked = run.waits_for if isinstance(run.waits_for, list) else [run.waits_for]
                known = [self.ask(ask.question) for ask in asked]
                if any(one.answer is None for one in known):
                    return None
                try:
                    witnesses = [one.understood(ask) for one, ask in zip(known, asked)]
                except Unable as unable:
                    run.waits_for = run.steps.throw(unable)
                else:
                    run.waits_for = run.steps.send(witnesses if isinstance(run.waits_for, list) else witnesses[0])
            except StopIteration as end:
                run.finding = end.value
            except Exception as error:
                run.finding = unable_to_scan(error)
        return run.finding

    def ask(self, question: types.Question) -> Asked:
        """Asks what was not asked before."""
        key = repr(question)
        if key not in self.asked:
            self.asked[key] = Asked(len(self.asked), question)
            self.unanswered.append(self.asked[key])
        return self.asked[key]

    def actions(self, finding: types.FindingId) -> list[types.Action]:
        found = self.runs[finding.value].finding if isinstance(finding, types.FindingId_Check) else None
        return [
            types.Action(finding, remedy.operation, remedy.undo, remedy.restart, remedy.risk, remedy.article)
            for remedy in (found.remedies if found else [])
        ]


def unable_to_scan(error: Exception) -> Finding:
    """A check that ends with any other error has a mistake in it: what is told then is the error, and where it came from."""
    if isinstance(error, Unable):
        return Finding(Grade.UNABLE_TO_SCAN, str(error)).because(*error.evidence)
    # The module `traceback` would read the source, and there are no files here.
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    told = f"The check failed: {type(error).__name__}: {error} at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}"
    return Finding(Grade.UNABLE_TO_SCAN, told[:1000])
