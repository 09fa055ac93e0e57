"""Where webhooks never call: ours, whatever the address is dressed as."""

import asyncio
import ipaddress
import socket
import ssl

import pytest

from crm.webhooks import client, guard
from crm.webhooks.guard import AddressRefused, check_address, check_url, find_address
from tests.webhooks.receiver import Receiver, listening

CLOSED = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001:0:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "100::1",
]
OPEN = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.215.14",
    "172.15.0.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
]


@pytest.mark.parametrize("text", CLOSED)
def test_addresses_that_are_not_the_publics_are_refused(text):
    with pytest.raises(AddressRefused, match="address_not_allowed"):
        check_address(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_addresses_of_the_public_are_called(text):
    check_address(ipaddress.ip_address(text))


def test_the_operators_own_networks_are_refused(settings):
    address = ipaddress.ip_address("93.184.215.14")
    check_address(address)
    settings.WEBHOOKS_DENIED_NETWORKS = ["93.184.215.0/24"]
    with pytest.raises(AddressRefused):
        check_address(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/", "https_only"),
        ("ftp://shop.example/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("https://", "bad_url"),
        ("https://user:pw@shop.example/", "bad_url"),
        ("https://shop.example@127.0.0.1/", "bad_url"),
        ("https://shop.example\\@127.0.0.1/", "bad_url"),
        ("https://shop.example/a b", "bad_url"),
        ("https://shop.example/\r\nx: y", "bad_url"),
        ("https://shop.example:99999/", "bad_url"),
        ("https://shop.example:22/", "port_not_allowed"),
        ("https://shop.example:6379/", "port_not_allowed"),
        ("https://127.0.0.1/", "address_not_allowed"),
        ("https://[::1]/", "address_not_allowed"),
        ("https://[::ffff:127.0.0.1]/", "address_not_allowed"),
        ("https://169.254.169.254/latest/meta-data/", "address_not_allowed"),
        ("https://shop.example/" + "a" * 500, "bad_url"),
    ],
)
def test_odd_addresses_are_refused_when_they_are_given(url, code):
    with pytest.raises(AddressRefused, match=code):
        check_url(url)


def test_usual_addresses_are_taken():
    assert check_url("https://shop.example/hooks?x=1") == ("https", "shop.example", 443)
    assert check_url("https://shop.example:8443/") == ("https", "shop.example", 8443)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "0"])
def test_names_of_the_loopback_are_refused_by_what_they_mean(host, monkeypatch):
    # What the resolver of a machine makes of them.
    monkeypatch.setattr(socket, "getaddrinfo", _answers("127.0.0.1"))
    with pytest.raises(AddressRefused, match="address_not_allowed"):
        find_address(host, 443)


def test_one_closed_address_among_open_ones_is_enough(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", _answers("93.184.215.14", "1.1.1.1"))
    assert find_address("shop.example", 443) == "93.184.215.14"
    monkeypatch.setattr(socket, "getaddrinfo", _answers("93.184.215.14", "10.0.0.5"))
    with pytest.raises(AddressRefused):
        find_address("shop.example", 443)


def _answers(*addresses):
    def getaddrinfo(_host, port, **_kwargs):
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return getaddrinfo


def call(url, body=b"{}"):
    context = client.make_ssl_context()
    return asyncio.run(client.post(url, {}, body, context=context))


def test_loopback_is_not_called_and_with_the_setting_it_is(settings):
    with listening(Receiver()) as receiver:
        settings.WEBHOOKS_ALLOW_LOCAL = True
        assert call(receiver.url).status == 204
        settings.WEBHOOKS_ALLOW_LOCAL = False
        assert call(receiver.url).error == "https_only"
        assert call(receiver.url.replace("http://", "https://")).error == "port_not_allowed"
        assert call("https://127.0.0.1/").error == "address_not_allowed"
        assert len(receiver.got) == 1


def test_a_name_is_connected_to_at_the_address_that_was_judged(settings, monkeypatch):
    """DNS rebinding: the second answer of the resolver is never asked for."""
    settings.WEBHOOKS_ALLOW_LOCAL = True
    asked = []

    def look_up(host, _port):
        asked.append(host)
        # A first look that passes; any further one would lead elsewhere.
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.99"]

    monkeypatch.setattr(guard, "look_up", look_up)
    with listening(Receiver()) as receiver:
        answer = call(f"http://shop.example:{receiver.port}/hook")
        assert (answer.status, answer.address) == (204, "127.0.0.1")
        assert asked == ["shop.example"]
        # The receiver is still named as its owner named it.
        assert receiver.got[0].headers["host"] == f"shop.example:{receiver.port}"


def test_a_name_that_turns_inward_after_it_was_saved_is_refused_at_each_call(monkeypatch):
    check_url("https://shop.example/hook")
    monkeypatch.setattr(guard, "look_up", lambda *_given: ["10.0.0.5"])
    answer = call("https://shop.example/hook")
    assert (answer.status, answer.error, answer.address) == (None, "address_not_allowed", "")


def test_certificates_are_checked_by_the_name():
    context = client.make_ssl_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_little_of_an_answer_is_read_and_less_is_kept(settings):
    settings.WEBHOOKS_ALLOW_LOCAL = True
    big = b"x" * 5_000_000
    with listening(Receiver(answer=lambda _request: (200, {}, big))) as receiver:
        answer = call(receiver.url)
    assert answer.status == 200
    assert answer.body == "x" * client.KEPT_ANSWER
    with listening(Receiver(answer=lambda _request: (200, {}, b"a\x00b\xff"))) as receiver:
        assert call(receiver.url).body == "a\ufffdb\ufffd"


def test_a_receiver_that_hangs_or_drips_is_left(settings, monkeypatch):
    import time

    settings.WEBHOOKS_ALLOW_LOCAL = True
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.5)

    def hang(_request):
        time.sleep(1.5)
        return 200, {}, b""

    with listening(Receiver(answer=hang)) as receiver:
        begun = time.monotonic()
        assert call(receiver.url).error == "timeout"
        assert time.monotonic() - begun < 1.4


def test_nobody_there_is_told_so(settings):
    settings.WEBHOOKS_ALLOW_LOCAL = True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert call(f"http://127.0.0.1:{port}/").error == "not_reached"
