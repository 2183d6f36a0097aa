"""Secrets masked in what leaves the machine."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cdbg_tui.model.masking import Masks, visible
from cdbg_tui.model.text import MASK

DETAILS: dict[str, Any] = {
    "Args": ["--password", "argsecret", "--api-key=keysecret", "sh"],
    "Config": {
        "Env": [
            "DB_PASSWORD=envsecret",
            "URL=postgres://u:urlsecret@db/x",
            "PIN_TOKEN=12",
            "A=ok",
            "MULTI_KEY=a\nb",
        ],
        "Labels": {"api.token": "labelsecret"},
    },
    "AuthToken": 123456,
    "State": {"Health": {"Log": [{"Output": "Authorization: Bearer healthsecret\nfine\n"}]}},
}
SECRETS = ("argsecret", "keysecret", "envsecret", "urlsecret", "labelsecret", "healthsecret", "123456")


def test_json_keeps_its_shape_and_loses_its_secrets() -> None:
    masks = Masks(DETAILS)
    told = masks.json(DETAILS)
    assert not [one for one in SECRETS if one in str(told)]
    assert told["Args"] == ["--password", MASK, f"--api-key={MASK}", "sh"]
    assert told["Config"]["Env"] == [
        f"DB_PASSWORD={MASK}",
        f"URL=postgres://u:{MASK}@db/x",
        f"PIN_TOKEN={MASK}",
        "A=ok",
        f"MULTI_KEY={MASK}",
    ]
    assert told["State"]["Health"]["Log"][0]["Output"].endswith("\nfine\n")


@pytest.mark.parametrize("secret", SECRETS[:6])
def test_a_known_secret_is_masked_wherever_it_stands(secret: str) -> None:
    assert Masks(DETAILS).text(f"the word is {secret}!") == f"the word is {MASK}!"


def test_a_secret_is_known_in_a_url_and_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG\n-----END KEY-----"
    masks = Masks({"Env": ["A_PASSWORD=p@ss w/rd", f"PRIVATE_KEY={key}"]})
    assert masks.text("u:p%40ss%20w%2Frd@h") == f"u:{MASK}@h"
    assert masks.text("  MIIBVgIBADANBgkqhkiG") == f"  {MASK}"


def test_what_is_everywhere_is_no_secret_elsewhere() -> None:
    masks = Masks({"Env": ["A_PASSWORD=no", "B_TOKEN=postgres", "C_SECRET=false"]}, besides=("postgres",))
    assert masks.count == 0
    assert masks.text("postgres says no: false") == "postgres says no: false"


def test_an_escape_sequence_hides_no_secret() -> None:
    assert "s3cret" not in Masks({}).text("PASS\x1b[0mWORD=s3cret")
    assert "envse" not in Masks(DETAILS).text("en\x1b[1mvsecret")


def test_invalid_bytes_and_controls_stay_visible() -> None:
    assert visible(b"bad \xff\xfe \x1b[2J\ttab \xc3\xa4 \xe2\x80\xae") == "bad \\xff\\xfe \\x1b[2J\ttab ä \\u202e"


def test_a_megabyte_is_masked_in_no_time() -> None:
    began = time.process_time()
    for text in ("x", '"', "a=", "x://y:", "password=", "envsecret"):
        Masks(DETAILS).text(text * (1_000_000 // len(text)))
        Masks({"Config": {"Env": [f"A={text * (200_000 // len(text))}"]}})
    assert time.process_time() - began < 6
