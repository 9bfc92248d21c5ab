"""The template pack that crispy renders forms with."""

from __future__ import annotations

from bs4 import BeautifulSoup
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field, as_crispy_form
from django import forms

CHOICES = [("a", "A"), ("b", "B")]


class Sample(forms.Form):
    name = forms.CharField(help_text="<b>any</b>")
    note = forms.CharField(required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(choices=CHOICES)
    agree = forms.BooleanField(required=False)
    way = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, help_text="one of them")
    version = forms.CharField(widget=forms.HiddenInput)


def page(form, render=as_crispy_form):
    return BeautifulSoup(render(form), "html.parser")


def test_every_field_has_a_label_and_required_ones_are_marked_for_eyes_and_ears():
    soup = page(Sample())
    assert [label["for"] for label in soup.select("label.label")] == ["id_name", "id_note", "id_kind"]
    assert soup.select_one("label.check > [name=agree]")
    assert soup.select_one("fieldset > legend").text == "Way"
    marked = [label for label in soup.select("label.label") if label.select(".required")]
    assert [label["for"] for label in marked] == ["id_name", "id_kind"]
    assert all(label.select_one(".visually-hidden").text for label in marked)


def test_hidden_fields_have_neither_label_nor_box():
    field = page(Sample()).select_one("[name=version]")
    assert field.find_parent(class_="field") is None


def test_help_and_errors_are_tied_to_their_fields():
    soup = page(Sample({"name": "", "kind": "c"}))
    name = soup.select_one("[name=name]")
    assert name["aria-invalid"] == "true"
    assert name["aria-describedby"].split() == ["id_name_helptext", "id_name_error"]
    assert soup.find(id="id_name_helptext").text == "<b>any</b>"
    assert soup.find(id="id_name_error").select(".error")
    assert soup.select_one("fieldset")["aria-describedby"].split() == ["id_way_helptext", "id_way_error"]
    assert [each["id"] for each in soup.select("[id$=_error]")] == [
        "id_name_error",
        "id_kind_error",
        "id_way_error",
    ]


def test_errors_of_the_whole_form_come_first_and_are_announced():
    form = Sample({"name": "x", "kind": "a", "way": "a", "version": "1"})
    form.add_error(None, "<i>no</i>")
    soup = page(form)
    alert = soup.select_one("[role=alert]")
    assert alert.get_text(strip=True) == "<i>no</i>"
    assert alert.find_next(class_="field") is soup.select_one(".field")
    assert not soup.select(".field [role=alert]")


def test_one_field_alone():
    soup = page(Sample()["kind"], as_crispy_field)
    assert [option["value"] for option in soup.select(".field > select > option")] == ["a", "b"]
