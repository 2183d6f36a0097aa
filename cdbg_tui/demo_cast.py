"""Who plays in the demo: the containers, and the programs that lead each of them to its fate."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One container: what it runs, under which limits. *service* is its place in the Compose project."""

    name: str
    image: str
    command: tuple[str, ...]
    service: str = ""
    environment: tuple[str, ...] = ()
    user: str = ""
    volume: str = ""
    port: int = 0
    probe: str = ""
    probe_seconds: int = 10
    memory: int = 0
    cpus: float = 0.0
    retries: int = 0
    paused: bool = False


PARTS = (
    Part(
        "demo-shop-web-1",
        "demo-shop/web:1.8.0",
        ("/srv/web/storefront", "--listen", ":8080", "--upstream", "http://api:3000"),
        service="web",
        port=8080,
        probe="wget -q -O - http://127.0.0.1:8080/healthz",
        probe_seconds=8,
    ),
    Part(
        "demo-shop-api-1",
        "demo-shop/api:2.4.1",
        ("/srv/api/server", "--listen", ":3000", "--preload", "products"),
        service="api",
        environment=(
            "DATABASE_URL=postgres://shop:orange-42@db:5432/shop",
            "PAYMENT_API_KEY=not-a-real-key",
            "LOG_LEVEL=info",
        ),
        memory=48 * MIB,
    ),
    Part(
        "demo-shop-queue-1",
        "demo-shop/queue:2.4.1",
        ("/srv/queue/worker", "--lanes", "2"),
        service="queue",
        environment=("QUEUE=thumbnails,invoices", "DB_PASSWORD=orange-42"),
        user="1000:1000",
        memory=128 * MIB,
        cpus=0.5,
    ),
    Part(
        "demo-shop-db-1",
        "demo-shop/db:16.4",
        ("/srv/db/serve", "/var/lib/db"),
        service="db",
        environment=("DB_PASSWORD=orange-42",),
        volume="/var/lib/db",
    ),
    Part(
        "demo-migrate",
        "demo-shop/api:2.4.1",
        ("/srv/migrate/run", "--to", "0044"),
        environment=("DATABASE_URL=postgres://shop:orange-42@db:5432/shop",),
    ),
    Part(
        "demo-invoice-import",
        "demo-invoices:0.9.3",
        ("/srv/importer/run", "--strict", "/srv/importer/inbox"),
    ),
    Part("demo-mailer", "demo-mailer:3.1.0", ("/srv/mailer/run",), retries=100),
    Part(
        "demo-search",
        "demo-search:8.15",
        ("/srv/search/run",),
        probe="wget -q -O - http://127.0.0.1:9200/cgi-bin/health",
        probe_seconds=4,
    ),
    Part("demo-cache", "demo-cache:7.2", ("/srv/cache/run",), paused=True),
    Part("demo-backup", "demo-backup:1.2", ("/srv/backup/run", "/srv/web")),
)

# The programs stop at once on SIGTERM: `sleep & wait`, for a shell runs a trap only between commands.
FILES = {
    "srv/web/storefront": r"""#!/bin/sh
trap 'echo "storefront: SIGTERM, closing 3 connections"; exit 0' TERM
echo "storefront 1.8.0 on :8080, pages from /srv/web/public, upstream http://api:3000"
httpd -f -p 8080 -h /srv/web/public &
product=1181
while :; do
  product=$((product + 1))
  client=10.0.3.$((RANDOM % 250 + 2)) size=$((RANDOM % 9000 + 800)) took=$((RANDOM % 40 + 3))
  echo "$client \"GET /products/$product HTTP/1.1\" 200 $size ${took}ms"
  [ $((product % 4)) != 0 ] ||
    echo "WARN upstream api: no answer for product $product, served from cache" >&2
  sleep 3 & wait $!
done
""",
    "srv/web/public/index.html": "<h1>Shop</h1>\n",
    "srv/web/public/healthz": "ok\n",
    "srv/api/server": r"""#!/bin/sh
echo "api 2.4.1 starting, database db:5432/shop"
exec awk -f /srv/api/preload.awk
""",
    "srv/api/preload.awk": r"""BEGIN {
  print "preloading products: 96 MiB"; fflush()
  chunk = "0123456789abcdef"
  while (length(chunk) < 1048576) chunk = chunk chunk
  for (i = 1; i <= 96; i++) {
    products[i] = chunk i
    if (i % 6 == 0) { printf "preloaded %d of 96 MiB\n", i; fflush() }
    system("sleep 0.1")
  }
  print "listening on :3000"; fflush()
  system("sleep 86400")
}
""",
    "srv/queue/worker": r"""#!/bin/sh
trap 'exit 0' TERM
hundredths() { read -r up _ </proc/uptime; echo "${up%.*}${up#*.}"; }
work() { head -c 12000000 /dev/urandom | gzip -c >/dev/null; }
printf '\033[1mqueue 2.4.1\033[0m: 2 lanes, queues %s\n' "$QUEUE"
job=20480
while :; do
  began=$(hundredths)
  work & one=$!
  work & two=$!
  wait $one $two
  job=$((job + 2)) took=$((($(hundredths) - began) * 10))
  if [ $took -lt 3000 ]; then
    printf '\033[32mINFO\033[0m  job %d thumbnail done in %d ms\n' $job $took
  else
    printf '\033[33mWARN\033[0m  job %d thumbnail took \033[1m%d ms\033[0m, budget is 3000 ms\n' $job $took
  fi
  [ $((job % 14)) != 0 ] ||
    printf '\033[31mERROR\033[0m job %d invoice: template "fr_CH" not found, queued again\n' $job >&2
  sleep 1 & wait $!
done
""",
    "srv/db/serve": r"""#!/bin/sh
trap 'echo "LOG:  received smart shutdown request"; exit 0' TERM
echo "LOG:  database system is ready to accept connections"
segment=0
while :; do
  segment=$((segment + 1))
  echo "segment $segment" >>"$1/journal"
  echo "LOG:  checkpoint complete: wrote $((RANDOM % 90 + 10)) buffers; journal segment $segment"
  sleep 15 & wait $!
done
""",
    "srv/migrate/run": r"""#!/bin/sh
set -e
echo "migrate: database is at 0041, going to 0044"
for step in 0042_add_currency 0043_split_address 0044_index_orders; do
  echo "migrate: $step"
  psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --file "/srv/migrate/$step.sql"
done
""",
    "srv/migrate/0042_add_currency.sql": "ALTER TABLE orders ADD COLUMN currency char(3);\n",
    "srv/importer/run": r"""#!/bin/sh
exec 2>>/var/log/app/error.log
now() { date '+%Y-%m-%d %H:%M:%S'; }
echo "importer 0.9.3: 2 files in /srv/importer/inbox"
echo "last_run = $(now)" >>/etc/importer.conf
mkdir -p /var/lib/importer/spool
mv /srv/importer/inbox/invoices-10.csv /var/lib/importer/spool/done-10.csv
echo "importer: invoices-10.csv done"
head -n 2 /srv/importer/inbox/invoices-11.csv >/var/lib/importer/spool/batch-11.part
sleep 1
echo "$(now) ERROR invoices-11.csv, line 3: currency 'EURO' is not an ISO 4217 code" >&2
echo "$(now) FATAL 1 invalid row, and --strict is set" >&2
exit 1
""",
    "srv/importer/inbox/invoices-10.csv": "id,amount,currency\n8190,120.00,EUR\n",
    "srv/importer/inbox/invoices-11.csv": "id,amount,currency\n8210,75.50,EUR\n8211,19.90,EURO\n",
    "etc/importer.conf": "strict = yes\nspool = /var/lib/importer/spool\n",
    "var/log/app/error.log": "",
    "srv/mailer/run": r"""#!/bin/sh
echo "mailer 3.1.0: 12 messages waiting, relay 127.0.0.1:2525"
nc -w 2 127.0.0.1 2525 </dev/null || {
  echo "FATAL the relay does not accept connections, giving up" >&2
  exit 1
}
""",
    "srv/search/run": r"""#!/bin/sh
trap 'exit 0' TERM
echo "search 8.15: node search-1 started, HTTP on :9200"
httpd -f -p 9200 -h /srv/search/http &
while :; do
  echo "[WARN ] disk watermark [95%] exceeded on [search-1], free: 412.7mb[4.1%], shards are read-only" >&2
  echo "[INFO ] cluster health [RED], 3 of 5 shards unassigned"
  sleep 10 & wait $!
done
""",
    "srv/search/http/cgi-bin/health": r"""#!/bin/sh
printf 'Status: 503 Service Unavailable\r\nContent-Type: application/json\r\n\r\n{"status":"red"}\n'
""",
    "srv/cache/run": r"""#!/bin/sh
trap 'exit 0' TERM
echo "cache 7.2: ready to accept connections on :6379"
while :; do
  echo "DB saved on disk, $((RANDOM % 900 + 100)) changes in 60 seconds"
  sleep 20 & wait $!
done
""",
    "srv/backup/run": r"""#!/bin/sh
set -e
echo "backup: $(find "$1" -type f | wc -l) files below $1"
tar -c -z -f /tmp/web.tar.gz "$1" 2>/dev/null
echo "backup: wrote /tmp/web.tar.gz, $(wc -c </tmp/web.tar.gz) bytes"
""",
}
"""What the image of the demo holds beside busybox. Those that begin with ``#!`` are executable."""
