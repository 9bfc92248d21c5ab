from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.daemonsets.manifest.quantity import canonical, in_list, parse, show, style_of, whole_bytes


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        ("500m", "0.5"),
        ("+.5", "0.5"),
        ("-1", "-1"),
        ("1.", "1"),
        ("1.G", "1000000000"),
        ("1.5Gi", "1610612736"),
        ("12e6", "12000000"),
        ("1E3", "1000"),
        ("1E", "1000000000000000000"),
        ("1e-3", "0.001"),
        (" 1 ", "1"),
        (0.1, "0.1"),
        (1000.0, "1000"),
        (2, "2"),
        *((text, "0") for text in (".", "+", "-", "+.", "Mi", "-Mi", ".m", "n", "E", "e3", ".e3", "e99999")),
    ],
)
def test_reads_what_the_api_server_reads(text, amount):
    assert parse(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0.1n", Decimal("1e-9")),
        ("1.0000000001", Decimal("1.000000001")),
        ("1e-999999999999", Decimal("1e-9")),
        ("8Ei", Decimal(2**63 - 1)),
        ("1e999999999999", Decimal(2**63 - 1)),
        ("-1e999999999999", -Decimal(2**63 - 1)),
        ("0e999999999999", Decimal(0)),
    ],
)
def test_rounds_up_and_caps(text, amount):
    assert parse(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "..", "+ 1", "--1", "1.2.3", "1 Gi", "1 core", "1\n1", "1\n", "\t1"),
        *("NaN", "Infinity", "0x10", "1_0", "１", "1K", "1ki", "1e", "1e3Ki", "1e99999999999999999999", True),
    ],
)
def test_refuses_what_is_no_quantity(text):
    with pytest.raises(ValueError, match="not a quantity"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("0.5", "decimal", "500m"),
        ("1.5", "decimal", "1500m"),
        ("2000", "decimal", "2k"),
        ("1500", "decimal", "1500"),
        ("0.0000015", "decimal", "1500n"),
        ("1.5Gi", "binary", "1536Mi"),
        ("1023", "binary", "1023"),
        ("1024", "binary", "1Ki"),
        ("0.5", "binary", "500m"),
        ("0", "binary", "0"),
    ],
)
def test_canonical_is_what_the_api_server_stores(text, form, expected):
    assert canonical(parse(text), form) == expected


@pytest.mark.parametrize(
    ("text", "resource", "expected"),
    [
        ("250m", "requests.cpu", "250m"),
        ("1500m", "cpu", "1.5"),
        ("64", "cpu", "64"),
        ("1234567890", "limits.memory", "1.15Gi"),
        ("1536Mi", "memory", "1.5Gi"),
        ("10Gi", "gold.storageclass.storage.k8s.io/requests.storage", "10Gi"),
        ("0", "memory", "0"),
        ("2000", "count/daemonsets.apps", "2000"),
        ("2", "requests.nvidia.com/gpu", "2"),
    ],
)
def test_shows_amounts_as_people_read_them(text, resource, expected):
    assert show(parse(text), style_of(resource)) == expected


@given(st.decimals(min_value=0, max_value=10**15, places=9), st.sampled_from(["decimal", "binary"]))
def test_canonical_text_keeps_the_amount(amount, form):
    assert parse(canonical(amount, form)) == amount


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0.1m", "1m"),
        ("0.5m", "1m"),
        ("1.5m", "2m"),
        ("1m", "1m"),
        ("1", "1"),
        ("1n", "1m"),
        ("1100u", "2m"),
        ("999.1m", "1"),
        ("0", "0"),
        ("1.0001Ki", "1024103m"),
        ("8Ei", "9223372036854775807"),
    ],
)
def test_lists_of_resources_are_rounded_up_to_thousandths(text, kept):
    assert canonical(in_list(parse(text))) == kept


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        *(
            ("1.1Gi", "1127Mi"),
            ("1.1Ti", "1127Gi"),
            ("0.3Mi", "308Ki"),
            ("1.1Ki", "1127"),
            ("1.1234567891G", "1124M"),
        ),
        *(
            ("128m", "128Mi"),
            ("0.5", "1"),
            ("1.0001k", "1001"),
            ("1e-1", "1"),
            ("500u", "1"),
            ("1.5e-1", "1"),
        ),
    ],
)
def test_a_fraction_of_a_byte_is_rounded_up_in_the_next_smaller_unit(text, whole):
    assert whole_bytes(text) == whole
    assert parse(whole) >= parse(text)
    assert parse(whole) == parse(whole).to_integral_value()
