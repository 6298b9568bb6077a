# The tokenboard command, for a ClickHouse server: migrations, prices, readers. No embedded ClickHouse in it.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY instrumentation instrumentation
COPY clickhouse clickhouse
COPY dashboards dashboards
RUN python -m venv /opt/tokenboard && /opt/tokenboard/bin/pip install --no-cache-dir '.[cli]'

FROM python:3.13-slim-bookworm
COPY --from=build /opt/tokenboard /opt/tokenboard
RUN useradd --system --uid 10002 --no-create-home tokenboard
USER 10002
ENV PATH=/opt/tokenboard/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
ENTRYPOINT ["tokenboard"]
CMD ["--help"]
