"""Which addresses count as public; pure, nothing is contacted."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.fetch.addresses import why_not_public

ipv4 = st.integers(0, 2**32 - 1).map(IPv4Address)
ipv6 = st.integers(0, 2**128 - 1).map(IPv6Address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "CGNAT"),
        ("169.254.169.254", "link-local"),
        ("192.0.2.1", "documentation"),
        ("198.18.0.1", "benchmarking"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "link-local"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b:1::1", "local NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("2002:808:808::", "6to4"),
        ("2001::1", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("fc00::1", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("4000::1", "reserved"),
        ("100::1", "discard"),
    ],
)
def test_an_address_that_is_not_public_is_named(address: str, reason: str) -> None:
    assert reason in (why_not_public(address) or "")


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ],
)
def test_a_public_address_is_public(address: str) -> None:
    assert why_not_public(address) is None


@pytest.mark.parametrize("text", ["", "localhost", "0x7f.1", "2130706433", "127.1", "[::1]"])
def test_only_numeric_addresses_are_judged(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        why_not_public(text)


@given(ipv4)
def test_an_ipv4_address_is_judged_alike_inside_ipv6(address: IPv4Address) -> None:
    refused = why_not_public(str(address)) is not None
    assert (why_not_public(f"::ffff:{address}") is not None) == refused
    assert (why_not_public(f"64:ff9b::{address}") is not None) == refused


@given(st.one_of(ipv4, ipv6))
def test_nothing_passes_that_the_standard_library_calls_private(
    address: IPv4Address | IPv6Address,
) -> None:
    if why_not_public(str(address)) is None:
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        judged = inner or address
        assert judged.is_global
        kinds = ("private", "loopback", "link_local", "multicast", "reserved", "unspecified")
        assert not any(getattr(judged, f"is_{kind}") for kind in kinds)


@given(st.integers(0, 2**112 - 1))
def test_6to4_and_teredo_are_refused_whatever_they_carry(rest: int) -> None:
    assert why_not_public(str(ip_address((0x2002 << 112) | rest))) is not None
    assert why_not_public(str(ip_address((0x20010000 << 96) | (rest >> 16)))) is not None
