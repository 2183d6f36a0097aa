"""Headers of tar archives: as tarfile writes them in each format, and as an enemy does."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest

from cdbg_tui.engine import tar_headers
from cdbg_tui.engine.tar_headers import BLOCK, DamagedTarError, Header, Source, headers, is_header


def archive(*members: tuple[str, int, bytes], form: int = tarfile.PAX_FORMAT, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, size, kind in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = size, kind, link
            info.mode, info.uid, info.gid, info.mtime = 0o4755, 1000, 50, 1_700_000_000
            tar.addfile(info, io.BytesIO(b"x" * size))
    return out.getvalue()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(data: bytes, size: int = 700) -> list[Header]:
    return list(headers(Source(pieces(data, size))))


FORMATS = (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("size", [1, 511, 512, 700, 1 << 20])
def test_what_tarfile_writes_is_read(form: int, size: int) -> None:
    data = archive(("a", 5, tarfile.REGTYPE), ("d", 0, tarfile.DIRTYPE), ("b", 1200, tarfile.REGTYPE), form=form)
    found = read(data, size)
    assert [(one.name.rstrip("/"), one.flag, one.size) for one in found] == [
        ("a", b"0", 5),
        ("d", b"5", 0),
        ("b", b"0", 1200),
    ]
    assert found[0][4:8] == (0o4755, 1000, 50, 1_700_000_000)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_links_are_read(form: int) -> None:
    name, link = "d/" * 300 + "ü", "l/" * 200
    (one,) = read(archive((name, 0, tarfile.SYMTYPE), form=form, link=link))
    assert (one.name, one.flag, one.link) == (name, b"2", link)


def test_a_ustar_prefix_is_part_of_the_name() -> None:
    name = "p" * 120 + "/" + "n" * 60
    (one,) = read(archive((name, 0, tarfile.REGTYPE), form=tarfile.USTAR_FORMAT))
    assert one.name == name


def test_contents_can_be_read_or_left() -> None:
    source = Source(pieces(archive(("a", 700, b"0"), ("b", 600, b"0"), ("c", 1, b"0")), 100))
    seen = {one.name: source.read(one.stored) if one.name == "b" else b"" for one in headers(source)}
    assert seen == {"a": b"", "b": b"x" * 600, "c": b""}


def test_names_that_are_no_utf_8_keep_their_bytes() -> None:
    data = bytearray(archive(("abc", 0, b"0"), form=tarfile.USTAR_FORMAT))
    data[1] = 0xFF
    assert read(bytes(resum(data)))[0].name.encode("utf-8", "surrogateescape") == b"a\xffc"


def resum(data: bytearray, at: int = 0) -> bytearray:
    """Set the checksum of the header at *at* right."""
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + BLOCK])
    return data


def forged(field: slice, value: bytes) -> bytes:
    data = bytearray(archive(("abc", 3, b"0"), form=tarfile.GNU_FORMAT))
    data[field] = value.ljust(field.stop - field.start, b"\0")
    return bytes(resum(data))


SIZE, FLAG = slice(124, 136), slice(156, 157)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (forged(SIZE, b"\xff" * 12), "less than no bytes"),
        (forged(SIZE, b"\x80" + b"\x7f" * 11), "out of all bounds"),
        (forged(SIZE, b"nonsense"), "is none"),
        (forged(SIZE, b"77777777"), "in the middle of a file"),
        (archive(("abc", 3, b"0"))[:700], "in the middle of a file"),
        (archive(("abc", 0, b"0"))[:300], "in the middle of a header"),
        (b"\x01" * BLOCK, "in a header is none"),
        (b"7" * 2 * BLOCK, "checksum"),
    ],
)
def test_damage_is_told(data: bytes, words: str) -> None:
    with pytest.raises(DamagedTarError, match=words):
        read(data)


@pytest.mark.parametrize("flag", [b"x", b"L", b"K", b"g"])
def test_an_endless_extended_header_is_refused_before_it_is_read(flag: bytes) -> None:
    data = bytearray(forged(FLAG, flag))
    data[SIZE] = b"\x80" + (1 << 40).to_bytes(11, "big")
    source = Source(pieces(bytes(resum(data)), 512))
    with pytest.raises(DamagedTarError, match="extended header of"):
        list(headers(source))
    assert source.taken == BLOCK


@pytest.mark.parametrize(
    "record",
    [b"99 path=x\n", b"path=x\n", b"6 path\n", b"0 =\n", b"12 size=-55\n\n", b"11 mtime=x\n", b"13 size=1e999\n"],
)
def test_extended_headers_without_sense_are_told(record: bytes) -> None:
    data = bytearray(archive(("abc", 0, b"0"), form=tarfile.PAX_FORMAT))
    head = bytearray(forged(FLAG, b"x")[:BLOCK])
    head[SIZE] = b"%011o\0" % len(record)
    whole = bytes(resum(head)) + record.ljust(BLOCK, b"\0") + bytes(data)
    if record.startswith(b"99"):  # longer than what there is: taken as far as it goes
        assert read(whole)[0].name == "x"
        return
    with pytest.raises(DamagedTarError):
        read(whole)


def test_a_sparse_file_has_the_size_that_it_seems_to_have() -> None:
    data = bytearray(archive(("abc", 0, b"0"), ("next", 1, b"0"), form=tarfile.GNU_FORMAT))
    data[156:157] = b"S"
    data[483:495] = b"%011o\0" % 5000
    data[482] = 1
    more = bytearray(BLOCK)
    whole = bytes(resum(data)[:BLOCK]) + bytes(more) + bytes(data[BLOCK:])
    assert [(one.name, one.size) for one in read(whole)] == [("abc", 5000), ("next", 1)]


def test_a_tar_is_told_by_how_it_begins() -> None:
    assert is_header(archive(("a", 0, b"0"))[:BLOCK])
    assert is_header(bytes(BLOCK))
    assert not is_header(b'{"a": 1}'.ljust(BLOCK))
    assert not is_header(b"\0" * 100)


def test_a_hundred_thousand_headers_take_no_time() -> None:
    # Bounded by what is read, not by a clock: each header is looked at once.
    data = archive(("a", 1, b"0"))[: 2 * BLOCK]
    source = Source(data for _ in range(100_000))
    assert sum(1 for _ in headers(source)) == 100_000
    assert source.taken == 100_000 * 2 * BLOCK
    assert tar_headers.LONGEST_EXTENSION <= 1 << 20
