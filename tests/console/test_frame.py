"""The frame of every page: side, language, theme, and the small parts pages are made of."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from bs4 import BeautifulSoup
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from console.errors import Unreachable
from console.web import context
from console.web.ages import age_text
from console.web.paging import Paging
from console.web.templatetags.console import age, gauge, grouped


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


@pytest.fixture
def page(signed_in, demo):
    """A page with the frame and a remembered project."""
    signed_in.get("/clusters/offline/projects/demo/daemonsets/")
    return lambda: signed_in.get("/no/such/")


@pytest.mark.django_db
def test_the_side_leads_to_the_remembered_project(page):
    side = soup(page()).find("nav", class_="side")
    assert "demo" in side.find(class_="switch").text
    assert side.find("a", href="/clusters/offline/projects/demo/daemonsets/")
    assert side.find("a", href="/clusters/offline/nodes/")


@pytest.mark.django_db
def test_the_nodes_of_a_cluster_do_not_forget_the_project(signed_in, demo):
    signed_in.get("/clusters/offline/projects/demo/daemonsets/")
    side = soup(signed_in.get("/clusters/offline/nodes/")).find("nav", class_="side")
    assert side.find("a", href="/clusters/offline/projects/demo/daemonsets/")
    assert side.find("a", attrs={"aria-current": "page"})["href"] == "/clusters/offline/nodes/"


@pytest.mark.django_db
def test_numbers_beside_the_links_are_those_of_the_location(signed_in, admin):
    from workloads.stores.offline.store import OfflineStore, first_start

    first_start(admin)
    store = OfflineStore(admin)
    store.apply(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", project="demo", base="", dry_run=False
    )
    side = soup(signed_in.get("/clusters/offline/nodes/")).find("nav", class_="side")
    shown = {
        link["href"].rstrip("/").rsplit("/", 1)[1]: link.em and link.em.text
        for link in side.ul.parent.parent.find_all("a")
    }
    assert list(shown.items()) == [
        ("daemonsets", None),
        ("matrix", None),
        ("drafts", "0"),
        ("configmaps", "1"),
        ("secrets", None),
        ("persistentvolumeclaims", None),
        ("serviceaccounts", None),
        ("resourcequotas", "1"),
        ("limitranges", "1"),
        ("nodes", "12"),
        ("projects", None),
    ]


@pytest.mark.django_db
def test_the_side_forgets_a_deleted_project(page, demo):
    demo.delete()
    side = soup(page()).find("nav", class_="side")
    assert not side.find("a", href="/clusters/offline/projects/demo/daemonsets/")
    assert side.find("a", href="/projects/")


@pytest.mark.django_db
def test_home_is_the_only_project_until_one_was_visited(signed_in, demo):
    from console.projects.models import Project

    assert signed_in.get("/").url == "/clusters/offline/projects/demo/daemonsets/"
    Project.objects.create(name="second")
    assert signed_in.get("/").url == "/projects/"
    signed_in.get("/clusters/offline/projects/second/daemonsets/")
    assert signed_in.get("/").url == "/clusters/offline/projects/second/daemonsets/"


@pytest.mark.django_db
def test_a_project_is_remembered_only_if_its_page_exists(signed_in):
    signed_in.get("/clusters/offline/projects/no-such-project/daemonsets/")
    assert signed_in.get("/").url == "/projects/"


@pytest.mark.django_db
def test_the_project_that_somebody_else_visited_is_not_remembered(signed_in, django_user_model, demo):
    from console.projects.models import Project

    Project.objects.create(name="second")
    signed_in.get("/clusters/offline/projects/second/daemonsets/")
    cookies = signed_in.cookies
    signed_in.force_login(django_user_model.objects.create_superuser("wei"))
    signed_in.cookies.update({name: kept for name, kept in cookies.items() if "location" in name})
    assert signed_in.get("/").url == "/projects/"
    signed_in.get("/clusters/offline/projects/second/daemonsets/")
    signed_in.post("/sign-out/")
    assert not any(kept.value for name, kept in signed_in.cookies.items() if "location" in name)


@pytest.mark.django_db
def test_long_and_hostile_names_stay_text(signed_in, django_user_model, client):
    hostile = django_user_model.objects.create_superuser('<img src=x onerror="1">' + "长" * 100)
    client.force_login(hostile)
    response = client.get("/no/such/")
    assert "<img src=x" not in response.text


@pytest.mark.django_db
def test_the_theme_is_chosen_without_a_script(client):
    assert "data-theme" not in client.get("/sign-in/").text
    for theme in ("dark", "light"):
        back = client.post("/theme/", {"theme": theme, "next": "/sign-in/?next=/drafts/"})
        assert back.url == "/sign-in/?next=/drafts/"
        assert soup(client.get("/sign-in/")).html["data-theme"] == theme
    client.post("/theme/", {"theme": "", "next": "/"})
    assert "data-theme" not in client.get("/sign-in/").text
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in client.get("/sign-in/").text


@pytest.mark.django_db
def test_the_language_is_chosen_without_a_script_and_before_signing_in(client):
    form = soup(client.get("/sign-in/?next=/drafts/")).find("form", class_="lang")
    back = client.post(
        form["action"], {"language": "zh-hans", "next": form.find("input", {"name": "next"})["value"]}
    )
    assert back.url == "/sign-in/?next=/drafts/"
    page = soup(client.get("/sign-in/"))
    assert page.html["lang"] == "zh-hans"
    assert page.h1.text == "登录"


@pytest.mark.django_db
def test_the_browsers_language_counts_until_one_is_chosen(client):
    assert soup(client.get("/sign-in/", headers={"Accept-Language": "zh-CN,zh;q=0.9"})).h1.text == "登录"


@pytest.mark.django_db
def test_the_first_visit_is_light(client):
    """Under 60 KB as it travels: page, style, scripts."""
    import gzip

    from django.contrib.staticfiles import finders

    response = client.get("/sign-in/")
    page = soup(response)
    assets = [link["href"] for link in page.find_all("link", rel="stylesheet")]
    assets += [script["src"] for script in page.find_all("script")]
    bodies = [response.content]
    for asset in assets:
        with open(finders.find(asset.removeprefix("/static/")), "rb") as file:
            bodies.append(file.read())
    assert len(assets) >= 3
    assert sum(len(gzip.compress(body)) for body in bodies) < 45_000  # leaves 15 KB for a page's own


# Parts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_400 * 2, "2 days ago"),
        (86_400 * 89, "89 days ago"),
        (86_400 * 90, "3 months ago"),
        (86_400 * 800, "2 years ago"),
    ],
)
def test_ages_are_said_in_one_unit(seconds, says):
    assert age_text(seconds) == says


def test_an_age_holds_the_exact_moment():
    moment = timezone.now() - dt.timedelta(minutes=3)
    shown = BeautifulSoup(age(moment), "html.parser").time
    assert shown.text == "3 min ago"
    assert dt.datetime.fromisoformat(shown["datetime"]) == moment.replace(microsecond=0)
    assert shown["title"].endswith("UTC")
    assert age(None) == "–"
    assert "years ago" in age("2020-01-02T03:04:05Z")
    assert age("not a time") == "not a time"
    assert age("2020-13-45T99:00:00Z") == "2020-13-45T99:00:00Z"


@pytest.mark.parametrize(
    ("used", "hard", "after", "state", "width", "end"),
    [
        (5, 10, None, "gauge ", "50.0", "50.0"),
        (8, 10, None, "gauge warn", "80.0", "80.0"),
        (5, 10, 9, "gauge warn", "50.0", "90.0"),
        (10, 10, None, "gauge full", "100.0", "100.0"),
        (5, 10, 11, "gauge full", "50.0", "100.0"),
        (0, 0, None, "gauge ", "0.0", "0.0"),
        (1, 0, None, "gauge full", "100.0", "100.0"),
        (9, 10, 4, "gauge ", "40.0", "90.0"),
    ],
)
def test_a_gauge_shows_now_and_then_in_words_too(used, hard, after, state, width, end):
    drawn = BeautifulSoup(gauge(used, hard, after, "Pods <3"), "html.parser").svg
    assert " ".join(drawn["class"]) == state.strip()
    assert drawn.rect["width"] == width
    assert drawn.line["x2"] == end
    assert drawn["aria-label"] == "Pods <3"
    assert drawn["role"] == "img"
    assert not drawn.find(style=True)


@pytest.mark.parametrize(
    ("address", "page", "size"),
    [
        ("/", 1, 20),
        ("/?page=3&size=50", 3, 50),
        ("/?page=0&size=7", 1, 20),
        ("/?page=-1", 1, 20),
        ("/?page=x&size=", 1, 20),
        ("/?page=٣", 1, 20),
        ("/?page=99999999999999999999", 1, 20),
    ],
)
def test_an_address_asks_for_a_page(address, page, size):
    assert Paging.of(RequestFactory().get(address)) == Paging(page, size)


@pytest.mark.parametrize(
    ("page", "total", "links"),
    [
        (1, 0, [1]),
        (1, 20, [1]),
        (1, 21, [1, 2]),
        (1, 200, [1, 2, 0, 10]),
        (5, 200, [1, 0, 4, 5, 6, 0, 10]),
        (3, 200, [1, 2, 3, 4, 0, 10]),
        (4, 200, [1, 2, 3, 4, 5, 0, 10]),
        (10, 200, [1, 0, 9, 10]),
    ],
)
def test_only_pages_near_by_and_the_ends_have_links(page, total, links):
    assert Paging(page, 20).links(total) == links


def foot(address, total, target=""):
    tag = Template("{% load console %}{% pagination total target %}")
    request = RequestFactory().get(address)
    return BeautifulSoup(
        tag.render(RequestContext(request, {"total": total, "target": target})), "html.parser"
    )


def numbers(element):
    return [int(number) for number in re.findall(r"\d+", element.text)]


def test_links_to_other_pages_keep_the_rest_of_the_address():
    drawn = foot("/?search=fluent&page=2", 100, "#list")
    third = drawn.find("a", string="3")
    assert "3" in third["aria-label"]
    assert third["href"] == third["hx-get"] == "?search=fluent&page=3"
    assert third["hx-target"] == "#list"
    assert drawn.find("a", attrs={"aria-current": "page"}).text == "2"
    assert numbers(drawn.small) == [21, 40, 100]
    fifty = drawn.find("a", string="50")
    assert fifty["href"] == "?search=fluent&size=50"


def test_past_the_end_the_last_page_is_meant():
    assert numbers(foot("/?page=9", 45).small) == [41, 45, 45]
    assert numbers(foot("/", 0).small) == [0, 0]


@pytest.fixture
def set_side():
    """Puts another side in the place of the domain's until the test ends."""
    former = context.set_side(context.Side())
    yield context.set_side
    context.set_side(former)


GADGETS = context.Entry("gadgets", "Gadgets", "node", "node-list", "node", ("cluster",))
PARTS = context.Entry("parts", "Parts", "volume", "project-home", "part", ("cluster", "project"))


@pytest.mark.django_db
def test_the_domain_says_what_the_side_holds(page, set_side):
    set_side(
        context.Side([("Things", [GADGETS, PARTS]), ("Nothing", [])], lambda request, place: {"parts": 8})
    )
    side = soup(page()).find("nav", class_="side")
    assert [group.text for group in side.select(".room p")] == ["Things"]
    assert [(link["href"], link.span.text, link.em and link.em.text) for link in side.select(".room a")] == [
        ("/clusters/offline/nodes/", "Gadgets", None),
        ("/clusters/offline/projects/demo/", "Parts", "8"),
    ]


@pytest.mark.django_db
def test_an_entry_is_left_out_where_the_place_has_not_what_it_needs(signed_in, set_side):
    set_side(context.Side([("Things", [GADGETS, PARTS])]))
    assert soup(signed_in.get("/no/such/")).select(".side .room") == []


@pytest.mark.django_db
def test_the_pages_of_a_family_belong_to_its_entry(signed_in, demo, set_side):
    set_side(context.Side([("Things", [GADGETS, PARTS])]))
    [current] = soup(signed_in.get("/clusters/offline/what-if/")).select(".side [aria-current]")
    assert current["href"] == "/clusters/offline/nodes/"


@pytest.mark.django_db
def test_a_cluster_that_does_not_answer_leaves_the_side_without_numbers(page, set_side):
    def silent(request, place):
        raise Unreachable("No answer.")

    set_side(context.Side([("Things", [GADGETS])], silent))
    assert soup(page()).find("a", href="/clusters/offline/nodes/").em is None


def test_ages_are_translated():
    with translation.override("zh-hans"):
        assert age_text(180) == "3 分钟前"


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [
        ("en", 999, "999"),
        ("en", 5000, "5,000"),
        ("zh-hans", 1234567, "1,234,567"),
        ("en", "12345678", "12,345,678"),
        ("zh-hans", "1536Mi", "1,536Mi"),
        ("en", "1234.5678", "1,234.5678"),
        ("en", "90m", "90m"),
    ],
)
def test_large_numbers_are_grouped_as_the_language_does(language, number, shown):
    with translation.override(language):
        assert grouped(number) == shown


@pytest.mark.parametrize(
    ("page", "total", "shown"),
    [(1, 1, "1 of 1"), (1, 3, "1–3 of 3"), (3, 41, "41 of 41"), (2, 5000, "21–40 of 5,000")],
)
def test_the_foot_of_a_list_says_what_is_shown(page, total, shown):
    request = RequestFactory().get(f"/?page={page}")
    drawn = Template("{% load console %}{% pagination total %}").render(
        RequestContext(request, {"request": request, "total": total})
    )
    assert " ".join(BeautifulSoup(drawn, "html.parser").small.text.split()) == shown
