"""Every text is translated, and the compiled catalogue is the one in the source."""

from __future__ import annotations

import shutil

import pytest
from django.utils import translation

from tests.console import catalogue
from workloads.documents.reader import UNREADABLE


@pytest.mark.skipif(not shutil.which("xgettext"), reason=catalogue.NO_GETTEXT)
def test_every_text_is_translated_and_compiled():
    assert {po: faults for po in catalogue.catalogues() if (faults := catalogue.check(po))} == {}


@pytest.mark.skipif(not shutil.which("xgettext"), reason=catalogue.NO_GETTEXT)
def test_texts_of_pure_modules_and_templates_are_collected():
    collected = catalogue.collect()
    sources = {file for entry in collected for file, _line in entry.occurrences}
    assert "templates/base.html" in sources
    assert "console/web/errors.py" in sources  # gettext
    assert "workloads/documents/reader.py" in sources  # marks with its own gettext_noop
    assert UNREADABLE.template in {entry.msgid for entry in collected}


def test_the_catalogue_is_found():
    with translation.override("zh-hans"):
        assert translation.gettext("Sign out") == "退出登录"
