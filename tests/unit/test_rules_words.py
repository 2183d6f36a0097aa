"""How it ended is told by its own words where nothing else can tell, and quoted where no cause is known."""

# ruff: noqa: E501 - lines stand as programs write them

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdbg_tui.model.finding import Certainty, Weight
from cdbg_tui.triage.evidence import Line
from tests.unit.seen import evidence
from tests.unit.test_rules_lacks import VOLUME, dead, found, the_one

LIBRARY = {**VOLUME, "Destination": "/var/lib/app"}


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("/entry.sh: line 4: jq: command not found", 127, "jq"),
        ("/entry.sh: 4: jq: not found", 127, "jq"),
        ("/entry.sh: line 4: jq: not found", 127, "jq"),
        ("sh: 1: jq: not found", 127, "jq"),
        ("sh: jq: not found", 127, "jq"),
        ("/bin/sh: jq: not found", 127, "jq"),
        ("zsh:1: command not found: jq", 127, "jq"),
        ("env: 'jq': No such file or directory", 127, "jq"),
        ("/usr/bin/env: ‘jq’: No such file or directory", 127, "jq"),
        ("env: can't execute 'jq': No such file or directory", 127, "jq"),
        ('exec: "jq": executable file not found in $PATH', 1, "jq"),
        ('error: exec: "jq": executable file not found in $PATH', 1, "jq"),
        ("[FATAL tini (7)] exec jq failed: No such file or directory", 127, "jq"),
        ("su-exec: jq: No such file or directory", 1, "jq"),
        ("timeout: failed to run command ‘jq’: No such file or directory", 127, "jq"),
        ("nohup: failed to run command 'jq': No such file or directory", 127, "jq"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'jq'", 1, "jq"),
        ("Error: spawn jq ENOENT", 1, "jq"),
        ("run.rb:1:in `spawn': No such file or directory - jq (Errno::ENOENT)", 1, "jq"),
        ('java.io.IOException: Cannot run program "jq": error=2, No such file or directory', 1, "jq"),
        ("make: jq: No such file or directory\nmake: *** [Makefile:2: all] Error 127", 2, "jq"),
        ("Error: jq not found in PATH", 1, "jq"),
        ("/app/tool.sh: /usr/bin/perl5: bad interpreter: No such file or directory", 126, "/usr/bin/perl5"),
        ("s6-supervise: warning: unable to exec jq: No such file or directory", 127, "jq"),
    ],
)
def test_a_command_that_is_not_there_is_named(text: str, code: int, name: str) -> None:
    finding = the_one(dead(text, code))
    assert finding.cause == "command-not-found"
    assert finding.title == f"{name}: command not found"


def test_windows_line_ends_are_seen_in_the_name_of_a_command() -> None:
    assert "CRLF" in the_one(dead("/entry.sh: line 2: $'\\r': command not found", 127)).explanation


def test_a_file_that_may_not_be_executed_is_not_a_missing_command() -> None:
    finding = the_one(dead("/entry.sh: line 4: /app/tool: Permission denied", 126))
    assert finding.cause == "not-executable"
    assert "/app/tool" in finding.title


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("Error: listen EADDRINUSE: address already in use :::3000\n    at Server.listen\n  port: 3000\n}", "3000"),
        ("OSError: [Errno 98] Address already in use", ""),
        ("[Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use", "8000"),
        ("panic: listen tcp :8080: bind: address already in use", "8080"),
        ("listen tcp4 0.0.0.0:8080: bind: address already in use", "8080"),
        ("java.net.BindException: Address already in use (Bind failed)", ""),
        ("Web server failed to start. Port 8080 was already in use.", "8080"),
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "80"),
        ("(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80", "80"),
        ("Error: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }", ""),
        ("Address already in use - bind(2) for \"0.0.0.0\" port 3000 (Errno::EADDRINUSE)", "3000"),
        ("System.IO.IOException: Failed to bind to address http://0.0.0.0:5000: address already in use.", "5000"),
        ("# Could not create server TCP listening socket *:6379: bind: Address already in use", "6379"),
        ("[ERROR] Do you already have another mysqld server running on port: 3306 ?", "3306"),
        ('FATAL: could not bind IPv4 address "0.0.0.0": Address already in use\nHINT: Is another postmaster already '
         "running on port 5432?", "5432"),
        ("[ERROR] Connection in use: ('0.0.0.0', 8000)", "8000"),
        ("Port 5000 is in use by another program.", "5000"),
        ("Error: That port is already in use.", ""),
        ("[ALERT] Starting frontend web: cannot bind socket (Address already in use) [0.0.0.0:80]", "80"),
        ("starting on 9090\nhttpd: bind: Address already in use", "9090"),
        ("[error] Failed to start Ranch listener: {:error, :eaddrinuse}", ""),
    ],
)  # fmt: skip
def test_a_port_that_is_taken_is_named(text: str, port: str) -> None:
    finding = the_one(dead(text))
    assert finding.cause == "port-conflict"
    assert finding.title == (f"Port {port} is already in use" if port else "Its port is already in use")


def test_a_port_may_be_taken_by_whoever_shares_the_network() -> None:
    text = "listen tcp :8080: bind: address already in use"
    assert "machine" in the_one(dead(text, host={"NetworkMode": "host"})).explanation
    assert "shares the network of vpn" in the_one(dead(text, host={"NetworkMode": "container:vpn"})).explanation
    assert "two servers" in the_one(dead(text)).explanation


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat A.b(A.java:3)', 1),
        ("Terminating due to java.lang.OutOfMemoryError: Java heap space", 3),
        ("java.lang.OutOfMemoryError: GC overhead limit exceeded", 1),
        ("Error occurred during initialization of VM\nCould not reserve enough space for 4194304KB object heap", 1),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb7 node::Abort", 134),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", 139),
        ("fatal error: runtime: out of memory\n\nruntime stack:", 2),
        ("runtime: cannot allocate memory", 2),
        ("Traceback (most recent call last):\n  File \"a.py\", line 1\nMemoryError", 1),
        ("numpy.core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB for an array with shape (9,)", 1),
        ("PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)", 255),
        ("run.rb:2:in `*': failed to allocate memory (NoMemoryError)", 1),
        ("Out of memory.", 134),
        ("Unhandled exception. System.OutOfMemoryException: Exception of type was thrown.", 134),
        ("memory allocation of 8589934592 bytes failed", 134),
        ("terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc", 139),
        ("Out of memory!", 1),
        ("fork: Cannot allocate memory", 1),
        ("OSError: [Errno 12] Cannot allocate memory", 1),
        ("eheap_alloc: Cannot allocate 1048576 bytes of memory (of type \"heap\").", 1),
        ("Error: cannot allocate vector of size 2.0 Gb", 1),
        ("lua: not enough memory", 1),
    ],
)  # fmt: skip
def test_a_full_heap_is_told_in_the_words_of_its_runtime(text: str, code: int) -> None:
    finding = the_one(dead(text, code, host={"Memory": 268435456}))
    assert finding.cause == "app-oom"
    assert "256.0 MiB" in finding.explanation


def test_a_heap_that_the_kernel_ended_is_not_the_programs_account() -> None:
    seen = dead("java.lang.OutOfMemoryError: Java heap space", 1, OOMKilled=True)
    assert "app-oom" not in [finding.cause for finding in found(seen)]


def test_a_heap_setting_is_quoted() -> None:
    seen = dead("java.lang.OutOfMemoryError: Java heap space", env=["JAVA_OPTS=-Xmx64m"])
    assert "-Xmx64m" in the_one(seen).explanation


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("Error: unknown flag: --verbos\nUsage:\n  api serve [flags]", 1, "--verbos"),
        ("Error: unknown shorthand flag: 'x' in -x", 1, "-x"),
        ('Error: unknown command "bash" for "api"\nRun \'api --help\' for usage.', 1, "bash"),
        ("flag provided but not defined: -verbos\nUsage of api:", 2, "-verbos"),
        ("usage: api [-h] [--port PORT]\napi: error: unrecognized arguments: --prt 80", 2, "--prt"),
        ("api: error: argument command: invalid choice: 'bash' (choose from 'serve', 'migrate')", 2, "bash"),
        ("api: error: the following arguments are required: input", 2, ""),
        ("Usage: api [OPTIONS]\nTry 'api --help' for help.\n\nError: No such option: --prt", 2, "--prt"),
        ("Error: No such command 'bash'.", 2, "bash"),
        ("Error: Missing option '--port'.", 2, "--port"),
        ("error: unexpected argument '--prt' found\n\nUsage: api --port <PORT>", 2, "--prt"),
        ("error: unrecognized subcommand 'bash'", 2, "bash"),
        ("api: unrecognized option '--prt'\nTry 'api --help' for more information.", 1, "--prt"),
        ("api: invalid option -- 'z'", 1, "z"),
        ("sleep: unrecognized option: prt\nBusyBox v1.35.0 multi-call binary.", 1, "prt"),
        ("error: unknown option '--prt'", 1, "--prt"),
        ("node: bad option: --prt", 9, "--prt"),
        ("Unrecognized option: -prt\nError: Could not create the Java Virtual Machine.", 1, "-prt"),
        ("Unrecognized VM option 'UseFooGC'", 1, "UseFooGC"),
        ("/app/run.rb:3: invalid option: --prt (OptionParser::InvalidOption)", 1, "--prt"),
        ("Unrecognized command or argument 'bash'.", 1, "bash"),
        ('  Command "bash" is not defined.  ', 1, "bash"),
        ("Unknown option: '--prt'", 2, "--prt"),
        ("mysqld: unknown option '--prt'", 1, "--prt"),
        ("Usage: report INPUT OUTPUT", 64, ""),
        ("api: too many arguments", 2, ""),
    ],
)  # fmt: skip
def test_arguments_that_are_not_understood_are_named(text: str, code: int, word: str) -> None:
    finding = the_one(dead(text, code))
    assert finding.cause == "bad-arguments"
    assert finding.title == (f"Does not know “{word}”" if word else "Wrong arguments")


def test_an_argument_that_stands_in_the_command_line_is_certain() -> None:
    details = {"Path": "/entry", "Args": ["bash"]}
    seen = dead("unknown command: bash", 1)
    seen = replace(seen, details={**seen.details, **details, "Config": {**seen.config, "Entrypoint": ["/entry"]}})
    finding = the_one(seen)
    assert finding.cause == "bad-arguments"
    assert finding.certainty is Certainty.CERTAIN
    assert any("--entrypoint" in step.text for step in finding.next)


def test_a_secret_argument_is_not_repeated_in_words_of_our_own() -> None:
    finding = the_one(dead("error: unexpected argument '--password=hunter2' found", 2))
    assert "hunter2" not in finding.title + finding.explanation


@pytest.mark.parametrize(
    ("text", "capability"),
    [
        ("chown: /var/lib/x: Operation not permitted", "CHOWN"),
        ("chmod: changing permissions of '/x': Operation not permitted", "FOWNER"),
        ("PermissionError: [Errno 1] Operation not permitted: socket", "NET_RAW"),
        ("ping: socket: Operation not permitted", "NET_RAW"),
        ("gosu: setgroups: operation not permitted", "SETGID"),
        ("setuid: Operation not permitted", "SETUID"),
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)", "NET_BIND_SERVICE"),
        ("listen tcp :443: bind: permission denied", "NET_BIND_SERVICE"),
        ("Error: listen EACCES: permission denied 0.0.0.0:80", "NET_BIND_SERVICE"),
        ("(13)Permission denied: AH00072: make_sock: could not bind to address 0.0.0.0:80", "NET_BIND_SERVICE"),
        ("cat: /etc/shadow: Permission denied", "DAC_OVERRIDE"),
    ],
)
def test_a_capability_that_was_dropped_is_named(text: str, capability: str) -> None:
    finding = the_one(dead(text, host={"CapDrop": ["ALL"]}))
    assert finding.cause == "capability-missing"
    assert finding.title == f"Needs CAP_{capability}"
    assert finding.certainty is Certainty.CERTAIN
    assert any(f"--cap-add {capability}" in step.text for step in finding.next)


@pytest.mark.parametrize(
    ("text", "capability"),
    [
        ("mount: /mnt: permission denied.\nmount: Operation not permitted", "SYS_ADMIN"),
        ("iptables v1.8.9 (nf_tables): Operation not permitted", "NET_ADMIN"),
        ("RTNETLINK answers: Operation not permitted", "NET_ADMIN"),
        ("unshare: unshare failed: Operation not permitted", "SYS_ADMIN"),
        ("date: cannot set date: Operation not permitted", "SYS_TIME"),
        ("strace: attach: ptrace(PTRACE_SEIZE, 7): Operation not permitted", "SYS_PTRACE"),
        ("hostname: sethostname: Operation not permitted", "SYS_ADMIN"),
        ("Error: CAP_NET_ADMIN is needed: operation not permitted", "NET_ADMIN"),
    ],
)
def test_a_capability_that_no_container_has_by_itself_is_named(text: str, capability: str) -> None:
    finding = the_one(dead(text))
    assert finding.cause == "capability-missing"
    assert finding.title == f"Needs CAP_{capability}"


def test_a_capability_that_was_given_is_not_missing() -> None:
    seen = dead("iptables: Operation not permitted", host={"CapAdd": ["NET_ADMIN"]})
    assert the_one(seen).cause == "app-error"


def test_a_user_other_than_root_has_no_capabilities() -> None:
    finding = the_one(dead("chown: /srv: Operation not permitted", user="1000"))
    assert finding.cause == "capability-missing"
    assert "user 1000" in finding.explanation


def test_a_mount_that_belongs_to_another_is_no_missing_capability() -> None:
    seen = dead("chown: /data: Operation not permitted", user="1000", mounts=[VOLUME])
    assert the_one(seen).cause == "permission-denied-volume"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("level=info msg=up\nlevel=error msg=\"row 7: odd\" \nlevel=fatal msg=\"import aborted\"", "import aborted"),
        ("Traceback (most recent call last):\n  File \"a.py\", line 3\n    x()\nacme.Oops: tea is cold", "tea is cold"),
        ("panic: no tea\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:3 +0x1\nexit status 2", "panic: no tea"),
        ('Exception in thread "main" java.lang.RuntimeException: outer\n\tat A.b(A.java:1)\nCaused by: x.Middle: m\n\t... 2 '
         "more\nCaused by: x.Inner: no tea\n\t... 3 more", "Inner: no tea"),
        ("node:internal/process:1\n      throw err;\n      ^\n\nError: no tea\n    at a.js:3\n\nNode.js v20.1.0", "no tea"),
        ("thread 'main' panicked at src/main.rs:3:5:\nno tea\nnote: run with `RUST_BACKTRACE=1`", "no tea"),
        ("PHP Fatal error:  Uncaught Exception: no tea in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php", "no tea"),
        ("/a.rb:3:in `x': no tea (RuntimeError)\n\tfrom /a.rb:4:in `<main>'", "no tea"),
        ("** (RuntimeError) no tea\n    a.ex:3: A.b/0", "no tea"),
        ('{"level":"info","msg":"up"}\n{"level":"error","msg":"cannot go on","err":"no tea"}\n{"level":"info","msg":"bye"}',
         "cannot go on: no tea"),
        ("one\ntwo\nthe last line", "the last line"),
        ("brewing failed: no tea\nbye", "no tea"),
    ],
)  # fmt: skip
def test_an_error_is_quoted_in_the_programs_own_words(text: str, quote: str) -> None:
    finding = the_one(dead(text, 3))
    assert finding.cause == "app-error"
    assert finding.weight is Weight.FAULT
    assert quote.rpartition(": ")[2] in finding.explanation
    assert any(quote.rpartition(": ")[2] in proof.text for proof in finding.proof)


def test_without_a_word_only_the_code_is_known() -> None:
    finding = the_one(evidence("exited", 3))
    assert finding.cause == "app-error"
    assert finding.certainty is Certainty.POSSIBLE
    assert "exit code 3" in finding.explanation


def test_a_quoted_line_hides_the_secrets_of_the_environment() -> None:
    finding = the_one(dead("error: tea at hunter2hunter2 is cold", env=["TEA_TOKEN=hunter2hunter2"]))
    assert "hunter2" not in finding.title + finding.explanation


def test_standard_error_is_quoted_before_what_follows_it() -> None:
    lines = (Line("tea is cold", is_error=True), Line("10 cups served"))
    assert "tea is cold" in the_one(evidence("exited", 3, fields={"log": lines})).explanation


@pytest.mark.parametrize(
    "text",
    [
        "SQL error near 'x': unknown parameter y",
        "OOM score adjusted\nno memory errors",
        "GET /usage 200\nrow 7 is odd",
        "port 80 is closed: bye",
        "worker 3 not permitted to vote",
    ],
)
def test_what_only_sounds_alike_is_no_cause(text: str) -> None:
    assert the_one(dead(text, 3)).cause == "app-error"


def test_what_another_rule_explains_is_not_claimed_here() -> None:
    for text in ("dial tcp: lookup db: no such host", "connect ECONNREFUSED 10.0.0.2:5432"):
        assert the_one(dead(text)).cause == "app-error"


@pytest.mark.parametrize(
    ("cause", "text", "code", "more"),
    [
        ('missing-env-var', '[boot] environment is incomplete: SMTP_HOST missing', 1, {}),
        ('missing-env-var', '2026/01/01 main.go:22: REDIS_ADDR environment variable must be provided', 1, {}),
        ('missing-env-var', 'Error: Please define the MONGODB_URI environment variable inside .env.local', 1, {}),
        ('missing-env-var', 'worker: no value for required setting STRIPE_KEY', 1, {}),
        ('missing-env-var', "❌ Invalid environment variables: { API_BASE: [ 'Required' ] }", 1, {}),
        ('missing-env-var', 'start.sh: line 7: JWT_SECRET: JWT_SECRET must be given', 1, {}),
        ('missing-env-var', '/start: 3: : AWS_REGION: not set', 2, {}),
        ('missing-env-var', 'Config error: AWS_REGION: expected string, received undefined', 1, {}),
        ('bad-env-value', "ERROR bad timezone 'Mars/X' in TZ", 1, {'env': ['TZ=Mars/X']}),
        ('bad-env-value', 'Fatal: CACHE_TTL=soon is not a duration', 1, {'env': ['CACHE_TTL=soon']}),
        ('bad-env-value', "could not parse WORKERS='many' as integer", 1, {'env': ['WORKERS=many']}),
        ('bad-env-value', "invalid port number: 'http'", 1, {'env': ['LISTEN_PORT=http']}),
        ('bad-env-value', "thread 'main' panicked at src/main.rs:2:3:\nPORT must be a number: ParseIntError { kind: InvalidDigit }", 101, {'env': ['PORT=x1']}),
        ('bad-env-value', "sed: level 'chatty' not recognised", 1, {'env': ['LEVEL=chatty']}),
        ('missing-file-or-dir', 'Error loading model: /models/v3.bin not found', 1, {}),
        ('missing-file-or-dir', "mkdir: can't create directory '/srv/a/b': No such file or directory", 1, {}),
        ('missing-file-or-dir', 'failed to read license file /opt/lic.dat: does not exist', 1, {}),
        ('missing-file-or-dir', "tail: can't open '/srv/q.txt': No such file or directory\ntail: no files", 1, {}),
        ('missing-file-or-dir', 'sqlite3.OperationalError: no such file /srv/a', 1, {}),
        ('missing-config', 'yq: open settings.yaml: no such file or directory', 1, {}),
        ('missing-config', 'cannot read configuration: stat /etc/x/y.conf: no such file or directory', 1, {}),
        ('missing-config', 'FATAL: config file /srv/gw.toml is missing', 1, {}),
        ('missing-config', 'No configuration found at /opt/a/b. Exiting.', 1, {}),
        ('config-invalid', "gateway: /etc/gw/gw.json:4: unexpected ','", 1, {}),
        ('config-invalid', "Error in configuration: unknown key 'prot' on line 3", 1, {}),
        ('config-invalid', "parse error in /etc/app/rules.conf at line 12 near 'alow'", 1, {}),
        ('config-invalid', "ERROR: could not parse /etc/sched/jobs.toml: expected '=' at 3:7", 1, {}),
        ('config-invalid', 'jq: parse error: Expected separator between values at line 4, column 3 (/etc/app/config.json)', 2, {}),
        ('config-invalid', 'config validation failed: server.port is required', 1, {}),
        ('permission-denied-volume', 'app: cannot open database /var/lib/app/db.sqlite: Permission denied', 1, {'user': 'app', 'mounts': [LIBRARY]}),
        ('permission-denied-volume', 'rsync: mkdir "/var/lib/app/in" failed: Permission denied (13)', 11, {'user': '33', 'mounts': [LIBRARY]}),
        ('permission-denied-volume', 'tee: /var/lib/app/out: Permission denied', 1, {'user': '33', 'mounts': [LIBRARY]}),
        ('permission-denied-volume', "install: cannot create '/var/lib/app/x': Permission denied", 1, {'user': '33', 'mounts': [LIBRARY]}),
        ('readonly-rootfs-write', "mktemp: failed to create file via template '/tmp/tmp.X': Read-only file system", 1, {'host': {'ReadonlyRootfs': True}}),
        ('disk-full', 'tar: write error: No space left on device', 1, {}),
        ('disk-full', 'cp: write error: No space left on device', 1, {'host': {'Tmpfs': {'/t': 'size=2m'}}}),
        ('auth-failure', 'rabbit: connection closed: username or password not allowed', 1, {}),
        ('auth-failure', 'ldap_bind: Invalid credentials (49)', 49, {}),
        ('auth-failure', 'error: remote said 401 Unauthorized', 1, {}),
        ('auth-failure', "mysqldump: Got error: 1045: Access denied for user 'backup'@'%' (using password: NO)", 2, {}),
        ('auth-failure', 'mqtt: Connection Refused: not authorised.', 5, {}),
        ('auth-failure', "fatal: Authentication failed for 'https://git/x.git/'", 128, {}),
        ('auth-failure', 'login to vault failed: permission denied', 2, {}),
        ('command-not-found', '/docker-entrypoint.sh: 12: gosu: not found', 127, {}),
        ('command-not-found', './run: line 2: exec: gunicorn: not found', 127, {}),
        ('command-not-found', 'xargs: aws: No such file or directory', 127, {}),
        ('command-not-found', 'sudo: pg_dump: command not found', 1, {}),
        ('port-conflict', 'bind: Address in use', 1, {}),
        ('port-conflict', 'Failed to listen on :::9000 - port taken', 1, {}),
        ('port-conflict', 'nc: bind: Address already in use', 1, {}),
        ('app-oom', 'java.lang.OutOfMemoryError: Metaspace\nDumping heap', 1, {}),
        ('app-oom', 'Fatal Python error: MemoryError', 134, {}),
        ('app-oom', 'malloc: Cannot allocate memory', 1, {}),
        ('app-oom', 'tool: memory exhausted', 2, {}),
        ('bad-arguments', 'tool: unrecognised option: --colour\nusage: tool [-v] FILE', 1, {}),
        ('bad-arguments', 'ls: unrecognized option: foo', 1, {}),
        ('bad-arguments', "error: missing required argument 'input'", 1, {}),
        ('bad-arguments', "unknown mode 'srve'; expected serve or migrate", 64, {'args': ['srve']}),
        ('bad-arguments', 'runner: illegal option -- q\nusage: runner', 1, {}),
        ('capability-missing', 'mount: permission denied (are you root?)', 1, {}),
        ('capability-missing', 'ip: RTNETLINK answers: Operation not permitted', 2, {}),
        ('capability-missing', 'mknod: /dev/x: Operation not permitted', 1, {'host': {'CapDrop': ['MKNOD']}}),
        ('capability-missing', "su: can't set groups: Operation not permitted", 1, {'host': {'CapDrop': ['ALL']}}),
        ('capability-missing', 'hwclock: settimeofday: Operation not permitted', 1, {}),
        ('app-error', 'Total mismatch: 31 vs 32', 2, {}),
        ('app-error', 'ERROR 14 tests failed, 200 passed', 1, {}),
        ('app-error', 'CRITICAL license expired on 2025-12-31', 1, {}),
        ('app-error', '2026 INFO GET /login failed=0 200\nAssertionError: totals differ', 1, {}),
        ('app-error', 'loading config /etc/app.yml\nconfig ok\nRuntimeError: sensor 4 gave no data', 1, {}),
        ('app-error', 'user alice: 3 login failures so far\nFATAL: replication slot lag too large', 1, {}),
        ('app-error', 'INFO env PORT=80\nERROR  upstream answered 502 Bad Gateway', 1, {'env': ['PORT=80']}),
        ('app-error', 'unknown command FOO received from client 7\nERROR shutting down: leader lost', 1, {}),
        ('app-error', 'ERROR 3 of 10 checks failed', 1, {'env': ['RETRIES=3']}),
        ('app-error', "invalid row: 'abc'\nERROR import stopped", 1, {'env': ['NAME=x']}),
        ('app-error', 'psql:seed.sql:3: ERROR:  relation "x" does not exist', 3, {}),
        ('app-error', "Error: Unsupported engine version 'x'", 1, {'env': ['A=1']}),
        ('app-error', 'SyntaxError: invalid syntax', 1, {}),
        ('app-error', "/app/run.sh: line 9: syntax error near unexpected token `fi'", 2, {}),
        ('app-error', "TypeError: Cannot read properties of undefined (reading 'port')", 1, {}),
        ('app-error', 'NullPointerException: name is required', 1, {}),
        ('app-error', 'ERROR: duplicate key value violates unique constraint "pk"', 1, {}),
        ('app-error', 'Exception: HTTP 500 from https://api.x/y', 1, {}),
        ('app-error', 'ssl.SSLCertVerificationError: certificate verify failed: certificate has expired', 1, {}),
        ('app-error', 'x509: certificate signed by unknown authority', 1, {}),
        ('app-error', 'Segmentation test passed\nexit', 4, {}),
        ('missing-file-or-dir', "require(): open_basedir\nPHP Warning:  require(/app/boot.php): Failed to open stream: No such file or directory in /app/i.php on line 2\nPHP Fatal error:  Uncaught Error: Failed opening required '/app/boot.php'", 255, {}),
        ('missing-file-or-dir', '{"time":"x","level":"ERROR","msg":"startup failed","error":"stat /assets: no such file or directory"}\n{"time":"x","level":"INFO","msg":"bye"}', 1, {}),
        ('config-invalid', '{"severity":"ERROR","message":"config: yaml: line 9: could not find expected \':\'"}', 1, {}),
        ('missing-env-var', 'Traceback (most recent call last):\n  File "/app/a.py", line 3, in <module>\n    k = os.environ["S3_BUCKET"]\n  File "<frozen os>", line 679, in __getitem__\nKeyError: \'S3_BUCKET\'', 1, {}),
        ('bad-env-value', 'Traceback (most recent call last):\n  File "/app/a.py", line 3, in <module>\n    n = int(os.environ["N"])\nValueError: invalid literal for int() with base 10: \'ten\'', 1, {'env': ['BATCH=ten']}),
        ('auth-failure', "java.sql.SQLException: Access denied for user 'a'@'b' (using password: YES)\n\tat com.mysql.X(Y.java:1)\n\tat z", 1, {}),
        ('port-conflict', 'INFO start\nERROR [main] Failed to start component\nCaused by: java.net.BindException: Address already in use\n\tat a.b(C.java:1)', 1, {}),
        ('disk-full', 'ERROR flush failed: write /wal/0001: no space left on device\nINFO closing\nFATAL storage engine stopped', 1, {}),
        ('app-oom', '<--- Last few GCs --->\n[1:0x5] 1 ms: Mark-sweep 2 (3) -> 2 (4) MB\n<--- JS stacktrace --->\nFATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb0 node::Abort() [node]\n 2: 0xa1 node::FatalError', 139, {}),
    ],
)  # fmt: skip
def test_it_is_told_in_whatever_words(cause: str, text: str, code: int, more: dict[str, Any]) -> None:
    assert the_one(dead(text, code, **more)).cause == cause
