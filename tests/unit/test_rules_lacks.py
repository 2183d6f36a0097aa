"""What a container lacks is told by its last words, in every runtime's way of saying it, and by nothing else."""

# ruff: noqa: E501 - lines stand as programs write them

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cdbg_tui.model.finding import Certainty, Finding, Weight
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.rules import lacks, words
from tests.unit.seen import evidence

VOLUME = {"Type": "volume", "Name": "stuff", "Source": "/var/lib/docker/x", "Destination": "/data", "RW": True}
BIND = {"Type": "bind", "Source": "/srv/api", "Destination": "/conf", "RW": False}


def dead(
    text: str,
    code: int = 1,
    *,
    env: Sequence[str] = (),
    user: str = "",
    mounts: Sequence[dict[str, Any]] = (),
    host: dict[str, Any] | None = None,
    workdir: str = "",
    args: Sequence[str] = (),
    **more: Any,
) -> Evidence:
    """Return evidence of a container that wrote *text* and ended with *code*."""
    config = {"Env": list(env), "User": user, "WorkingDir": workdir}
    details = {"Mounts": list(mounts), "Args": list(args)}
    return evidence("exited", code, *text.split("\n"), config=config, host=host, details=details, **more)


def found(seen: Evidence) -> list[Finding]:
    """Return what the rules of words find."""
    findings = (rule(seen) for rule in (*lacks.RULES, *words.RULES))
    return [finding for finding in findings if finding is not None]


def the_one(seen: Evidence) -> Finding:
    """Return the only finding."""
    [finding] = found(seen)
    return finding


@pytest.mark.parametrize(
    "text",
    [
        "cat: /srv/in.csv: No such file or directory",
        "cp: cannot stat '/srv/in.csv': No such file or directory",
        "/entry.sh: line 4: /srv/in.csv: No such file or directory",
        "/entry.sh: 4: cannot open /srv/in.csv: No such file",
        "/entry.sh: 2: cd: can't cd to /srv/in",
        "sh: can't open '/srv/in.csv': No such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: '/srv/in.csv'",
        "python3: can't open file '/srv/main.py': [Errno 2] No such file or directory",
        "ModuleNotFoundError: No module named 'flask'",
        "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
        "Error: ENOENT: no such file or directory, open '/srv/in.csv'\n    at Object.openSync (node:fs:601:3)",
        "Error: Cannot find module 'express'\nRequire stack:\n- /app/server.js",
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'koa' imported from /app/index.mjs",
        "panic: open /srv/in.csv: no such file or directory\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:9",
        "2026/01/02 03:04:05 stat /srv/in: no such file or directory",
        "panic: html/template: pattern matches no files: `views/*.tmpl`",
        'Exception in thread "main" java.io.FileNotFoundException: /srv/in.csv (No such file or directory)\n\tat x.Y',
        'Exception in thread "main" java.nio.file.NoSuchFileException: /srv/in.csv',
        "Error: Unable to access jarfile /opt/app.jar",
        "Error: Could not find or load main class com.acme.Main\nCaused by: java.lang.ClassNotFoundException: com.acme.Main",
        "thread 'main' panicked at src/main.rs:4:37:\ncalled `Result::unwrap()` on an `Err` value: "
        'Os { code: 2, kind: NotFound, message: "No such file or directory" }\nnote: run with `RUST_BACKTRACE=1`',
        "Error: /srv/in.csv: No such file or directory (os error 2)",
        "Unhandled exception. System.IO.FileNotFoundException: Could not find file '/srv/in.csv'.",
        "Unhandled exception. System.IO.DirectoryNotFoundException: Could not find a part of the path '/srv/in'.",
        "The application to execute does not exist: '/app/Api.dll'.",
        "/app/run.rb:3:in `read': No such file or directory @ rb_sysopen - /srv/in.csv (Errno::ENOENT)",
        "<internal:/usr/lib/ruby/rubygems.rb>:136:in `require': cannot load such file -- sinatra (LoadError)",
        "PHP Fatal error:  Uncaught Error: Failed opening required '/app/vendor/autoload.php' (include_path='.')",
        "Can't locate JSON/XS.pm in @INC (you may need to install the JSON::XS module)",
        'Can\'t open perl script "/app/run.pl": No such file or directory',
        "/app/server: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: "
        "No such file or directory",
        "Error loading shared library libstdc++.so.6: No such file or directory (needed by /app/server)",
        "/app/server: /lib/libc.so.6: version `GLIBC_2.38' not found (required by /app/server)",
        'nginx: [emerg] cannot load certificate "/etc/ssl/site.crt": BIO_new_file() failed (SSL: error:80000002:'
        "system library::No such file or directory:calling fopen(/etc/ssl/site.crt, r))",
        "lua: cannot open file '/srv/x.lua' (No such file or directory)",
        "fatal: input directory /srv/in does not exist",
        "ERROR template /srv/mail.html not found",
        '{"level":"fatal","msg":"cannot load model","error":"open /models/a.onnx: no such file or directory"}',
    ],
)
def test_a_missing_file_is_told_in_the_words_of(text: str) -> None:
    finding = the_one(dead(text))
    assert finding.cause == "missing-file-or-dir"
    assert finding.weight is Weight.FAULT
    assert finding.next


def test_a_missing_file_is_named_with_its_kind_and_its_mount() -> None:
    library = the_one(dead("x: error while loading shared libraries: libpq.so.5: cannot open shared object file"))
    assert "shared library libpq.so.5" in library.explanation
    relative = the_one(dead("cat: in/a.csv: No such file or directory", workdir="/srv"))
    assert "/srv/in/a.csv" in relative.explanation
    mounted = the_one(dead("cat: /data/a.csv: No such file or directory", mounts=[VOLUME]))
    assert "the volume stuff at /data" in mounted.explanation
    folder = the_one(dead("FATAL: could not create /run/x/a.pid: No such file or directory"))
    assert folder.title == "/run/x does not exist"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("open /opt/svc/app.toml: no such file or directory", "/opt/svc/app.toml"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'config/prod.yaml'", "/config/prod.yaml"),
        ("Error: ENOENT: no such file or directory, open '/app/config/default.json'", "/app/config/default.json"),
        ("FATAL Config file /opt/x/my.settings not found", "/opt/x/my.settings"),
        ("Error: configuration file '/opt/x/y' does not exist", "/opt/x/y"),
        ("could not find config file /opt/x/y", "/opt/x/y"),
        ('Fatal error: Config File "app" Not Found in "[/etc/app /app]"', ""),
        ("Fatal error, can't open config file '/usr/local/etc/redis.conf': No such file or directory",
         "/usr/local/etc/redis.conf"),
        ("[ALERT]    (1) : Could not open configuration file /usr/local/etc/haproxy/haproxy.cfg : No such file or directory",
         "/usr/local/etc/haproxy/haproxy.cfg"),
        ("Unhandled exception. System.IO.FileNotFoundException: The configuration file 'appsettings.json' was not found "
         "and is not optional. The expected physical path was '/app/appsettings.json'.", "/appsettings.json"),
        ('nginx: [emerg] open() "/etc/nginx/nginx.conf" failed (2: No such file or directory)', "/etc/nginx/nginx.conf"),
        ('postgres could not access the server configuration file "/var/lib/pg/postgresql.conf": No such file or directory',
         "/var/lib/pg/postgresql.conf"),
        ("level=error msg=\"Error loading config (--config.file=/srv/p.yml)\" err=\"open /srv/p.yml: no such file or directory\"",
         "/srv/p.yml"),
        ("error: no configuration file provided", ""),
        ("Error: no such file: /etc/thing/main", "/etc/thing/main"),
    ],
)  # fmt: skip
def test_a_missing_configuration_is_told_from_other_files(text: str, path: str) -> None:
    finding = the_one(dead(text))
    assert finding.cause == "missing-config"
    assert path in finding.title


def test_a_missing_configuration_where_nothing_is_mounted_is_certain() -> None:
    bare = the_one(dead("fatal: open /etc/app/a.yml: no such file or directory"))
    assert bare.certainty is Certainty.CERTAIN
    assert "Nothing is mounted there" in bare.explanation
    mounted = the_one(dead("fatal: open /conf/a.yml: no such file or directory", mounts=[BIND]))
    assert "/srv/api" in mounted.explanation


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("yaml: line 12: mapping values are not allowed in this context", "line 12"),
        ("error converting YAML to JSON: yaml: line 3: found character that cannot start any token", "line 3"),
        ("yaml.scanner.ScannerError: mapping values are not allowed here\n  in \"/app/conf.yaml\", line 4, column 9", ""),
        ("YAMLException: bad indentation of a mapping entry (5:3)", "line 5"),
        ("(/app/config.yml): did not find expected key while parsing a block mapping at line 2 column 3 (Psych::SyntaxError)",
         "line 2"),
        ("json.decoder.JSONDecodeError: Expecting ',' delimiter: line 3 column 5 (char 43)\nerror: bad config", ""),
        ("SyntaxError: /app/config.json: Unexpected token } in JSON at position 44", "config.json"),
        ("failed to load config /app/c.json: invalid character '}' looking for beginning of object key string", "c.json"),
        ("tomllib.TOMLDecodeError: Expected '=' after a key in a key/value pair (at line 2, column 5)", "line 2"),
        ("Error: TOML parse error at line 3, column 7", "line 3"),
        ("configparser.MissingSectionHeaderError: File contains no section headers.", ""),
        ('nginx: [emerg] unknown directive "lisen" in /etc/nginx/conf.d/site.conf:7', "site.conf line 7"),
        ('nginx: [emerg] directive "listen" is not terminated by ";" in /etc/nginx/nginx.conf:12', "nginx.conf line 12"),
        ("AH00526: Syntax error on line 9 of /usr/local/apache2/conf/httpd.conf:\nInvalid command 'Foo', perhaps "
         "misspelled or defined by a module not included in the server configuration", ""),
        ('FATAL:  unrecognized configuration parameter "max_conections" in file "/pg/postgresql.conf" line 65',
         "postgresql.conf line 65"),
        ('FATAL:  configuration file "/pg/postgresql.conf" contains errors', "postgresql.conf"),
        ("[ERROR] [MY-000067] [Server] unknown variable 'inodb_buffer=1G'.", ""),
        ("*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\nReading the configuration file, at line 3\n>>> 'maxmem 1'\n"
         "Bad directive or wrong number of arguments", ""),
        ("Error parsing YAML config file: yaml-cpp: error at line 3, column 5: end of map not found", "line 3"),
        ("[ALERT]    (1) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'bnd' in 'frontend' section",
         "haproxy.cfg line 12"),
        ("Error: adapting config using caddyfile: /etc/caddy/Caddyfile:3: unrecognized directive: revproxy", "line 3"),
        ("Error loading config err=\"parsing YAML file /p/prometheus.yml: yaml: unmarshal errors:\\n  line 5: field foo not "
         'found in type config.plain"', "line 5"),
        ("java.lang.IllegalArgumentException: unknown setting [cluster.nme] please check that any required plugins are "
         "installed", ""),
        ("Error: invalid configuration: listeners[0].port: must be a number", ""),
        ("app.ini:14: syntax error", "app.ini line 14"),
        ("org.apache.kafka.common.config.ConfigException: Invalid value x for configuration broker.id", ""),
    ],
)  # fmt: skip
def test_an_invalid_configuration_is_told_with_file_and_line(text: str, title: str) -> None:
    finding = the_one(dead(text))
    assert finding.cause == "config-invalid"
    assert title in finding.title


def test_a_broken_answer_of_a_server_is_no_broken_configuration() -> None:
    seen = dead(
        "fetching https://api/rates\njson.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"
    )
    assert the_one(seen).cause == "app-error"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("error: QUEUE_URL is not set", "QUEUE_URL"),
        ("/entry.sh: line 3: QUEUE_URL: unbound variable", "QUEUE_URL"),
        ("/entry.sh: 3: QUEUE_URL: parameter not set", "QUEUE_URL"),
        ("sh: QUEUE_URL: parameter null or not set", "QUEUE_URL"),
        ("KeyError: 'QUEUE_URL'", "QUEUE_URL"),
        ("/app/run.rb:1:in `fetch': key not found: \"QUEUE_URL\" (KeyError)", "QUEUE_URL"),
        ("panic: required key QUEUE_URL missing value", "QUEUE_URL"),
        ('env: required environment variable "QUEUE_URL" is not set', "QUEUE_URL"),
        ("Error: Missing required environment variable: QUEUE_URL", "QUEUE_URL"),
        ("Error: Environment variable QUEUE_URL must be defined", "QUEUE_URL"),
        ('EnvVarError: env-var: "QUEUE_URL" is a required variable, but it was not set', "QUEUE_URL"),
        ("decouple.UndefinedValueError: QUEUE_URL not found. Declare it as envvar or define a default value.", "QUEUE_URL"),
        ("django.core.exceptions.ImproperlyConfigured: Set the QUEUE_URL environment variable", "QUEUE_URL"),
        ("** (RuntimeError) environment variable QUEUE_URL is missing.", "QUEUE_URL"),
        ('** (System.EnvError) could not fetch environment variable "QUEUE_URL" because it is not set', "QUEUE_URL"),
        ("thread 'main' panicked at src/main.rs:3:44:\nQUEUE_URL must be set: NotPresent", "QUEUE_URL"),
        ("Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder 'QUEUE_URL' in value \"${QUEUE_URL}\"",
         "QUEUE_URL"),
        ('{"level":"error","message":"\\"QUEUE_URL\\" is required"}', "QUEUE_URL"),
        ("pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nqueue_url\n"
         "  Field required [type=missing, input_value={}, input_type=dict]\n    For further information visit https://x",
         "QUEUE_URL"),
        ("fatal: please set QUEUE_URL", "QUEUE_URL"),
        ("You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.", "POSTGRES_PASSWORD"),
        ("error: PORT is not set", "PORT"),
        ("FATAL missing env vars: QUEUE_URL", "QUEUE_URL"),
        ("fail: no TOKEN provided in environment variable TOKEN is unset", "TOKEN"),
        ("Unhandled exception. System.InvalidOperationException: QUEUE_URL environment variable not found", "QUEUE_URL"),
        ("RuntimeException: No application encryption key has been specified.", "APP_KEY"),
    ],
)  # fmt: skip
def test_a_missing_variable_is_named_and_certain_if_it_is_really_absent(text: str, name: str) -> None:
    finding = the_one(dead(text, env=["LOG_LEVEL=info"]))
    assert finding.cause == "missing-env-var"
    assert finding.title == f"{name} is not set"
    assert finding.certainty is Certainty.CERTAIN
    assert any(proof.source == "inspect" for proof in finding.proof)


def test_a_variable_that_is_empty_is_said_to_be_empty_and_one_alike_is_named() -> None:
    assert the_one(dead("QUEUE_URL is required", env=["QUEUE_URL="])).title == "QUEUE_URL is empty"
    assert "APP_QUEUE_URL" in the_one(dead("QUEUE_URL is required", env=["APP_QUEUE_URL=x"])).explanation


def test_a_variable_that_is_set_is_not_missing_but_wrong() -> None:
    finding = the_one(dead("error: QUEUE_URL is required", env=["QUEUE_URL=htp:/x"]))
    assert finding.cause == "bad-env-value"


@pytest.mark.parametrize(
    ("text", "env"),
    [
        ("ValueError: invalid literal for int() with base 10: 'eighty'", "PORT=eighty"),
        ("ValueError: could not convert string to float: 'much'", "RATIO=much"),
        ('panic: strconv.Atoi: parsing "eighty": invalid syntax', "PORT=eighty"),
        ("envconfig.Process: assigning PORT to Port: converting 'eighty' to type int. details: strconv.ParseInt: "
         'parsing "eighty": invalid syntax', "PORT=eighty"),
        ('time: invalid duration "10 minutes"', "WAIT=10 minutes"),
        ('Exception in thread "main" java.lang.NumberFormatException: For input string: "eighty"', "PORT=eighty"),
        ("Caused by: java.lang.IllegalArgumentException: No enum constant com.acme.Level.LOUD", "LEVEL=LOUD"),
        ("RangeError [ERR_SOCKET_BAD_PORT]: options.port should be >= 0 and < 65536. Received type number (99999).",
         "PORT=99999"),
        ("/app/a.rb:1:in `Integer': invalid value for Integer(): \"eighty\" (ArgumentError)", "PORT=eighty"),
        ("System.FormatException: The input string 'eighty' was not in a correct format.", "PORT=eighty"),
        ("/entry.sh: line 2: [: eighty: integer expression expected", "PORT=eighty"),
        ("sh: Illegal number: eighty", "PORT=eighty"),
        ("error: PORT must be a number, got 'eighty'", "PORT=eighty"),
        ("FATAL invalid value for LOG_LEVEL: \"loud\" (use debug, info, warn)", "LOG_LEVEL=loud"),
        ('level=fatal msg="not a valid logrus Level: \\"loud\\""', "LOG_LEVEL=loud"),
        ("ValueError: Unknown level: 'LOUD'", "LOG_LEVEL=LOUD"),
        ("zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key Mars/Base'\ninvalid timezone: Mars/Base",
         "TZ=Mars/Base"),
        ("Error: unsupported storage backend 'flopy'", "STORAGE=flopy"),
        ('panic: parse "postgres//db": first path segment in URL cannot contain colon', "DB_ADDR=postgres//db"),
        ("TypeError: Invalid URL: htp//api", "API_URL=htp//api"),
        ("pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nport\n  Input should be a valid "
         "integer, unable to parse string as an integer [type=int_parsing, input_value='eighty', input_type=str]",
         "PORT=eighty"),
        ("WORKERS must be between 1 and 64", "WORKERS=0"),
        ("error: invalid port: 99999", "PORT=99999"),
    ],
)  # fmt: skip
def test_a_value_that_is_complained_of_is_found_in_the_environment(text: str, env: str) -> None:
    name, _, value = env.partition("=")
    finding = the_one(dead(text, env=["LOG=stdout", env]))
    assert finding.cause == "bad-env-value"
    assert finding.title == f"{name} has an invalid value"
    assert value in finding.explanation
    assert finding.certainty is Certainty.CERTAIN


def test_a_secret_value_is_not_repeated() -> None:
    finding = the_one(dead("error: API_KEY is invalid", env=["API_KEY=hunter2hunter2"]))
    assert finding.cause == "bad-env-value"
    assert "hunter2" not in f"{finding.title}{finding.explanation}{finding.proof}"


def test_a_value_that_no_variable_holds_is_the_programs_own_trouble() -> None:
    assert (
        the_one(dead("ValueError: invalid literal for int() with base 10: 'x9'", env=["PORT=80"])).cause
        == "app-error"
    )


@pytest.mark.parametrize(
    "text",
    [
        "/entry.sh: line 3: can't create /data/a: Permission denied",
        "mkdir: cannot create directory ‘/data/a’: Permission denied",
        "mkdir: can't create directory '/data/a': Permission denied",
        "touch: cannot touch '/data/a': Permission denied",
        "PermissionError: [Errno 13] Permission denied: '/data/a'",
        "Error: EACCES: permission denied, open '/data/a'",
        "panic: open /data/a: permission denied",
        "Caused by: java.nio.file.AccessDeniedException: /data/a",
        'Exception in thread "main" java.io.FileNotFoundException: /data/a (Permission denied)',
        "run.rb:1:in `initialize': Permission denied @ rb_sysopen - /data/a (Errno::EACCES)",
        "System.UnauthorizedAccessException: Access to the path '/data/a' is denied.",
        'nginx: [emerg] mkdir() "/data/a" failed (13: Permission denied)',
        "mysqld: Can't create/write to file '/data/a' (OS errno 13 - Permission denied)",
        "GF_PATHS_DATA='/data' is not writable.",
        "IllegalOperation: Attempted to create a lock file on a read-only directory: /data/db",
        'FATAL:  data directory "/data/pg" has wrong ownership',
        "chown: changing ownership of '/data/a': Operation not permitted",
        "Can't open the append-only file: Permission denied",
        "Error: Permission denied (os error 13)",
    ],
)
def test_a_mount_that_its_user_may_not_use_is_named_with_user_and_source(text: str) -> None:
    finding = the_one(dead(text, user="1000", mounts=[VOLUME]))
    assert finding.cause == "permission-denied-volume"
    assert "user 1000" in finding.explanation
    assert "the volume stuff at /data" in finding.explanation
    command = next(step.command for step in finding.next if step.command)
    assert command[-3:] == ("-R", "1000", "/mnt")


def test_a_file_of_the_image_that_may_not_be_used_is_no_mount() -> None:
    finding = the_one(dead("open /opt/a: permission denied", user="1000", mounts=[VOLUME]))
    assert finding.cause == "app-error"
    assert "no right to use /opt/a" in finding.explanation


@pytest.mark.parametrize(
    "text",
    [
        "/entry.sh: line 3: can't create /run/a.pid: Read-only file system",
        "touch: cannot touch '/run/a.pid': Read-only file system",
        "OSError: [Errno 30] Read-only file system: '/run/a.pid'",
        "Error: EROFS: read-only file system, open '/run/a.pid'",
        "open /run/a.pid: read-only file system",
        "java.io.FileNotFoundException: /run/a.pid (Read-only file system)",
        'nginx: [emerg] open() "/run/a.pid" failed (30: Read-only file system)',
        "Read-only file system @ rb_sysopen - /run/a.pid (Errno::EROFS)",
        "Error: Read-only file system (os error 30) at /run/a.pid",
        "System.IO.IOException: Read-only file system : '/run/a.pid'",
    ],
)
def test_a_read_only_root_is_certain_when_it_was_asked_for(text: str) -> None:
    finding = the_one(dead(text, host={"ReadonlyRootfs": True}))
    assert finding.cause == "readonly-rootfs-write"
    assert finding.certainty is Certainty.CERTAIN
    assert "--read-only" in finding.explanation


def test_a_read_only_mount_is_told_from_a_read_only_root() -> None:
    finding = the_one(dead("open /conf/a: read-only file system", mounts=[BIND], host={"ReadonlyRootfs": True}))
    assert finding.cause == "readonly-rootfs-write"
    assert "/srv/api of the machine, mounted at /conf" in finding.explanation
    assert "--read-only" not in finding.explanation


@pytest.mark.parametrize(
    "text",
    [
        "dd: error writing '/scratch/a': No space left on device",
        "OSError: [Errno 28] No space left on device: '/scratch/a'",
        "Error: ENOSPC: no space left on device, write",
        "write /scratch/a: no space left on device",
        "java.io.IOException: No space left on device",
        "No space left on device @ io_write - /scratch/a (Errno::ENOSPC)",
        "Error: No space left on device (os error 28)",
        "System.IO.IOException: No space left on device : '/scratch/a'",
        "sqlite3.OperationalError: database or disk is full",
        "write error: Disk quota exceeded",
    ],
)
def test_a_full_tmpfs_is_told_with_its_size(text: str) -> None:
    finding = the_one(dead(text, host={"Tmpfs": {"/scratch": "size=1m"}}))
    assert finding.cause == "disk-full"
    assert finding.title == "/scratch is full"
    assert "1m" in finding.explanation


def test_a_full_disk_is_the_machines_or_the_volumes_or_shared_memory() -> None:
    assert "engine's machine" in the_one(dead("write /x/a: no space left on device")).explanation
    assert "volume stuff" in the_one(dead("write /data/a: no space left on device", mounts=[VOLUME])).explanation
    shared = 'ERROR:  could not resize shared memory segment "/PostgreSQL.7" to 9 bytes: No space left on device'
    assert the_one(dead(shared)).title == "Shared memory is full"


def test_too_few_watchers_are_no_full_disk() -> None:
    seen = dead("Error: ENOSPC: System limit for number of file watchers reached, watch '/app'")
    assert the_one(seen).cause == "app-error"


@pytest.mark.parametrize(
    "text",
    [
        'psql: error: FATAL:  password authentication failed for user "app"',
        'FATAL:  role "app" does not exist',
        'FATAL:  no pg_hba.conf entry for host "172.18.0.3", user "app", database "app", no encryption',
        "ERROR 1045 (28000): Access denied for user 'app'@'172.18.0.3' (using password: YES)",
        "redis.exceptions.AuthenticationError: WRONGPASS invalid username-password pair or user is disabled.",
        "(error) NOAUTH Authentication required.",
        "MongoServerError: Authentication failed.",
        "AMQPConnectionError: (403) ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN",
        "Microsoft.Data.SqlClient.SqlException (0x80131904): Login failed for user 'sa'.",
        "ORA-01017: invalid username/password; logon denied",
        "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api/x",
        "fatal: server returned HTTP 401",
        "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
        "An error occurred (InvalidAccessKeyId) when calling the ListBuckets operation",
        "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed')",
        "git@host: Permission denied (publickey).",
        "rpc error: code = Unauthenticated desc = bad token",
        'level=fatal msg="invalid API key"',
        "Error: invalid credentials",
        "ERROR: permission denied for table users",
        "nats: Authorization Violation",
        "error: the token has expired",
    ],
)
def test_a_refused_login_is_told_in_the_words_of(text: str) -> None:
    assert the_one(dead(text, env=["DB_PASSWORD=hunter2hunter2"])).cause == "auth-failure"


def test_a_refused_login_names_the_secret_variables_without_their_values() -> None:
    finding = the_one(dead("Access denied for user 'app'@'x'", env=["DB_PASSWORD=hunter2hunter2"]))
    assert "DB_PASSWORD" in finding.explanation
    assert "hunter2" not in f"{finding}"


@pytest.mark.parametrize(
    "text",
    [
        "WARN config.yml not found, using defaults\nINFO listening\nFATAL checksum of block 7 differs",
        "ls: /opt/extra: No such file or directory\n" + "\n".join(f"job {n} of 40" for n in range(40)),
        "connection refused, retrying in 5s: open /data/x: no such file\nERROR: giving up: quota of the month is used",
        "migrate: done, 0 errors",
        "GET /etc/passwd 404 not found\nINFO bye",
        "loaded settings; no config errors",
        'level=info msg="invalid tokens purged" count=3\nlevel=error msg="row 7: currency differs"',
        "PASS test_permission_denied\nPASS test_no_such_file\nFAILED test_sum",
        "",
        "ok",
    ],
)
def test_noise_is_no_reason(text: str) -> None:
    assert [finding.cause for finding in found(dead(text, 3, user="1000", mounts=[VOLUME]))] == ["app-error"]


@pytest.mark.parametrize("code", [0, 130, 137, 139, 143])
def test_one_that_did_not_fail_by_itself_is_left_alone(code: int) -> None:
    assert found(dead("open /etc/app.yml: no such file or directory", code)) == []


def test_one_that_runs_or_was_stopped_is_left_alone() -> None:
    line = "fatal: QUEUE_URL is not set"
    assert found(evidence("running", 0, line)) == []
    assert found(evidence("exited", 1, line, sent=[15])) == []


def test_the_reason_may_stand_in_a_file_only() -> None:
    lines = (Line("cannot open /run/x/y.sock: No such file or directory", "/var/log/x/error.log", 3),)
    finding = the_one(evidence("exited", 1, fields={"files": lines}))
    assert finding.cause == "missing-file-or-dir"
    assert finding.proof[0].source == "/var/log/x/error.log:3"


AS_FILE = {"Type": "bind", "Source": "/home/me/app.yml", "Destination": "/etc/app.yml", "RW": True}


@pytest.mark.parametrize(
    "text",
    [
        "cat: /etc/app.yml: Is a directory",
        "IsADirectoryError: [Errno 21] Is a directory: '/etc/app.yml'",
        "Error: EISDIR: illegal operation on a directory, read\nopen /etc/app.yml: is a directory",
        "panic: read /etc/app.yml: is a directory",
    ],
)
def test_a_directory_that_is_mounted_where_a_file_is_read(text: str) -> None:
    [one] = [each for each in found(dead(text, mounts=[AS_FILE])) if each.cause == "mount-type-mismatch"]
    assert "/home/me/app.yml" in one.explanation
    assert "mount-type-mismatch" not in [each.cause for each in found(dead(text))]
