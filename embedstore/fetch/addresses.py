"""Network addresses that a download may connect to: public ones only.

The ranges follow the IANA special-purpose address registries (RFC 6890 and its
successors). They are written out here because `ipaddress.is_global` changed its answer
for several of them between Python releases, and because an IPv6 address may embed an
IPv4 address, which has to be checked as well.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_IPV4 = {
    "0.0.0.0/8": "unspecified, this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared between a carrier's customers (CGNAT)",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "reserved for AS112",
    "192.52.193.0/24": "reserved for AMT",
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "reserved for AS112",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "255.255.255.255/32": "broadcast",
    "240.0.0.0/4": "reserved",
}

# Everything outside 2000::/3 is refused as well, since no other range is assigned to
# public hosts. The ranges here lie inside it, or get a reason of their own.
_IPV6 = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::/96": "IPv4-compatible, no longer in use",
    "64:ff9b:1::/48": "local NAT64",
    "100::/64": "discard-only",
    "2001::/32": "a Teredo tunnel",
    "2001::/23": "reserved for protocols",
    "2001:db8::/32": "documentation",
    "2002::/16": "a 6to4 tunnel",
    "2620:4f:8000::/48": "reserved for AS112",
    "3fff::/20": "documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}

_REFUSED: list[tuple[Network, str]] = [
    (ip_network(text), name) for text, name in (*_IPV4.items(), *_IPV6.items())
]
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def why_not_public(address: str) -> str | None:
    """Explain why an address isn't public.

    Parameters
    ----------
    address : str
        A numeric IPv4 or IPv6 address, as a resolver returns it. A zone
        (``fe80::1%eth0``) is allowed.

    Returns
    -------
    str or None
        Kind of the address (``loopback``, ``private``, …), or None when it is public. For
        an IPv4-mapped or NAT64 address the embedded IPv4 address decides; 6to4 and Teredo
        addresses are never public.

    Raises
    ------
    ValueError
        `address` isn't a numeric address.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        inner = _embedded_ipv4(parsed)
        if inner is not None:
            reason = why_not_public(str(inner))
            return reason and f"{reason} ({inner} inside IPv6)"
    for network, name in _REFUSED:
        if parsed in network:
            return name
    if isinstance(parsed, IPv6Address) and parsed not in _GLOBAL_UNICAST:
        return "reserved"
    return None


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv4-mapped or NAT64 address leads to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
