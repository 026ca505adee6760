"""What there is to say about a flow file: what must be mended, what to look at again, how long it takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.languages import ENGLISH, NAMES
from bot.texts.files import said_in
from bot.texts.found import merged, of_flows
from flows.errors import Problem
from flows.load import Report, examine
from flows.minutes import minutes
from flows.model import Flow


@dataclass(frozen=True, slots=True)
class Checked:
    """One file, examined; `missing` holds the texts that each language lacks."""

    file: Path
    report: Report
    missing: dict[str, list[str]]

    def lines(self) -> list[str]:
        """For a person: each problem, each thing to look at again, then the sum."""
        said = [str(problem) for problem in (*self.report.problems, *self._warnings())]
        if self.report.flow is None:
            number = len(self.report.problems)
            return [*said, f"{self.file}: {number} {'thing' if number == 1 else 'things'} to mend."]
        flow, number = self.report.flow, len(said)
        again = f"{number} to look at again" if number else "nothing to look at again"
        return [*said, f"{self.file}: {flow.ref} can be used. About {_span(minutes(flow))} to answer; {again}."]

    def record(self) -> dict[str, Any]:
        """For a script."""
        flow = self.report.flow
        return {
            "file": str(self.file),
            "flow": flow.ref if flow else None,
            "minutes": round(minutes(flow), 2) if flow else None,
            "problems": [_record(problem) for problem in self.report.problems],
            "warnings": [_record(problem) for problem in self.report.warnings],
            "missing": self.missing,
        }

    def _warnings(self) -> list[Problem]:
        lacking = [f"{language} {len(texts)}" for language, texts in self.missing.items() if texts]
        if not lacking:
            return list(self.report.warnings)
        what = f"texts without a translation are shown in English ({', '.join(lacking)})"
        mend = "hand them to a translator with `pulse flow texts export`"
        return [*self.report.warnings, Problem(str(self.file), 1, 1, what, mend, "warning")]


def check(file: Path) -> Checked:
    """Examine one file."""
    report = examine(file)
    return Checked(file, report, missing(report.flow) if report.flow else {})


def missing(flow: Flow) -> dict[str, list[str]]:
    """Language -> the texts of `flow` that it has no words for."""
    texts = merged(of_flows([flow]))
    spoken = {language: said_in(language) for language in NAMES if language != ENGLISH}
    return {language: [text for text in texts if text not in said] for language, said in spoken.items()}


def _span(length: float) -> str:
    if length < 0.75:
        return "half a minute"
    halves = round(length * 2)
    whole = f"{halves // 2}" if halves % 2 == 0 else f"{halves // 2} and a half"
    return f"{whole} {'minute' if halves == 2 else 'minutes'}"


def _record(problem: Problem) -> dict[str, Any]:
    place = {"line": problem.line, "column": problem.column}
    return {**place, "what": problem.what, "mend": problem.mend, "severity": problem.severity}
