"""Every text is translated, and the compiled catalogue is the one in the source."""

from __future__ import annotations

import shutil

import pytest
from django.utils import translation

from tests.console import catalogue


@pytest.mark.skipif(not shutil.which("xgettext"), reason=catalogue.NO_GETTEXT)
def test_every_text_is_translated_and_compiled():
    assert catalogue.check() == []


@pytest.mark.skipif(not shutil.which("xgettext"), reason=catalogue.NO_GETTEXT)
def test_texts_of_pure_modules_and_templates_are_collected():
    texts = {entry.msgid for entry in catalogue.collect()}
    assert "Skip to content" in texts  # a template
    assert "Your sign-in has ended" in texts  # gettext
    assert any("must be" in text for text in texts)  # workloads.daemonsets marks with its own gettext_noop


def test_the_catalogue_is_found():
    with translation.override("zh-hans"):
        assert translation.gettext("Sign out") == "退出登录"
