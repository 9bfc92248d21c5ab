"""Changes made to one version of a document, made to a newer one."""

from __future__ import annotations

import copy

import pytest

from workloads.documents.paths import ABSENT, patch
from workloads.drafts.rebase import Misplaced, rebase

BASE = {
    "metadata": {"name": "agent", "labels": {"team": "ops"}},
    "volumes": [{"name": "a", "path": "/a"}, {"name": "b", "path": "/b"}],
    "tolerations": [{"operator": "Exists"}, {"operator": "Exists"}],
}


def both(changes, theirs):
    """What the newer version says with my changes on top."""
    return patch(theirs, rebase(changes, BASE, theirs))


@pytest.fixture
def theirs():
    return copy.deepcopy(BASE)


def test_other_fields_of_theirs_stay(theirs):
    theirs["metadata"]["name"] = "agent2"
    said = both([(("metadata", "labels", "team"), "dev")], theirs)
    assert said["metadata"] == {"name": "agent2", "labels": {"team": "dev"}}


def test_an_item_is_found_again_by_its_name(theirs):
    theirs["volumes"] = [{"name": "new"}, {"name": "b", "path": "/theirs"}, {"name": "a", "path": "/a"}]
    said = both([(("volumes", 1, "path"), "/mine"), (("volumes", 0), ABSENT)], theirs)
    assert said["volumes"] == [{"name": "new"}, {"name": "b", "path": "/mine"}]


def test_an_item_that_both_changed_is_removed_whole(theirs):
    theirs["volumes"][0]["more"] = 1
    assert both([(("volumes", 0), ABSENT)], theirs)["volumes"] == [{"name": "b", "path": "/b"}]


def test_new_items_come_behind_theirs(theirs):
    theirs["volumes"].append({"name": "theirs"})
    changes = [
        (("volumes", 2), {"name": "mine"}),
        (("volumes", 2, "path"), "/m"),
        (("volumes", 3), {"name": "x"}),
    ]
    assert both(changes, theirs)["volumes"][2:] == [
        {"name": "theirs"},
        {"name": "mine", "path": "/m"},
        {"name": "x"},
    ]


def test_mappings_and_lists_that_both_made_are_joined(theirs):
    theirs["annotations"] = {"theirs": "1", "both": "2"}
    theirs["ports"] = [{"name": "theirs"}]
    changes = [(("annotations",), {"mine": "3", "both": "4"}), (("ports",), [{"name": "mine"}])]
    said = both(changes, theirs)
    assert said["annotations"] == {"theirs": "1", "both": "4", "mine": "3"}
    assert said["ports"] == [{"name": "theirs"}, {"name": "mine"}]


def test_what_was_removed_as_a_whole_loses_only_what_it_had(theirs):
    theirs["metadata"]["labels"]["more"] = "theirs"
    theirs["volumes"].append({"name": "theirs"})
    said = both([(("metadata", "labels"), ABSENT), (("volumes",), ABSENT)], theirs)
    assert said["metadata"]["labels"] == {"more": "theirs"}
    assert said["volumes"] == [{"name": "theirs"}]


def test_what_both_removed_is_no_quarrel(theirs):
    del theirs["metadata"]["labels"]
    assert rebase([(("metadata", "labels"), ABSENT)], BASE, theirs) == []


def test_an_item_that_went_has_no_place(theirs):
    theirs["volumes"].pop(0)
    with pytest.raises(Misplaced):
        rebase([(("volumes", 0, "path"), "/mine")], BASE, theirs)


def test_items_that_cannot_be_told_apart_are_not_guessed(theirs):
    theirs["tolerations"].insert(0, {"operator": "Equal"})
    with pytest.raises(Misplaced):
        rebase([(("tolerations", 0, "effect"), "NoSchedule")], BASE, theirs)


def test_mounts_of_one_volume_are_told_apart_by_their_path():
    base = {"mounts": [{"name": "data", "mountPath": "/a"}, {"name": "data", "mountPath": "/b"}]}
    theirs = {
        "mounts": [{"name": "data", "mountPath": "/b", "subPath": "x"}, {"name": "data", "mountPath": "/c"}]
    }
    changes = [(("mounts", 1, "readOnly"), True)]
    assert rebase(changes, base, theirs) == [(("mounts", 0, "readOnly"), True)]
