"""Which rule of iptables drops a packet: a walk through the chains that a packet to a published port passes.

The walk asks of each rule whether it matches for certain, not at all, or perhaps (who sends the packet is not
known). Only what drops for certain counts: a rule against one sender is no fault. Docker's own chains belong
to Docker: what they drop never was to be let through.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_RULE = re.compile(r"^(?:\[(?P<packets>\d+):\d+\] )?-A (?P<chain>\S+) ?(?P<words>.*)$")
_POLICY = re.compile(r"^:(?P<chain>\S+) (?P<policy>ACCEPT|DROP|-)(?: \[(?P<packets>\d+):\d+\])?")
_DOCKERS = re.compile(r"DOCKER(?:$|-(?!USER$))")
_DROPS = frozenset({"DROP", "REJECT", "TARPIT"})
_DEEPEST = 20
_INSIDE = re.compile(r"^(?:lo|docker\d|br-|veth|virbr|cni|lxc)")
"""Interfaces that lead to this machine's own containers, not out of it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where it stands, its words, and how many packets it has met."""

    table: str
    chain: str
    words: tuple[str, ...]
    packets: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection, as it is at one hook; None is what is not known."""

    protocol: str
    address: str
    port: int
    """Its destination."""
    source: str | None = None
    came_in: str | None = ""
    """The interface that it came in by; None: one that leads out of the machine; empty: none."""
    goes_out: str | None = ""
    is_local: bool = False
    """Whether its destination is the machine itself."""
    public: int = 0
    """The port that it was sent to before it was redirected."""
    source_port: int = 0
    state: str = "NEW"
    """Connection tracking's word for it: a reply is ESTABLISHED."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A rule that drops a packet."""

    rule: Rule
    only_some: bool
    """Whether rules before it, or its own words, may let some senders through."""
    from_machine: bool = False
    """Whether it stops only who connects from the machine itself."""


class Rules:
    """The chains of all tables, as iptables-save writes them."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._chains: dict[tuple[str, str], list[Rule]] = {}
        self._policies: dict[tuple[str, str], tuple[str, int]] = {}
        table = ""
        for line in lines:
            if line.startswith("*"):
                table = line[1:].strip()
            elif match := _POLICY.match(line):
                self._policies[table, match["chain"]] = (match["policy"], int(match["packets"] or 0))
            elif match := _RULE.match(line):
                packets = int(match["packets"]) if match["packets"] else None
                rule = Rule(table, match["chain"], _words(match["words"]), packets, line)
                self._chains.setdefault((table, match["chain"]), []).append(rule)

    def bridge_of(self, address: str) -> str:
        """Return the bridge that the engine's own rules name for a container's address; empty where none does."""
        for rules in self._chains.values():
            for rule in rules:
                asked = list(_conditions(rule.words))
                if (False, "-d", f"{address}/32") in asked:
                    for negated, option, value in asked:
                        if (negated, option) in ((False, "-o"), (True, "-i")):
                            return value
        return ""

    def drop(self, protocol: str, host: str, public: int, private: int, address: str, bridge: str) -> Drop | None:
        """Return the rule that keeps what is sent to a published port from the container at *address*.

        *host* is the machine's address that the port is published on, empty for all.
        """
        outside = Packet(protocol, host, public, came_in=None, is_local=True, public=public)
        inside = replace(outside, address=address, port=private, goes_out=bridge, is_local=False)
        reply = Packet(
            protocol, "", 0, address, bridge, None, public=public, source_port=private, state="ESTABLISHED"
        )
        hooks = [("raw", "PREROUTING", outside), ("mangle", "PREROUTING", outside)]
        # Without a rule that redirects it, the engine's proxy takes it on the machine itself.
        if self._is_redirected(outside, f"{address}:{private}"):
            hooks += [("mangle", "FORWARD", inside), ("filter", "FORWARD", inside), ("filter", "FORWARD", reply)]
        else:
            hooks += [("mangle", "INPUT", outside), ("filter", "INPUT", outside)]
        if not _is_loopback(host) and (drop := self._first(hooks)):
            return drop
        to_proxy = Packet(protocol, "127.0.0.1", public, "127.0.0.1", "lo", "", True, public)
        from_proxy = Packet(protocol, address, private, None, "", bridge)
        own = [("filter", "OUTPUT", replace(to_proxy, came_in="", goes_out="lo")), ("raw", "PREROUTING", to_proxy)]
        own += [("filter", "INPUT", to_proxy), ("filter", "OUTPUT", from_proxy)]
        own += [("filter", "INPUT", replace(reply, goes_out="", is_local=True))]
        found = self._first(own)
        return replace(found, from_machine=True) if found else None

    def _is_redirected(self, packet: Packet, to: str) -> bool:
        return any(
            to in rule.words and _matches(rule.words, packet) is not False
            for (table, _), rules in self._chains.items()
            if table == "nat"
            for rule in rules
        )

    def _first(self, hooks: Iterable[tuple[str, str, Packet]]) -> Drop | None:
        for table, chain, packet in hooks:
            verdict, drop, _ = self._walk(table, chain, packet, False, 0)
            if drop is not None:
                return drop
            if verdict == "end":
                policy, packets = self._policies.get((table, chain), ("-", 0))
                # Docker's own rules let a published port through FORWARD before its policy is asked.
                if policy == "DROP" and chain == "FORWARD" and packet.state == "NEW":
                    text = f"-P {chain} {policy}"
                    return Drop(Rule(table, chain, (), packets, text), only_some=False)
        return None

    def _walk(
        self, table: str, chain: str, packet: Packet, doubt: bool, depth: int
    ) -> tuple[str, Drop | None, bool]:
        """Return how a chain ends (``accept``, ``drop``, ``perhaps``, ``return`` or ``end``), and by which rule.

        *doubt* is whether an earlier rule may have let the packet through.
        """
        for rule in self._chains.get((table, chain), ()) if depth < _DEEPEST else ():
            match, target = _matches(rule.words, packet), _target(rule.words)
            if match is False or not target:
                continue
            if target in _DROPS:
                if match is None:
                    continue
                mine = None if _DOCKERS.match(chain) else Drop(rule, doubt or _excepts_some(rule.words))
                return "drop", mine, doubt
            if target in ("ACCEPT", "RETURN"):
                if match:
                    return "accept" if target == "ACCEPT" else "return", None, doubt
                doubt = True
            elif (table, target) in self._chains:
                ended, drop, after = self._walk(table, target, packet, doubt, depth + 1)
                doubt = doubt or after
                if match and (ended in ("accept", "drop")):
                    return ended, drop, doubt
                if ended == "accept":
                    doubt = True
                if match and "-g" in rule.words:
                    return "return", None, doubt
        # A base chain that may have been left by an unknown ACCEPT does not surely come to its policy.
        return ("perhaps" if doubt else "end"), None, doubt


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def _target(words: Sequence[str]) -> str:
    return next((b for a, b in pairwise(words) if a in ("-j", "-g")), "")


def _conditions(words: Sequence[str]) -> Iterator[tuple[bool, str, str]]:
    """Yield what a rule asks for: whether it is negated, the option and its value."""
    negated, index = False, 0
    while index < len(words):
        word = words[index]
        if word == "!":
            negated, index = True, index + 1
            continue
        if word in ("-j", "-g", "--jump", "--goto"):
            return  # what follows belongs to the target
        following = words[index + 1] if index + 1 < len(words) else ""
        has_value = bool(following) and following != "!" and not (following.startswith("-") and len(following) > 1)
        if word == "--tcp-flags":
            yield negated, word, " ".join(words[index + 1 : index + 3])
            index += 3
        else:
            yield negated, word, following if has_value else ""
            index += 2 if has_value else 1
        negated = False


def _matches(words: Sequence[str], packet: Packet) -> bool | None:
    """Tell whether a rule matches a packet: None where that depends on what is not known."""
    answer: bool | None = True
    for negated, option, value in _conditions(words):
        match = _match(option, value, packet)
        if match is None:
            # Docker documents "! -s ADDRESS -j DROP" as the way to let in one sender only: it stops the others.
            answer = answer if option in ("-s", "--source") and negated else None
        elif match is negated:
            return False
    return answer


def _excepts_some(words: Sequence[str]) -> bool:
    return any(
        (negated and option in ("-s", "--source")) or (option == "-i" and not negated)
        for negated, option, _ in _conditions(words)
    )


def _match(option: str, value: str, packet: Packet) -> bool | None:
    match option:
        case "-p" | "--protocol":
            numbers = {"6": "tcp", "17": "udp"}
            return value in ("all", "0") or numbers.get(value, value) == packet.protocol
        case "-m" | "--comment" | "--ctdir" | "--reject-with":
            return True
        case "-d" | "--destination":
            if packet.address:
                return _within(packet.address, value)
            return None if _is_wide(value) else False
        case "-s" | "--source":
            return _within(packet.source, value) if packet.source else None
        case "-i" | "--in-interface":
            return _interface(packet.came_in, value)
        case "-o" | "--out-interface":
            return _interface(packet.goes_out, value)
        case "--dport" | "--dports" | "--destination-port":
            return _has_port(value, packet.port) if packet.port else None
        case "--sport" | "--sports" | "--source-port":
            return _has_port(value, packet.source_port) if packet.source_port else None
        case "--ports":
            return _has_port(value, packet.port or packet.source_port)
        case "--ctorigdstport":
            return _has_port(value, packet.public) if packet.public else None
        case "--ctstate" | "--state":
            states = set(value.split(","))
            return packet.state in states or ("DNAT" in states and bool(packet.public) and not packet.is_local)
        case "--dst-type":
            return (value == "LOCAL") is packet.is_local
        case "--syn":
            return packet.state == "NEW"
        case "--tcp-flags":
            return packet.state == "NEW" if value.endswith(" SYN") else None
        case _:
            return None


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def _is_wide(value: str) -> bool:
    """Whether a destination may be the machine's own address, which is not known: a range, not one container."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.num_addresses > 1


def _within(address: str | None, value: str) -> bool | None:
    try:
        return ipaddress.ip_address(address or "") in ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def _interface(name: str | None, value: str) -> bool:
    if name is None:
        return not _INSIDE.match(value)
    return name.startswith(value[:-1]) if value.endswith("+") else name == value


def _has_port(value: str, port: int) -> bool | None:
    for part in value.split(","):
        low, _, high = part.partition(":")
        if not (low or "0").isdecimal() or not (high or "0").isdecimal():
            return None
        if int(low or 0) <= port <= int(high or (65535 if ":" in part else low)):
            return True
    return False
