"""The plan of a debug image: what is built, what is run in the target's place, what is cleaned up."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from cdbg_tui.engine.debug_ground import Ground
from cdbg_tui.engine.remains import Remains
from cdbg_tui.engine.toolbox import Strace, Toolbox
from cdbg_tui.model.packages import BY_NAME
from cdbg_tui.sessions.debug_image import Base, Choices, Start, Tools, debug_plan, dockerfile_of
from cdbg_tui.sessions.pane import plan_of
from cdbg_tui.sessions.plan import Plan, Refusal

BOX = Toolbox("/bin/busybox", "busybox:musl")


def docker(*words: str) -> tuple[str, ...]:
    return ("docker", *words)


def details(status: str = "exited", **config: Any) -> dict[str, Any]:
    return {
        "Id": "ab" * 32,
        "Name": "/api",
        "Image": "sha256:" + "cd" * 32,
        "Path": "/app/serve",
        "Args": ["--port", "80"],
        "State": {"Status": status},
        "Config": {"Image": "shop/api:3", "User": "1000", "Env": ["OF=image", "MINE=1"], **config},
        "HostConfig": {"Memory": 1 << 20},
        "Mounts": [{"Type": "volume", "Name": "v", "Destination": "/data", "RW": True}],
    }


def ground(status: str = "exited", **more: Any) -> Ground:
    found = Remains(details(status), shell="/bin/bash", networks=("bridge",))
    apt = BY_NAME["apt-get"]
    return replace(Ground(found, image="shop/api:3", user="app", env=("OF=image",), manager=apt), **more)


def planned(of: Ground, choices: Choices | None = None, edited: str = "") -> Plan:
    made = debug_plan(of, docker, "ab12", choices or Choices(), edited)
    assert isinstance(made, Plan), made
    return made


def bare(**more: Any) -> Ground:
    of = ground(manager=None, **more)
    return replace(of, found=replace(of.found, shell=None, toolbox=BOX))


class TestPlan:
    def test_is_one_command_that_can_be_pasted(self) -> None:
        lines = planned(ground()).commands().splitlines()
        assert lines[0] == ("env DOCKER_BUILDKIT=0 docker build --force-rm --tag cdbg-debug/api:ab12 - <<'END' &&")
        assert lines[1] == "FROM shop/api:3"
        assert lines[2].startswith("LABEL dev.cdbg.session=debug dev.cdbg.target=abab")
        assert lines[lines.index("END") + 1].startswith("docker run -it ")
        assert lines[-1] == "docker image prune --force --filter label=dev.cdbg.build=cdbg-api-ab12"

    def test_the_end_of_the_dockerfile_is_not_in_it(self) -> None:
        text = planned(ground(), edited="FROM a\nEND\nEND.\n").commands()
        assert " <<'END..' &&\n" in text
        assert "\nEND..\ndocker run" in text

    def test_gives_the_copy_what_the_image_does_not_have(self) -> None:
        words = planned(ground()).argv
        for pair in (("--user", "1000"), ("--env", "MINE=1"), ("--memory", str(1 << 20))):
            assert pair in itertools.pairwise(words)
        assert "OF=image" not in words
        assert words[-3:] == ("--entrypoint", "/bin/bash", "cdbg-debug/api:ab12")

    def test_removes_what_it_made_whatever_became_of_the_build(self) -> None:
        plan = planned(ground(), Choices(base=Base.FILES))
        removed = [" ".join(argv[1:]) for argv in plan.cleanup]
        assert removed == [
            "rm --force cdbg-api-ab12",
            "rmi cdbg-debug/api:ab12",
            "rmi cdbg-debug/api:ab12-files",
            "image prune --force --filter label=dev.cdbg.build=cdbg-api-ab12",
        ]

    def test_says_that_a_running_one_runs_on(self) -> None:
        assert "api runs on beside it." in planned(ground("running")).banner[0]
        assert "runs on" not in planned(ground()).banner[0]

    def test_comes_whole_through_a_socket(self) -> None:
        plan = planned(ground())
        assert plan_of(json.loads(json.dumps(asdict(plan)))) == plan

    def test_a_running_one_is_not_paused_for_its_files(self) -> None:
        build = planned(ground("running"), Choices(base=Base.FILES)).build
        assert build is not None
        assert build.before[0][:3] == ("docker", "commit", "--pause=false")
        assert build.dockerfile.startswith("FROM cdbg-debug/api:ab12-files\n")

    def test_without_its_image_its_files_are_exported(self) -> None:
        of = ground(image="")
        build = planned(replace(of, found=replace(of.found, has_image=False))).build
        assert build is not None
        assert [argv[1] for argv in build.before if argv[0] == "docker"] == ["export", "import"]
        assert build.dockerfile.startswith("FROM cdbg-debug/api:ab12-files\n")


class TestEdited:
    def test_is_built_in_place_of_ours(self) -> None:
        build = planned(ground(), edited="FROM other\nRUN x\n").build
        assert build is not None
        assert build.dockerfile.startswith("FROM other\nLABEL dev.cdbg.session=debug ")
        assert build.dockerfile.endswith("\nRUN x\n")

    def test_one_that_was_kept_gets_the_files_of_now(self) -> None:
        build = planned(ground(), edited="FROM cdbg-debug/api:77ff-files\nRUN x\n").build
        assert build is not None
        assert build.dockerfile.startswith("FROM cdbg-debug/api:ab12-files\n")
        assert build.before[0][1] == "commit"

    def test_what_cannot_be_built_is_refused(self) -> None:
        made = debug_plan(ground(), docker, "ab12", edited="RUN x\n")
        assert isinstance(made, Refusal)
        assert "no FROM" in made.sentence


class TestTools:
    def test_packages_come_first(self) -> None:
        assert "apt-get install" in str(dockerfile_of(ground(), "ab12"))
        assert "      jq \\\n" in str(dockerfile_of(ground(), "ab12", Choices(packages=("jq",))))

    def test_then_all_that_can_be_copied(self) -> None:
        assert "COPY --from=busybox:musl" in str(dockerfile_of(bare(), "ab12"))
        carried = {"strace": Strace("/usr/bin/strace", "tools:1", "/lib/ld.so", "amd64")}
        text = str(dockerfile_of(bare(carried=carried, toolbox="tools:1"), "ab12"))
        assert "COPY --from=tools:1 / /.cdbg/toolbox/" in text
        assert "exec /.cdbg/toolbox/lib/ld.so --library-path" in text

    def test_a_static_one_is_the_shell_where_there_is_none(self) -> None:
        argv = planned(bare()).argv
        assert argv[argv.index("--entrypoint") + 1] == "/.cdbg/bin/busybox"
        assert argv[-1] == "PATH=$PATH:/.cdbg/bin; export PATH; exec /.cdbg/bin/busybox sh"

    def test_one_of_this_machine_is_made_an_image(self) -> None:
        of = bare()
        build = planned(replace(of, found=replace(of.found, toolbox=Toolbox("/usr/bin/busybox")))).build
        assert build is not None
        assert "COPY --from=cdbg-debug/api:ab12-busybox /busybox /.cdbg/bin/busybox" in build.dockerfile
        assert build.before[0][0] == "tar"
        assert build.before[0][-2:] == ("/usr/bin", "busybox")

    @pytest.mark.parametrize(
        ("of", "choices", "words"),
        [
            (bare(), Choices(tools=Tools.PACKAGES), "has no package manager"),
            (ground(), Choices(tools=Tools.BUSYBOX), "there is no static busybox"),
            (bare(toolbox="tools:1"), Choices(tools=Tools.TOOLBOX), "tools:1 is not here"),
            (ground(), Choices(packages=("jq", "a;b")), "a;b is no name of a package"),
            (bare(), Choices(start=Start.STRACE), "no strace in it"),
            (replace(ground(), found=Remains(details("removing"))), Choices(), "is being removed"),
        ],
    )
    def test_what_there_is_not_is_told_before(self, of: Ground, choices: Choices, words: str) -> None:
        made = debug_plan(of, docker, "ab12", choices)
        assert isinstance(made, Refusal)
        assert words in made.sentence


def test_the_original_command_is_run_first_on_demand() -> None:
    argv = planned(ground(), Choices(start=Start.STRACE)).argv
    assert argv[-6:] == ("cdbg", "strace", "-f", "/app/serve", "--port", "80")
    argv = planned(ground(), Choices(start=Start.ORIGINAL)).argv
    assert argv[-4:] == ("cdbg", "/app/serve", "--port", "80")
