"""What is worth telling of a container that works: secrets, rights, waste, an image that is gone."""

from __future__ import annotations

from typing import Any

import pytest

from cdbg_tui.model.finding import Certainty, Weight
from cdbg_tui.triage.evidence import Evidence, Layer
from tests.unit.seen import causes, evidence, findings, found


def running(config: dict[str, Any] | None = None, host: dict[str, Any] | None = None, **fields: Any) -> Evidence:
    return evidence("running", config=config, host=host, fields=fields)


def test_secrets_are_named_and_never_shown() -> None:
    env = ["PGPASSWORD=hunter2", "API_TOKEN=abcdefgh", "LOG_LEVEL=info"]
    image = {"Config": {"Env": ["API_TOKEN=abcdefgh"]}}
    [finding] = findings(running({"Env": env}, image=image))
    assert (finding.cause, finding.weight) == ("secrets-in-env", Weight.NOTE)
    assert "PGPASSWORD" in finding.explanation
    assert "API_TOKEN by whoever has the image" in finding.explanation
    assert "hunter2" not in repr(finding)
    assert "abcdefgh" not in repr(finding)


@pytest.mark.parametrize(
    "line",
    [
        "POSTGRES_PASSWORD_FILE=/run/secrets/pw",
        "SECRET_KEY=",
        "TOKEN_TTL=300",
        "API_KEY_HEADER=X-Api-Key",
        "USE_AUTH=true",
        "PWD=/srv",
    ],
)
def test_what_only_sounds_like_a_secret_is_none(line: str) -> None:
    assert causes(running({"Env": [line]})) == []


@pytest.mark.parametrize(
    ("host", "mounts"),
    [
        ({"Privileged": True}, []),
        ({"CapAdd": ["CAP_SYS_ADMIN"]}, []),
        ({"SecurityOpt": ["seccomp=unconfined"]}, []),
        ({"SecurityOpt": ["apparmor:unconfined"]}, []),
        ({"PidMode": "host"}, []),
        ({}, [{"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/s", "RW": False}]),
        ({}, [{"Type": "bind", "Source": "/etc/", "Destination": "/host", "RW": True}]),
    ],
)
def test_rights_over_the_machine(host: dict[str, Any], mounts: list[dict[str, Any]]) -> None:
    seen = evidence("running", host=host, details={"Mounts": mounts})
    assert causes(seen) == ["risky-config"]


@pytest.mark.parametrize(
    ("host", "mounts"),
    [
        ({"CapAdd": ["NET_BIND_SERVICE"], "NetworkMode": "host", "SecurityOpt": ["no-new-privileges"]}, []),
        ({}, [{"Type": "bind", "Source": "/etc/localtime", "Destination": "/etc/localtime", "RW": False}]),
        ({}, [{"Type": "volume", "Source": "/var/lib/docker/volumes/x/_data", "Destination": "/d", "RW": True}]),
    ],
)
def test_ordinary_rights_are_no_risk(host: dict[str, Any], mounts: list[dict[str, Any]]) -> None:
    assert causes(evidence("running", host=host, details={"Mounts": mounts})) == []


MIB = 1 << 20


def image_of(*layers: tuple[str, int]) -> Evidence:
    return running(
        layers=tuple(Layer(*layer) for layer in layers), image={"Size": sum(size for _, size in layers)}
    )


def test_what_a_later_layer_deletes_is_waste() -> None:
    seen = image_of(
        ("/bin/sh -c #(nop) COPY file:8d3f in /srv/train.csv ", 60 * MIB),
        ("RUN /bin/sh -c make # buildkit", 20 * MIB),
        ("RUN /bin/sh -c rm -rf /srv/train.csv # buildkit", 0),
    )
    finding = found(seen, "image-bloat")
    assert (finding.certainty, "60.0 MiB" in finding.title) == (Certainty.LIKELY, True)
    assert "/srv/train.csv" in finding.explanation


def test_a_repository_in_the_image_is_waste() -> None:
    assert causes(image_of(("COPY .git /srv/.git # buildkit", 30 * MIB), ("RUN make", MIB))) == ["image-bloat"]


@pytest.mark.parametrize(
    "layers",
    [
        (("ADD rootfs.tar.xz / # buildkit", 80 * MIB), ("COPY app /srv/app", 40 * MIB)),
        (("RUN apt-get install -y curl && rm -rf /var/lib/apt/lists/*", 60 * MIB),),
        (("COPY a.txt /srv/a.txt", MIB), ("RUN rm /srv/a.txt", 0)),
        (("COPY data /srv/data", 60 * MIB), ("RUN rm -rf /tmp/build", 0)),
    ],
)
def test_a_tidy_image_is_none(layers: tuple[tuple[str, int], ...]) -> None:
    assert causes(image_of(*layers)) == []


def test_caches_that_nobody_cleaned_are_possible_and_no_verdict() -> None:
    seen = image_of(("RUN apt-get update && apt-get install -y gcc", 90 * MIB))
    assert found(seen, "image-bloat").certainty is Certainty.POSSIBLE


def test_an_image_that_is_gone_is_more_than_the_good_end() -> None:
    seen = evidence("exited", 0, fields={"image_is_gone": True})
    assert causes(seen) == ["removed-image", "clean-exit"]
