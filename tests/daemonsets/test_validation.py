import pytest

from tests.daemonsets.rule_cases import BASE, CASES
from workloads.daemonsets.validation import check

WARNINGS = {case.code for case in CASES if case.refused is False} - {"volume-source", "image-space"}


def told(value, facts=None):
    findings = check(value) if facts is None else check(value, facts)
    return [(finding.code, finding.path) for finding in findings]


def test_there_is_nothing_to_say_about_a_good_daemonset():
    assert check(BASE) == []


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {case.id}" for i, case in enumerate(CASES)])
def test_one_fault_is_one_finding_at_its_place(case):
    assert told(case.value) == [(case.code, case.path)]
