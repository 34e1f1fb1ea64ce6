"""The guard against addresses a page has no business reaching: literals in every spelling, names,
redirects."""

from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.net.fetch import Fetcher, FetchLimits
from browser.net.guard import Guard, refusal
from research.errors import ReadingError
from tests.browser.conftest import Web, response

REFUSED = """
127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.254 192.168.1.1 169.254.169.254 169.254.170.2 100.64.0.1
100.127.255.254 100.100.100.200 192.0.0.192 192.0.2.9 198.18.3.4 198.51.100.7 203.0.113.9 192.88.99.1 224.0.0.251
239.1.1.1 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::10.0.0.1 ::7f00:1 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::10.0.0.1
2002:7f00:1:: 2002:808:808::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::5 3fff::1 100::1 5f00::1 fe80::1 fec0::1
fc00::1 fd00:ec2::254 ff02::1 2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:a9fe:a9fe 2001:10::1 4000::1
""".split()
OPEN = "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 168.63.129.15 2606:4700:4700::1111 2a00:1450::1".split()
SPELLINGS = [
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://[fe80::1%25eth0]/",
    "http://user:pass@127.0.0.1/",
    "http://169.254.169.254:80/latest/meta-data/",
    "http://3232235777/",
]
LITERAL_ONLY = FetchLimits(attempts=1, total=2)


def resolver_of(*addresses: str):  # type: ignore[no-untyped-def]  # a small factory of a typed callable
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_public(address: str) -> None:
    assert refusal(ip_address(address))


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses(address: str) -> None:
    assert refusal(ip_address(address)) is None


def test_a_mapped_address_is_judged_as_what_it_reaches() -> None:
    assert refusal(IPv6Address("::ffff:8.8.8.8")) is None


@given(st.ip_addresses(v=4))
def test_nothing_private_passes_in_any_wrapping(address: object) -> None:
    plain = ip_address(str(address))
    if not plain.is_global or plain.is_multicast:
        assert refusal(plain)
        for prefix in ("::ffff:", "64:ff9b::", "::", "2606:4700::5efe:"):
            assert refusal(ip_address(f"{prefix}{plain}"))


@given(st.ip_addresses(v=6))
def test_what_python_calls_not_global_is_refused(address: IPv6Address) -> None:
    if not address.is_global or address.is_multicast:
        assert refusal(address)


@pytest.mark.parametrize("url", SPELLINGS)
async def test_every_spelling_of_a_private_address(url: str) -> None:
    async with Fetcher(Guard(), limits=LITERAL_ONLY) as fetcher:
        with pytest.raises(ReadingError) as caught:
            await fetcher.fetch(url)
    assert caught.value.kind == "forbidden_address"
    assert "127.0.0.1" not in caught.value.reason


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/a",
        "gopher://example.com",
        "data:text/plain,x",
        "javascript:alert(1)",
        "http://",
        "http:///x",
        "//example.com/x",
        "http://[::1",
        "",
    ],
)
def test_only_web_urls(url: str) -> None:
    with pytest.raises(ReadingError) as caught:
        Guard().check_url(url)
    assert caught.value.kind == "forbidden_address"


async def test_a_name_that_resolves_to_a_private_address() -> None:
    with pytest.raises(ReadingError) as caught:
        await Guard().addresses("localhost", 80)
    assert caught.value.kind == "forbidden_address"


@pytest.mark.parametrize(
    "host",
    ["metadata.google.internal", "printer.local", "x.localhost", "router.home.arpa.", "A.ONION"],
)
async def test_names_of_private_networks_are_not_even_resolved(host: str) -> None:
    async def never(host: str, port: int) -> list[str]:
        raise AssertionError(host)

    with pytest.raises(ReadingError) as caught:
        Guard().check_url(f"http://{host}/")
    assert caught.value.kind == "forbidden_address"
    with pytest.raises(ReadingError):
        await Guard(resolver=never).addresses(host, 80)
    Guard([host]).check_url(f"http://{host}/")
    Guard().check_url(f"http://{host.rstrip('.')}.example.com/")


async def test_one_private_address_among_public_ones_is_enough() -> None:
    guard = Guard(resolver=resolver_of("8.8.8.8", "10.0.0.7"))
    with pytest.raises(ReadingError):
        await guard.addresses("rebind.example", 443)


async def test_a_name_is_resolved_once_and_connected_to_that_address(web: Web) -> None:
    """The first answer is judged and used; a second one, as in DNS rebinding, is never asked for."""
    web.article("/a")
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers.pop(0)

    guard = Guard([f"site.example:{web.port}"], resolver=resolve)
    async with Fetcher(guard, limits=LITERAL_ONLY, robots=False) as fetcher:
        fetched = await fetcher.fetch(web.url("/a", host="site.example"))
    assert b"lighthouse" in fetched.body
    assert asked == ["site.example"]
    assert web.asked[0].headers["host"] == f"site.example:{web.port}"


async def test_redirects_are_judged_too(web: Web) -> None:
    for path, target in (
        ("/literal", "http://169.254.169.254/latest"),
        ("/name", "http://inside.example/"),
        ("/scheme", "file:///etc/passwd"),
    ):
        web.page(path, response(status=302, Location=target))
    guard = Guard([f"127.0.0.1:{web.port}"], resolver=resolver_of("192.168.0.10"))
    async with Fetcher(guard, limits=LITERAL_ONLY) as fetcher:
        for path in ("/literal", "/name", "/scheme"):
            with pytest.raises(ReadingError) as caught:
                await fetcher.fetch(web.url(path))
            assert caught.value.kind == "forbidden_address"
            assert caught.value.url == web.url(path)


async def test_an_opened_port_opens_no_other(web: Web) -> None:
    guard = Guard([f"127.0.0.1:{web.port + 1}", "LOCALHOST.", "[::1]:9"])
    assert guard.allows("localhost", 5) and guard.allows("::1", 9) and not guard.allows("::1", 8)
    async with Fetcher(guard, limits=LITERAL_ONLY) as fetcher:
        with pytest.raises(ReadingError) as caught:
            await fetcher.fetch(web.article("/a"))
    assert caught.value.kind == "forbidden_address"


async def test_proxies_of_the_environment_are_not_used(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", web.url(""))
    monkeypatch.setenv("ALL_PROXY", web.url(""))
    async with Fetcher(Guard(resolver=resolver_of("10.0.0.1")), limits=LITERAL_ONLY) as fetcher:
        with pytest.raises(ReadingError) as caught:
            await fetcher.fetch("http://public.example/")
    assert caught.value.kind == "forbidden_address"
    assert not web.asked
