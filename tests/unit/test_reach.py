"""Which host a log line complains of, in the words of many runtimes; and which lines complain of none."""

from __future__ import annotations

import time

import pytest

from cdbg_tui.triage.evidence import Line
from cdbg_tui.triage.network.reach import Kind, addresses, is_own, mentions, unreached


def read(*texts: str) -> list[tuple[str, str, int | None]]:
    found = unreached([Line(text) for text in texts])
    return [(str(one.kind), one.host, one.port) for one in found if one.kind is not Kind.FAILED]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("ping: backend: Name or service not known", "backend", None),
        ("ping: bad address 'backend'", "backend", None),
        ("wget: bad address 'backend:8080'", "backend", 8080),
        ("wget: unable to resolve host address ‘backend’", "backend", None),
        ("curl: (6) Could not resolve host: backend", "backend", None),
        ('nc: getaddrinfo for host "backend" port 5432: Name or service not known', "backend", 5432),
        ("bash: backend: Temporary failure in name resolution", "backend", None),
        ("ssh: Could not resolve hostname backend: Name or service not known", "backend", None),
        ("socket.gaierror: [Errno -2] Name or service not known: 'backend'", "backend", None),
        (
            "redis.exceptions.ConnectionError: Error -2 connecting to backend:6379. Name or service not known.",
            "backend",
            6379,
        ),
        (
            "ConnectionError: HTTPConnectionPool(host='backend', port=80): Max retries exceeded "
            'with url: /v1 (Caused by NameResolutionError("<HTTPConnection object at 0x7f>: Failed '
            "to resolve 'backend' ([Errno -2] Name or service not known)\"))",
            "backend",
            80,
        ),
        ("Error: getaddrinfo ENOTFOUND backend", "backend", None),
        ("Error: getaddrinfo EAI_AGAIN backend backend:5432", "backend", None),
        ("dial tcp: lookup backend on 127.0.0.11:53: no such host", "backend", None),
        ("dial tcp: lookup backend on 127.0.0.11:53: server misbehaving", "backend", None),
        ("dial tcp: lookup backend: i/o timeout on 127.0.0.11:53", "backend", None),
        (
            '{"error":"Get \\"http://backend:8080/v1\\": dial tcp: lookup backend on 127.0.0.11:53: '
            'no such host"}',
            "backend",
            None,
        ),
        (
            "failed to connect to `host=backend user=app`: hostname resolving error (lookup backend on "
            "127.0.0.11:53: no such host)",
            "backend",
            None,
        ),
        ("java.net.UnknownHostException: backend: Name or service not known", "backend", None),
        ("Caused by: java.net.UnknownHostException: backend", "backend", None),
        (
            "Caused by: java.net.UnknownHostException: Failed to resolve 'backend' [A(1)] after 2 queries",
            "backend",
            None,
        ),
        (
            'psql: error: could not translate host name "backend" to address: Name or service not known',
            "backend",
            None,
        ),
        ("ERROR 2005 (HY000): Unknown MySQL server host 'backend' (-2)", "backend", None),
        ("ERROR 2005 (HY000): Unknown server host 'backend' (-3)", "backend", None),
        (
            'nginx: [emerg] host not found in upstream "backend:8080" in /etc/nginx/conf.d/default.conf:4',
            "backend",
            8080,
        ),
        (
            "[ALERT] parsing [/etc/haproxy.cfg:9] : 'server web1' : could not resolve address 'backend'.",
            "backend",
            None,
        ),
        (
            "System.Net.Sockets.SocketException (00000005, 0xFFFDFFFF): Name or service not known (backend:6379)",
            "backend",
            6379,
        ),
        (
            "PHP Warning: php_network_getaddresses: getaddrinfo for backend failed: Name or service not known",
            "backend",
            None,
        ),
        (
            "Failed to open TCP connection to backend:9200 (getaddrinfo: Name or service not known)",
            "backend",
            9200,
        ),
        (
            "error sending request (http://backend:3000/): dns error: failed to lookup address information: "
            "Name or service not known",
            "backend",
            3000,
        ),
        (
            "[error] Postgrex failed to connect: tcp connect (backend:5432): non-existing domain - :nxdomain",
            "backend",
            5432,
        ),
        ("** server can't find backend: NXDOMAIN", "backend", None),
        (
            "pymongo.errors.ServerSelectionTimeoutError: backend:27017: [Errno -3] Temporary failure in name "
            "resolution (configured timeouts: 20.0s)",
            "backend",
            27017,
        ),
        (
            "%3|1700000000.1|FAIL|rdkafka#producer-1| backend:9092/bootstrap: Failed to resolve 'backend:9092': "
            "Name or service not known",
            "backend",
            9092,
        ),
        ("orders: lookup backend: [Errno -3] Temporary failure in name resolution", "backend", None),
        ("invoice-svc: cannot find the host of the broker backend: no such host", "backend", None),
        ("lookup backend: Try again", "backend", None),
        ("System.Net.Http.HttpRequestException: Resource temporarily unavailable (backend:80)", "backend", 80),
        ("[error] *3 backend could not be resolved (3: Host not found), client: 172.18.0.1", "backend", None),
        ("14 UNAVAILABLE: Name resolution failed for target dns:backend:50051", "backend", 50051),
        ('{failed_connect,[{to_address,{"backend",5984}},{inet,[inet],nxdomain}]}', "backend", 5984),
        ("Temporary failure resolving 'deb.example.org'", "deb.example.org", None),
    ],
)
def test_names_that_do_not_resolve(text: str, host: str, port: int | None) -> None:
    assert read(text) == [("unresolved", host, port)]


@pytest.mark.parametrize(
    ("text", "kind", "host", "port"),
    [
        ("dial tcp 172.18.0.3:5432: connect: connection refused", "refused", "172.18.0.3", 5432),
        ("dial tcp [::1]:5432: connect: connection refused", "refused", "::1", 5432),
        ("read tcp 172.18.0.4:40122->172.18.0.3:5432: i/o timeout", "timeout", "172.18.0.3", 5432),
        (
            "failed to connect to `host=store user=app database=`: dial error (dial tcp 172.18.0.2:5432: connect: "
            "connection refused)",
            "refused",
            "store",
            5432,
        ),
        ("Error: connect ECONNREFUSED 172.18.0.3:6379", "refused", "172.18.0.3", 6379),
        ("    Error: connect ECONNREFUSED ::1:5432", "refused", "::1", 5432),
        ("Error: connect ETIMEDOUT 10.9.8.7:443", "timeout", "10.9.8.7", 443),
        ("Error: connect EHOSTUNREACH 172.18.0.9:80", "unreachable", "172.18.0.9", 80),
        (
            'connection to server at "store" (172.18.0.2), port 5432 failed: Connection refused',
            "refused",
            "store",
            5432,
        ),
        (
            "PSQLException: Connection to store:5432 refused. Check that the hostname and port are correct",
            "refused",
            "store",
            5432,
        ),
        ("java.net.ConnectException: Failed to connect to store/172.18.0.2:8080", "failed", "store", 8080),
        (
            "AbstractChannel$AnnotatedConnectException: Connection refused: store/172.18.0.2:6379",
            "refused",
            "store",
            6379,
        ),
        (
            "Connect to store:80 [store/172.18.0.3] failed: Connection refused (Connection refused)",
            "refused",
            "store",
            80,
        ),
        ("ERROR 2003 (HY000): Can't connect to MySQL server on 'store:3306' (111)", "refused", "store", 3306),
        ("ERROR 2002 (HY000): Can't connect to server on 'store' (115)", "refused", "store", None),
        (
            "connect() failed (111: Connection refused) while connecting to upstream, client: 172.18.0.1, "
            'server: , request: "GET / HTTP/1.1", upstream: "http://172.18.0.3:80/", host: "localhost:8080"',
            "refused",
            "172.18.0.3",
            80,
        ),
        (
            "curl: (7) Failed to connect to store port 8080 after 2 ms: Connection refused",
            "refused",
            "store",
            8080,
        ),
        ("wget: can't connect to remote host (172.18.0.2): Connection refused", "refused", "172.18.0.2", None),
        ("Connecting to store (store)|172.18.0.2|:80... failed: Connection refused.", "refused", "store", 80),
        ("nc: connect to store port 5432 (tcp) failed: Connection refused", "refused", "store", 5432),
        ("nc: store (172.18.0.2:5432): Connection refused", "refused", "store", 5432),
        ("bash: line 1: /dev/tcp/store/5432: Connection refused", "refused", "store", 5432),
        ("Could not connect to Redis at store:6379: Connection refused", "refused", "store", 6379),
        (
            "pika.exceptions: amqp://user:pw@store:5672/%2f: [Errno 111] Connection refused",
            "refused",
            "store",
            5672,
        ),
        (
            "Error: tcp connect error: Connection refused (os error 111), url http://store:3000/",
            "refused",
            "store",
            3000,
        ),
        ("Npgsql: Failed to connect to 172.18.0.2:5432 ---> Connection refused", "refused", "172.18.0.2", 5432),
        ('Errno::ECONNREFUSED: Connection refused - connect(2) for "store" port 6379', "refused", "store", 6379),
        ("wait-for-it.sh: timeout occurred after waiting 15 seconds for store:5432", "timeout", "store", 5432),
        (
            "Timeout after 10s waiting on dependencies to become available: [tcp://store:5432]",
            "timeout",
            "store",
            5432,
        ),
        ("java.net.NoRouteToHostException: No route to host: store/172.18.0.3:80", "unreachable", "store", 80),
        ("Could not connect: [Errno 113] No route to host ('10.4.4.4', 5432)", "unreachable", "10.4.4.4", 5432),
        ("OSError: Connect call failed ('172.18.0.4', 6379)", "refused", "172.18.0.4", 6379),
        ("worker failed: broker at queue-1:4222 did not answer within 5s", "timeout", "queue-1", 4222),
        ("gateway: broker queue-1 not answering: connection timed out", "timeout", "queue-1", None),
        (
            "main.go:41: sync failed: cannot reach queue-1:5672: network is unreachable",
            "unreachable",
            "queue-1",
            5672,
        ),
    ],
)
def test_hosts_that_do_not_answer(text: str, kind: str, host: str, port: int | None) -> None:
    [one] = unreached([Line(text)])
    assert (one.kind, one.host, one.port) == (kind, host, port)


@pytest.mark.parametrize(
    "text",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'",
        "ModuleNotFoundError: No module named 'psycopg2'",
        "listening on 0.0.0.0:8080",
        "GET /connect 200 12ms",
        "connected to store:5432",
        "query timed out after 30 s",
        "open /etc/app.conf: no such file or directory",
        "write: Bad address",
        "12:30:15 INFO all well",
        "fork: Resource temporarily unavailable",
        "wrong answer, try again",
    ],
)
def test_lines_that_complain_of_no_host(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("connecting to store:5432", "connect: Connection refused"),
        (
            "could not connect to server: Connection refused",
            '\tIs the server running on host "store" (172.18.0.2) and accepting',
            "\tTCP/IP connections on port 5432?",
        ),
        ("Error: Connection refused", "  hostname: 'store',"),
    ],
)
def test_the_host_may_stand_on_the_next_line(lines: tuple[str, ...]) -> None:
    assert [one[:2] for one in read(*lines)][:1] == [("refused", "store")]


def test_a_complaint_may_name_nobody() -> None:
    assert read("SQLSTATE[HY000] [2002] Connection refused") == [("refused", "", None)]
    assert read("2026-01-02T12:30:15.123Z ERR connect: connection refused") == [("refused", "", None)]


def test_who_is_waited_for_is_told_without_how() -> None:
    [one] = unreached([Line("store is unavailable - sleeping")])
    assert one.kind is Kind.FAILED


def test_addresses_of_settings() -> None:
    assert addresses("postgres://app:pw@store:5432/app?x=1") == (("store", 5432),)
    assert addresses("redis-1:6379,redis-2:6379") == (("redis-1", 6379), ("redis-2", 6379))
    assert addresses("just words") == ()


def test_own_addresses_and_names_in_a_text() -> None:
    assert is_own("localhost")
    assert is_own("127.0.0.1")
    assert not is_own("store")
    assert mentions("waiting for Store to come up", "store")
    assert not mentions("store-front: up", "store")


@pytest.mark.parametrize(
    "evil",
    ["a." * 4000, "a" * 8000, "http://" * 1100, "connect to " * 700, "'[(" * 2500, "1." * 4000, "a:1/" * 2000],
)
def test_hostile_lines_take_no_time(evil: str) -> None:
    lines = [Line(evil + " connection refused " + evil), Line("connection refused")] * 5
    began = time.perf_counter()
    unreached(lines)
    assert time.perf_counter() - began < 1.0
