"""Paths as Go templates; that they print the same as the JSON is tested on an engine."""

from __future__ import annotations

import pytest

from cdbg_tui.model.details import Entry, nodes
from cdbg_tui.model.template import go_template


@pytest.mark.parametrize(
    ("path", "value", "template"),
    [
        (".State.ExitCode", "137", "{{.State.ExitCode}}"),
        (".Mounts[0].Source", "/a", "{{(index .Mounts 0).Source}}"),
        (
            '.Config.Labels["com.docker.compose.project"]',
            "shop",
            '{{index .Config.Labels "com.docker.compose.project"}}',
        ),
        (".Config.Env", None, "{{json .Config.Env}}"),
        (".Config.Env[3]", "A=b", "{{index .Config.Env 3}}"),
        (
            '.NetworkSettings.Ports["80/tcp"][0].HostPort',
            "8080",
            '{{(index .NetworkSettings.Ports "80/tcp" 0).HostPort}}',
        ),
        (".Config.Entrypoint", "null", "{{json .Config.Entrypoint}}"),
        ('.["odd key"]', "x", '{{index . "odd key"}}'),
        (".Config.Healthcheck.Interval", "5", "{{json .Config.Healthcheck.Interval}}"),
        (".State.Health.Log[2].Start", "t", "{{json (index .State.Health.Log 2).Start}}"),
        (".", None, "{{json .}}"),
        ("", "derived", ""),
    ],
)
def test_paths_as_templates(path: str, value: str | None, template: str) -> None:
    assert go_template(Entry("key", value, path=path)) == template


def test_a_hostile_key_stays_within_its_quotes() -> None:
    [top] = nodes({"Labels": {'a"}}{{.Id}}[0]\\': "x"}})
    assert go_template(top.children[0]) == '{{index .Labels "a\\"}}{{.Id}}[0]\\\\"}}'


def test_one_of_several_mounts_is_named_by_its_destination() -> None:
    details = {"Mounts": [{"Destination": "/a"}, {"Destination": '/b"'}]}
    one = Entry("Source", "/x", path=".Mounts[1].Source")
    assert go_template(one, details) == (
        '{{range .Mounts}}{{if eq .Destination "/b\\""}}{{.Source}}{{end}}{{end}}'
    )
    whole = Entry("/a", "bind /x", path=".Mounts[0]")
    assert go_template(whole, details) == '{{range .Mounts}}{{if eq .Destination "/a"}}{{json .}}{{end}}{{end}}'
    assert go_template(one, {"Mounts": [{"Destination": "/a"}]}) == "{{(index .Mounts 1).Source}}"
