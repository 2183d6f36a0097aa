"""Ports and who listens, networks and siblings, mounts and who else uses them."""

from __future__ import annotations

from typing import Any

from cdbg_tui.model.around import Around, Listener
from cdbg_tui.model.container import from_inspect
from cdbg_tui.model.details import Entry
from cdbg_tui.model.reachable import mounted, networks, ports
from cdbg_tui.model.socket import Holder, Socket

UP = {"Status": "running"}


def details(**more: Any) -> dict[str, Any]:
    return {"Id": "a" * 64, "Name": "/web", "State": UP} | more


def ports_of(around: Around, **more: Any) -> dict[str, str | None]:
    told = details(**more)
    return {one.key: one.value for one in ports(told, from_inspect(told), around).children}


PUBLISHED = {
    "NetworkSettings": {
        "Ports": {
            "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
            "443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8443"}],
            "53/udp": None,
        }
    }
}
NGINX = Listener(Socket("tcp", "0.0.0.0", 80), Holder("tcp", 80, 7, "nginx"))


def test_each_port_has_who_listens() -> None:
    admin = Listener(Socket("tcp", "127.0.0.1", 443), Holder("tcp", 443, 8, "admin"))
    extra = Listener(Socket("tcp", "0.0.0.0", 9000))
    assert ports_of(Around(listeners=(NGINX, admin, extra)), **PUBLISHED) == {
        "8080 → 80/tcp": "nginx (PID 7) listens on 0.0.0.0:80",
        "127.0.0.1:8443 → 443/tcp": (
            "admin (PID 8) listens on 127.0.0.1:443: only the container itself can reach it"
        ),
        "(not published) → 53/udp": "nobody listens on 53; what listens: 0.0.0.0:80, 0.0.0.0:9000",
        "(not declared) → 9000/tcp": "somebody listens on 0.0.0.0:9000",
    }


def test_who_listens_is_not_guessed() -> None:
    first = ports_of(Around(), **PUBLISHED)
    assert set(first.values()) == {"looking…"}
    blind = ports_of(Around(unseen={"listeners": "not on this machine"}), **PUBLISHED)
    assert set(blind.values()) == {"cannot be seen: not on this machine"}


def test_a_dead_one_has_the_ports_that_it_is_to_publish() -> None:
    found = ports_of(
        Around(),
        State={"Status": "exited"},
        HostConfig={"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}},
    )
    assert found == {"8080 → 80/tcp": "it does not run"}


def row(name: str, **more: Any) -> dict[str, Any]:
    return {"Id": name * 8, "Names": [f"/{name}"], "State": "running", "Status": "Up 3 hours"} | more


def on(**addresses: str) -> dict[str, Any]:
    return {"NetworkSettings": {"Networks": {name: {"IPAddress": one} for name, one in addresses.items()}}}


def test_a_network_has_its_siblings_the_living_first() -> None:
    joined = {"shop": {"IPAddress": "10.0.0.2", "Gateway": "10.0.0.1", "Aliases": ["api", "aaaa", "web"]}}
    rows = (
        {"Id": "a" * 64, "Names": ["/web"], **on(shop="10.0.0.2")},
        row("adead", State="exited", Status="Exited (1) 2 hours ago", **on(shop="")),
        row("db", **on(shop="10.0.0.3", back="10.1.0.3")),
        row("other", **on(back="10.1.0.4")),
    )
    [shop] = networks(details(NetworkSettings={"Networks": joined}), Around(rows=rows)).children
    assert shop.value == "10.0.0.2, gateway 10.0.0.1, known as api"
    assert shop.children == (
        Entry("db", "10.0.0.3", note="up 3 hours"),
        Entry("adead", "no address", note="exited (1) 2 hours ago"),
    )


def test_a_network_without_others_says_so_only_when_they_were_listed() -> None:
    one = details(NetworkSettings={"Networks": {"shop": {}}})
    assert networks(one, Around()).children[0].note == "siblings: looking…"
    assert networks(one, Around(rows=())).children[0].note == "nobody else is on it"


def test_a_network_of_another_container_is_named() -> None:
    one = details(HostConfig={"NetworkMode": f"container:{'db' * 8}"})
    assert networks(one, Around(rows=(row("db"),))).value == "that of the container db"


def mounts_of(rows: tuple[dict[str, Any], ...] | None, *mounts: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(one.value, one.note) for one in mounted(details(Mounts=list(mounts)), Around(rows=rows)).children]


def test_a_mount_has_its_mode_and_who_else_uses_it() -> None:
    volume = {"Type": "volume", "Name": "data", "Source": "/v/data", "Destination": "/data", "RW": False}
    others = (
        row("db", Mounts=[volume | {"Destination": "/var", "RW": True}]),
        row("old", State="exited", Mounts=[volume]),
        row("none", Mounts=[volume | {"Name": "other"}]),
    )
    assert mounts_of(others, volume) == [
        ("volume data, read-only", "also used by db (at /var), old (at /data, read-only, exited)")
    ]
    assert mounts_of((), volume) == [("volume data, read-only", "nobody else uses it")]
    assert mounts_of(None, volume) == [("volume data, read-only", "who else: looking…")]


def test_a_bind_is_shared_with_who_has_a_part_of_it_or_more() -> None:
    bind = {"Type": "bind", "Source": "/srv/app", "Destination": "/app", "RW": True}
    others = (
        row("part", Mounts=[bind | {"Source": "/srv/app/conf", "Destination": "/c"}]),
        row("more", Mounts=[bind | {"Source": "/srv", "Destination": "/s"}]),
        row("near", Mounts=[bind | {"Source": "/srv/application", "Destination": "/n"}]),
    )
    [(_, note)] = mounts_of(others, bind)
    assert note == "also used by part (/srv/app/conf at /c), more (all of /srv at /s)"


def test_a_volume_without_a_name_is_called_so() -> None:
    name = "0123456789abcdef" * 4
    [(value, _)] = mounts_of((), {"Type": "volume", "Name": name, "Destination": "/x", "RW": True})
    assert value == "volume without a name (0123456789ab), read-write"
